"""A load generator for a running server: `lightning bench`."""
