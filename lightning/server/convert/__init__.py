"""Between protobuf messages and rows: the only place that knows both."""
