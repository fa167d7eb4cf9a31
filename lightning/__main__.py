"""`python -m lightning` is the `lightning` command."""

from lightning.cli import main

main()
