"""Generated from proto/*.proto."""
