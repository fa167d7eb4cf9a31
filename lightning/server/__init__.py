"""The gRPC server. No business rule lives here."""
