"""HTTP beside gRPC: REST and the page."""
