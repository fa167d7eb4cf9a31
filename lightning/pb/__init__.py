"""Generated protobuf code: `python -m tools.proto` writes it."""
