"""A JupyterLab in a directory of its own, and a notebook in it that is run cell by cell."""

import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Sequence
from pathlib import Path

from playwright.sync_api import Locator, Page

from tests.browser.venue import free_port

ROOT = Path(__file__).resolve().parent.parent.parent
START_S_MAX = 90
SETTINGS = {
    "apputils-extension/notification": {
        "fetchNews": "false",
        "checkForUpdates": False,
        "doNotDisturbMode": True,
    },
    "apputils-extension/themes": {"adaptive-theme": True},
    "notebook-extension/tracker": {"windowingMode": "none", "recordTiming": False},
}
"""No news from outside; light or dark as the browser is; every cell is in the document."""
RAISED = ", ".join(f"[data-mime-type='application/vnd.jupyter.{kind}']" for kind in ("error", "stderr"))
RUN = """
async place => {
    const { content } = jupyterapp.shell.currentWidget;
    content.activeCellIndex = place;
    await jupyterapp.commands.execute("notebook:run-cell");
}
"""


class Lab:
    """JupyterLab on a free port of 127.0.0.1, for whoever has its token."""

    def __init__(self, directory: Path) -> None:
        self.notebooks = directory / "notebooks"
        self.notebooks.mkdir(parents=True)
        self.url = f"http://127.0.0.1:{free_port()}"
        self._directory = directory
        self._token = os.urandom(16).hex()
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        for name, values in SETTINGS.items():
            path = self._directory / "settings" / "@jupyterlab" / f"{name}.jupyterlab-settings"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(values), encoding="utf-8")
        command = [
            *(sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--ip=127.0.0.1"),
            *(f"--port={self.url.rpartition(':')[2]}", "--ServerApp.port_retries=0"),
            *(f"--ServerApp.root_dir={self.notebooks}", "--LabApp.expose_app_in_browser=True"),
            "--KernelManager.shutdown_wait_time=1",
        ]
        with (self._directory / "log").open("wb") as log:
            self._process = subprocess.Popen(command, env=self._environment(), stdout=log, stderr=log)
        self._wait()

    def stop(self) -> None:
        """It ends its kernels first."""
        assert self._process is not None
        self._process.terminate()
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def open(self, page: Page, name: str, cells: Sequence[str]) -> "Notebook":
        """A new notebook of these cells, none of which has run."""
        (self.notebooks / f"{name}.ipynb").write_text(json.dumps(_notebook(cells)), encoding="utf-8")
        page.goto(f"{self.url}/lab/tree/{name}.ipynb?token={self._token}&reset")
        page.wait_for_selector(".jp-Notebook .jp-CodeCell")
        page.wait_for_function(
            "() => window.jupyterapp?.shell.currentWidget?.sessionContext?.session?.kernel?.status === 'idle'"
        )
        return Notebook(page)

    def _environment(self) -> dict[str, str]:
        places = {
            name: str(self._directory / folder)
            for name, folder in (
                ("JUPYTER_CONFIG_DIR", "config"),
                ("JUPYTER_DATA_DIR", "data"),
                ("JUPYTER_RUNTIME_DIR", "runtime"),
                ("JUPYTERLAB_SETTINGS_DIR", "settings"),
                ("JUPYTERLAB_WORKSPACES_DIR", "workspaces"),
                ("IPYTHONDIR", "ipython"),
            )
        }
        return {**os.environ, **places, "JUPYTER_TOKEN": self._token, "PYTHONPATH": str(ROOT)}

    def _wait(self) -> None:
        assert self._process is not None
        end = time.monotonic() + START_S_MAX
        while time.monotonic() < end and self._process.poll() is None:
            try:
                with urllib.request.urlopen(f"{self.url}/api/status?token={self._token}"):
                    return
            except OSError:
                time.sleep(0.1)
        self.stop()
        raise AssertionError(f"JupyterLab did not start: {(self._directory / 'log').read_text()}")


class Notebook:
    def __init__(self, page: Page) -> None:
        self.page = page

    def run(self, place: int) -> Locator:
        """Run a cell to its end; returns its output. Fails with what the cell raised."""
        self.page.evaluate(RUN, place)
        output = self.page.locator(".jp-CodeCell").nth(place).locator(".jp-Cell-outputArea")
        raised = output.locator(RAISED)
        assert raised.count() == 0, raised.all_inner_texts()
        return output


def _notebook(cells: Sequence[str]) -> dict[str, object]:
    return {
        "nbformat": 4,
        "nbformat_minor": 5,
        "metadata": {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
        "cells": [
            {
                "cell_type": "code",
                "id": f"cell-{place}",
                "execution_count": None,
                "metadata": {},
                "outputs": [],
                "source": source,
            }
            for place, source in enumerate(cells)
        ],
    }
