"""Sphinx: `sphinx-build -W --keep-going docs docs/_build/html` makes the site."""

import sys
from pathlib import Path

from sphinx.application import Sphinx

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE / "_ext"))

from gallery import copy_examples  # noqa: E402
from pages import for_site  # noqa: E402
from reference import write_reference  # noqa: E402
from verbs import write_verbs  # noqa: E402

import c2m  # noqa: E402

project = "c2m"
author = "the c2m authors"
project_copyright = author
version = release = c2m.__version__

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "numpydoc",
    "sphinx_design",
    "sphinx_gallery.gen_gallery",
    "matplotlib.sphinxext.plot_directive",
]
exclude_patterns = ["_build", "_ext", "_templates", "images/README.md"]
templates_path = ["_templates"]
default_role = "py:obj"  # a name in backticks is a link where there is one
myst_heading_anchors = 3
myst_enable_extensions = ["colon_fence"]

BUILT_IN = "int,str,tuple,dict,Enum,IntEnum,Exception,ValueError,ImportError,UserWarning"
autodoc_typehints = "none"  # numpydoc says the types in words
autodoc_default_options = {"members": True, "inherited-members": BUILT_IN}
autosummary_generate = write_reference(HERE / "api")
numpydoc_class_members_toctree = False
numpydoc_show_inherited_class_members = False

plot_formats = [("png", 144)]
plot_html_show_formats = False
plot_html_show_source_link = False
plot_include_source = True
plot_apply_rcparams = True
plot_rcparams = {"figure.figsize": (7.2, 3.2), "savefig.bbox": "tight"}

EXAMPLES = HERE / "_build" / "examples"
sphinx_gallery_conf = {
    "examples_dirs": [str(EXAMPLES)],
    "gallery_dirs": ["gallery"],
    "filename_pattern": r"\.py$",
    "image_scrapers": ("gallery.new_files",),
    "capture_repr": ("_repr_html_",),
    "within_subsection_order": "FileNameSortKey",
    "default_thumb_file": str(HERE / "images" / "report.png"),
    "thumbnail_size": (640, 400),
    "download_all_examples": False,
    "show_memory": False,
    "min_reported_time": 1,
    "remove_config_comments": True,
    "copyfile_regex": r".*\.csv",
}

html_theme = "pydata_sphinx_theme"
html_title = "c2m"
html_static_path = ["_static"]
html_css_files = ["c2m.css"]
html_show_sourcelink = False
html_copy_source = False
html_sidebars = {page: [] for page in ("quickstart", "benchmarks", "sources", "api/commands")}
html_theme_options = {
    "show_toc_level": 2,
    "navbar_align": "left",
    "header_links_before_dropdown": 7,
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": ["copyright"],
    "footer_end": [],
    "pygments_light_style": "a11y-high-contrast-light",
    "pygments_dark_style": "a11y-high-contrast-dark",
}


def setup(app: Sphinx) -> None:
    """Write what is generated before Sphinx looks for pages."""
    app.connect("source-read", _adapt)
    app.connect("env-get-outdated", _read_again)
    write_verbs(HERE / "api" / "commands.md")
    copy_examples(HERE.parent / "examples", EXAMPLES)


def _adapt(app: Sphinx, name: str, source: list[str]) -> None:
    del app
    source[0] = for_site(name, source[0], HERE.parent)


def _read_again(app: Sphinx, *documents: object) -> list[str]:
    """Name the page that lists others: it is read again, as these may be new."""
    del app, documents
    return ["design/README"]
