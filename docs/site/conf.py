# The look of the documentation site. docs/site/build.py prepares the pages and runs Sphinx with this file.
import os
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import python_reference

project = "AnoChat"
author = "the AnoChat authors"
copyright = "the AnoChat authors, Apache-2.0"
version = release = os.environ["ANOCHAT_DOCS_VERSION"]

extensions = ["myst_parser", "breathe", "sphinx.ext.autodoc"]
source_suffix = {".md": "markdown", ".rst": "restructuredtext"}
exclude_patterns = ["site"]
nitpicky = False  # names of the standard library have no page here

myst_enable_extensions = ["colon_fence"]
myst_heading_anchors = 4

breathe_projects = {"anochat": os.environ["ANOCHAT_DOCS_XML"]}
breathe_default_project = "anochat"
breathe_default_members = ("members", "undoc-members")
breathe_order_parameters_first = True
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_preserve_defaults = True
add_module_names = False
cpp_index_common_prefix = ["anochat::"]
primary_domain = "cpp"
highlight_language = "text"

html_theme = "furo"
html_title = f"AnoChat {version}"
html_show_sphinx = False
html_copy_source = False
html_theme_options = {"navigation_with_keys": True}

man_pages = [("guides/cli", "anochat", "send end-to-end encrypted messages", [author], 1)]
man_make_section_directory = False


def setup(app):
    python_reference.load_package(version)
    app.connect("autodoc-process-docstring", python_reference.tidy)
    app.connect("autodoc-process-signature", python_reference.signature)
