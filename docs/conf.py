"""Sphinx configuration; nothing is fetched from the network."""

import inspect
import os
import sys
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # the examples' output, not TensorFlow's

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

import api_table  # noqa: E402
import model_cards  # noqa: E402

import skse  # noqa: E402

project = "skse"
author = "The skse developers"
copyright = f"2026, {author}"
version = release = skse.__version__

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "mathml",
    "numpydoc",
    "sphinx_gallery.gen_gallery",
]
templates_path = ["_templates"]
exclude_patterns = ["_build", "auto_examples/*.ipynb", "auto_examples/*.py"]
default_role = "code"
# A reference of ours that leads nowhere is a mistake; those of other projects need the network.
nitpicky = True
nitpick_ignore_regex = [
    ("py:.*", rf"{package}(\..*)?")
    for package in ["csv", "joblib", "keras", "librosa", "matplotlib", "numpy", "scipy", "sklearn"]
]

# API reference
autosummary_generate = True
autodoc_typehints = "none"
numpydoc_show_class_members = False
numpydoc_xref_param_type = False
api_table.write_reference(HERE / "generated" / "index.rst")
model_cards.write_cards(HERE / "generated" / "model_cards.txt")
model_cards.write_scores(HERE / "generated" / "model_scores.txt")

# Gallery
sphinx_gallery_conf = {
    "examples_dirs": "../examples",
    "gallery_dirs": "auto_examples",
    "filename_pattern": r"/\d\d_",
    "within_subsection_order": "FileNameSortKey",
    "abort_on_example_error": True,
    "download_all_examples": False,
    "min_reported_time": 0,
    "remove_config_comments": True,
    "show_memory": False,
    "show_api_usage": False,
    # Players are shown; a picture stands there already where a display draws one.
    "ignore_repr_types": r".*(Comparison|LearningCurve|Mask|Spectrogram)Display",
    "backreferences_dir": "generated/backreferences",
    "reference_url": {"skse": None},
    "doc_module": ("skse",),
}

# HTML
html_math_renderer = "mathml"
html_theme = "pydata_sphinx_theme"
html_title = f"skse {release}"
html_static_path = ["_static"]
html_css_files = ["skse.css"]
html_show_sourcelink = False
html_theme_options = {
    "show_toc_level": 2,
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": ["copyright"],
    "footer_end": [],
}


def resolve_by_last_word(app, env, node, contnode):
    """Let docstrings name their neighbours as short as they like, such as `ideal_ratio_mask`."""
    target = node.get("reftarget", "")
    known = {name.rsplit(".", 1)[1]: name for name in api_table.NAMES}
    name = known.get(target.rsplit(".", 1)[-1])
    if node.get("refdomain") != "py" or name is None or target == name:
        return None
    return env.get_domain("py").resolve_xref(
        env, node["refdoc"], app.builder, "obj", name, node, contnode
    )


def describe_scorers(app, what, name, obj, options, lines):
    """Scorers are instances: say of each what it calls instead of repeating their class."""
    if name.endswith("_scorer") and not inspect.isroutine(obj):
        sign = "" if obj.greater_is_better else ", its sign changed"
        lines[:] = [
            f"Scorer: the mean of :func:`~skse.metrics.{obj.metric.__name__}` over the "
            f"utterances for which it is defined{sign}.",
            "",
            "Call it as ``scorer(estimator, X, y)`` or pass it as `scoring` to model selection.",
        ]


TABLES = {
    "skse.metrics.METRICS": "The metrics of skse: key to :class:`~skse.metrics.Metric`.",
    "skse.metrics.FIT_TIME": "The time of a fit: what comparisons print beside the metrics.",
    "skse.targets.TARGETS": "Short name of a target to its :class:`~skse.targets.TargetRecord`.",
    "skse.files.METHODS": "Name of a classical enhancer to its class.",
}


def describe_tables(app, what, name, obj, options, lines):
    """Tables are dicts: list what they hold instead of repeating what a dict is."""
    if name in TABLES:
        rows = obj.items() if isinstance(obj, dict) else ()
        spelled = (
            (key, getattr(value, "label", getattr(value, "__name__", ""))) for key, value in rows
        )
        lines[:] = [TABLES[name], "", *(f"- ``{key!r}``: {label}" for key, label in spelled)]


def setup(app):
    """Connect the handlers above."""
    app.connect("missing-reference", resolve_by_last_word)
    app.connect("autodoc-process-docstring", describe_scorers, priority=400)
    app.connect("autodoc-process-docstring", describe_tables, priority=400)
