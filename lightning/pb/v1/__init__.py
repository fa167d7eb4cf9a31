"""Generated from proto/lightning/v1/*.proto."""
