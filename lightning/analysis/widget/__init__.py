"""Order books that live in a notebook: drawn by the same code as on the page of `lightning serve`."""

from lightning.analysis.widget.book import BookWidget
from lightning.analysis.widget.replay import ReplayWidget

__all__ = ["BookWidget", "ReplayWidget"]
