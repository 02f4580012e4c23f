# The look of the documentation site. docs/site/build.py prepares the pages and runs Sphinx with this file.
import os

project = "AnoChat"
author = "the AnoChat authors"
copyright = "the AnoChat authors, Apache-2.0"
version = release = os.environ["ANOCHAT_DOCS_VERSION"]

extensions = ["myst_parser", "breathe"]
source_suffix = {".md": "markdown", ".rst": "restructuredtext"}
exclude_patterns = ["site"]
nitpicky = False  # names of the standard library have no page here

myst_enable_extensions = ["colon_fence"]
myst_heading_anchors = 4

breathe_projects = {"anochat": os.environ["ANOCHAT_DOCS_XML"]}
breathe_default_project = "anochat"
breathe_default_members = ("members", "undoc-members")
breathe_order_parameters_first = True
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
