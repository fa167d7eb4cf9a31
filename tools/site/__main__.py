"""Build the site: `python -m tools.site`. Whatever Sphinx warns of is an error."""

import sys
from pathlib import Path

from sphinx.cmd.build import main as sphinx_build

ROOT = Path(__file__).resolve().parent.parent.parent
OUTPUT = ROOT / "docs" / "_build" / "html"


def build(output: Path) -> int:
    """Returns the exit code; what is wrong is told on stderr.

    The sources are the whole repository, so that a link which is right in it is right in the site.
    """
    pickled = output.with_name(f"{output.name}.doctrees")
    options = ["-q", "-E", "-W", "--keep-going", "-b", "html", "-c", str(ROOT / "docs"), "-d", str(pickled)]
    return sphinx_build([*options, str(ROOT), str(output)])


if __name__ == "__main__":
    code = build(Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else OUTPUT)
    if code == 0:
        print(f"{OUTPUT if len(sys.argv) == 1 else sys.argv[1]}/index.html")
    sys.exit(code)
