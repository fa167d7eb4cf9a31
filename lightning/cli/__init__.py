"""The `lightning` command; `main` is its entry."""

from lightning.cli.app import main

__all__ = ["main"]
