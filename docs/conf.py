"""How Sphinx makes the site; `./run docs` calls it (tools/site/)."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import lightning  # noqa: E402

project = "Lightning"
author = "Lightning"
release = version = lightning.__version__
language = "en"

extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.viewcode", "tools.site.extension"]

# The source directory is the whole repository.
root_doc = "docs/index"
include_patterns = ["*.md", "docs/*.md", "docs/reference/*.rst", "notebooks/*.md"]
exclude_patterns = [
    "docs/_*",
    ".*",
    "benchmarks",
    "build",
    "capture",
    "dist",
    "examples",
    "lightning*",
    "proto",
    "tests",
    "tools",
]

nb_execution_mode = "off"
myst_enable_extensions = ["colon_fence"]
myst_heading_anchors = 4

default_role = "py:obj"
autodoc_member_order = "bysource"
autodoc_default_options = {"undoc-members": True}
autoclass_content = "both"
autodoc_docstring_signature = False
autodoc_typehints_format = "short"
autodoc_preserve_defaults = True
maximum_signature_line_length = 90
python_use_unqualified_type_names = True
add_module_names = False
toc_object_entries_show_parents = "hide"

html_theme = "furo"
html_title = f"Lightning {release}"
html_extra_path = ["_root"]
html_copy_source = False
html_show_copyright = False
html_show_sphinx = False
