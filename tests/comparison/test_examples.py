import numpy as np

from skse.comparison._examples import choose_examples, pick_for_audio, pick_for_report

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


def test_examples_cover_the_levels():
    snr_db = np.tile([0.0, 5.0, 10.0], 4)
    chosen = choose_examples([np.zeros(1)] * 12, snr_db, 3)
    assert list(snr_db[chosen]) == [0, 5, 10]
    assert choose_examples([np.zeros(1)], np.array([5.0]), 3) == [0]


def test_best_of_every_target_is_heard():
    assert pick_for_audio(ROWS) == ["U-Net, IRM", "U-Net, IBM"]


def test_report_shows_baseline_and_ceiling_too():
    names = ["log-MMSE", "U-Net, IRM", "U-Net, IBM", "ceiling of IRM"]
    assert pick_for_report(ROWS) == names
    candidates = [row for row in ROWS if row["kind"] == "candidate"]
    assert pick_for_report(candidates) == ["U-Net, IRM", "U-Net, IBM"]
