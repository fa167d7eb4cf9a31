"""Tests of lightning.analysis."""
