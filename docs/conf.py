# SPDX-License-Identifier: BSD-3-Clause
#
# The reference comes from the installed package: what is documented is what one gets.

from importlib.metadata import version as installed_version

project = "shmem4py"
copyright = "the shmem4py authors"
version = release = installed_version("shmem4py")

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
]
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3
source_suffix = {".md": "markdown", ".rst": "restructuredtext"}
exclude_patterns = ["_build"]

autodoc_member_order = "bysource"
autodoc_typehints = "none"
napoleon_google_docstring = False
napoleon_use_ivar = True

html_theme = "furo"
html_title = f"shmem4py {version}"
