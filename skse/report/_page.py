"""write_report: gather scores, charts and recordings, and fill in the template."""

import base64
import platform
from collections.abc import Mapping, Sequence
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from importlib.resources import files
from numbers import Integral
from pathlib import Path
from typing import Any

import numpy as np

from skse.report._charts import charts_by_noise, charts_by_snr, make_series
from skse.report._examples import check_examples, embed
from skse.report._rows import KINDS, Scores
from skse.utils import check_number, digest, write_whole
from skse.utils.typing import FilePath, Waveform

_PACKAGES = (
    "skse",
    "scikit-learn",
    "numpy",
    "scipy",
    "librosa",
    "tensorflow",
    "keras",
    "onnxruntime",
    "pystoi",
    "pesq",
)


def write_report(
    path: FilePath,
    *,
    title: str,
    rows: Sequence[dict[str, Any]],
    examples: Mapping[str, Mapping[str, Waveform]],
    sampling_rate: int,
    settings: Mapping[str, str],
) -> Path:
    """Write scores and recordings as one HTML page that needs nothing else.

    The page opens from disk in any current browser, on a phone too, and never asks the
    network for anything. It shows a table that can be sorted, charts by SNR and by noise,
    spectrograms in one colour scale, and players that switch between waveforms at the
    same moment.

    Parameters
    ----------
    path : str or path-like
        File to write, whole or not at all; its folder is made where it is missing.
    title : str
        Heading of the page.
    rows : list of dict
        Scores: one dict for every candidate, noise and SNR, with the keys

        - ``name`` (str), and ``kind``: "candidate", "noisy", "baseline" or "ceiling";
        - optionally ``noise`` (str), ``snr_db`` (float) and ``n_utterances`` (float, what
          the row weighs in means; 1 where it is missing);
        - one key a metric, such as ``snr_gain``, ``si_sdr``, ``stoi``, ``pesq_nb`` or
          ``rmse``: a float, NaN where it is not defined.
    examples : dict of str to dict of str to array-like of shape (n_times,)
        Title of every example, and its waveforms by name, in the order to be shown:
        ``"noisy"``, enhanced ones, and ``"clean"`` where it is known. May be empty. Of
        longer ones the page holds the first 30 s.
    sampling_rate : int
        Hz, of all examples.
    settings : dict of str to str
        What made the scores, shown beside the versions of the software.

    Returns
    -------
    path : Path
        The file.

    Raises
    ------
    ValueError
        For rows without names, kinds or scores, and waveforms that are not finite, mono
        and equally long within their example; before anything is written.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from skse.report import write_report
    >>> rows = [
    ...     {"name": "noisy", "kind": "noisy", "snr_db": 0.0, "snr_gain": 0.0},
    ...     {"name": "Wiener filter", "kind": "baseline", "snr_db": 0.0, "snr_gain": 4.4},
    ... ]
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = write_report(Path(folder) / "report.html", title="Two rows", rows=rows,
    ...                         examples={}, sampling_rate=8000, settings={"Data": "none"})
    ...     "Wiener filter" in path.read_text(encoding="utf-8")
    True
    """
    check_number("write_report", "sampling_rate", sampling_rate, Integral, min_val=1)
    scores = Scores(rows)
    waveforms = check_examples(examples)
    series = make_series(scores)
    page = _render(
        title=str(title),
        metrics=scores.metrics,
        kinds=KINDS,
        highlights=_highlights(scores),
        lines=[_table_line(scores, series[name]) for name in scores.names],
        series=list(series.values()),
        by_snr=charts_by_snr(scores, series),
        by_noise=charts_by_noise(scores, series),
        examples=[embed(name, one, int(sampling_rate)) for name, one in waveforms.items()],
        nyquist=sampling_rate / 2,
        settings={str(key): str(value) for key, value in settings.items()},
        versions=_versions(),
        written=datetime.now().astimezone(),
    )
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, page)
    return path


def _render(**content):
    from jinja2 import Environment, PackageLoader, StrictUndefined
    from markupsafe import Markup

    folder = files("skse.report") / "templates"
    script = (folder / "report.js").read_text(encoding="utf-8")
    style = (folder / "report.css").read_text(encoding="utf-8")
    environment = Environment(
        loader=PackageLoader("skse.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("report.html").render(
        script=Markup(script),
        style=Markup(style),
        # The browser runs this script and no other.
        script_digest=base64.b64encode(bytes.fromhex(digest(script))).decode(),
        **content,
    )


def _table_line(scores, look):
    name = look["name"]
    rivals = list(scores.kinds.values()).count("candidate") > 1
    cells = []
    for metric in scores.metrics:
        value = scores.mean(name, metric)
        defined = np.isfinite(value)
        cells.append(
            {
                "value": repr(value) if defined else "",
                "text": metric.spell(value),
                "best": rivals and defined and name == scores.best("candidate", metric),
            }
        )
    return {**look, "cells": cells}


def _highlights(scores):
    """Hold the first metric of the best candidate against its neighbours."""
    metric = scores.metrics[0]
    captions = {
        "noisy": "Noisy input",
        "baseline": "Best classical enhancer",
        "candidate": "Best candidate",
        "ceiling": "Best ceiling",
    }
    highlights = []
    for kind, caption in captions.items():
        name = scores.best(kind)
        value = float("nan") if name is None else scores.mean(name, metric)
        if np.isfinite(value):
            text = metric.spell(value)
            highlights.append({"kind": kind, "caption": caption, "name": name, "text": text})
    return highlights


def _versions():
    versions = {"Python": platform.python_version()}
    for package in _PACKAGES:
        try:
            versions[package] = version(package)
        except PackageNotFoundError:
            continue
    return {**versions, "System": platform.platform()}
