"""One JupyterLab for all, started when the first test wants it."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.browser.conftest import Watched, browser, new_context  # noqa: F401  # `browser` is a fixture
from tests.notebook.lab import Lab

PATIENCE_MS = 60_000


@pytest.fixture(scope="session")
def lab(warm_kernels: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    found = Lab(tmp_path_factory.mktemp("lab"))
    found.start()
    try:
        yield found
    finally:
        found.stop()


@pytest.fixture
def watched(browser: Browser) -> Iterator[Watched]:  # noqa: F811  # the fixture
    """An empty page; fails if it ever printed an error."""
    context = new_context(browser)
    found = Watched(context.new_page())
    found.page.set_default_timeout(PATIENCE_MS)
    yield found
    context.close()
    found.check()
