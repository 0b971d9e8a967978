import numpy as np
import pytest
from sklearn.utils import Bunch

from skse.comparison._outputs import pick_for_audio, pick_for_report, write_comparison_report
from skse.report._rows import Scores

DATA = Bunch(
    noisy=[np.zeros(8000)],
    sentence=["s1"],
    speaker=["m1"],
    noise=["car"],
    sampling_rate=8000,
    DESCR="Two lines.\nOf which one is shown.",
)


def label(name, kind):
    return {"name": name, "kind": kind, "network": "n", "target": "t", "loss": "l"}


def test_the_time_of_a_fit_is_told_of_candidates_only(monkeypatch, tmp_path):
    seen = {}
    monkeypatch.setattr("skse.report.write_report", lambda path, **more: seen.update(more))
    labels = [label("a", "candidate"), label("noisy", "noisy")]
    rows = [{**own, "fit_time_s_mean": 2.5} for own in labels]
    scores = [
        {**own, "noise": "car", "snr_db": level, "n_utterances": 3, "snr_gain": gain}
        for own, gain in zip(labels, (4.0, 0.0), strict=True)
        for level in (0.0, 5.0)
    ]
    write_comparison_report(tmp_path / "r.html", rows, scores, {}, DATA, {"Epochs": 2})
    assert seen["settings"]["Data"] == "Two lines."
    read = Scores(seen["rows"])
    gain, seconds = read.metrics
    assert (gain.key, seconds.heading) == ("snr_gain", "Time to fit (s)")
    assert (read.mean("a", gain), read.mean("a", seconds)) == (4.0, 2.5)
    assert np.isnan(read.mean("noisy", seconds))
    # No chart by SNR or noise can be drawn of it.
    assert (read.levels, read.noises) == ([0.0, 5.0], ["car"])
    assert np.isnan(read.mean("a", seconds, snr_db=0.0))
    assert np.isnan(read.mean("a", seconds, noise="car"))
    assert read.mean("a", gain, snr_db=5.0) == pytest.approx(4.0)


ROWS = [
    {"name": name, "kind": kind, "target": target}
    for name, kind, target in [
        ("ceiling of IRM", "ceiling", "irm"),
        ("ceiling of IBM", "ceiling", "ibm"),
        ("U-Net, IRM", "candidate", "irm"),
        ("log-MMSE", "baseline", ""),
        ("Autoencoder, IRM", "candidate", "irm"),
        ("U-Net, IBM", "candidate", "ibm"),
        ("Wiener filter", "baseline", ""),
        ("noisy", "noisy", ""),
    ]
]


def test_best_of_every_target_is_heard():
    assert pick_for_audio(ROWS) == ["U-Net, IRM", "U-Net, IBM"]


def test_report_shows_baseline_and_ceiling_too():
    names = ["log-MMSE", "U-Net, IRM", "U-Net, IBM", "ceiling of IRM"]
    assert pick_for_report(ROWS) == names
    candidates = [row for row in ROWS if row["kind"] == "candidate"]
    assert pick_for_report(candidates) == ["U-Net, IRM", "U-Net, IBM"]
