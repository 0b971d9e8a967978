"""A small report."""

import numpy as np
import pytest

from skse.report import write_report

RATE = 8000
NAN = float("nan")
# name, kind, SNR gain at 0 dB and at 10 dB in car noise; PESQ
NAMES = [
    ("ceiling of IRM", "ceiling", 11.0, 9.0, NAN),
    ("U-Net, IRM", "candidate", 7.0, 5.0, 2.5),
    ("U-Net, <script>document.title='broken'</script>", "candidate", 10.5, -2.5, 2.0),
    ("log-MMSE", "baseline", 3.0, 2.0, 1.9),
    ("noisy", "noisy", 0.0, 0.0, 1.5),
]


@pytest.fixture(scope="session")
def rows():
    return [
        {
            "name": name,
            "kind": kind,
            "noise": noise,
            "snr_db": level,
            "snr_gain": gain + (noise == "white"),
            "pesq_nb": pesq,
            "rmse": 0.1 / (2 + gain + 2),
        }
        for name, kind, low, high, pesq in NAMES
        for level, gain in ((0.0, low), (10.0, high))
        for noise in ("car", "white")
    ]


@pytest.fixture(scope="session")
def examples():
    rng = np.random.default_rng(0)
    times = np.arange(3 * RATE) / RATE
    clean = 0.5 * np.sin(2 * np.pi * 440 * times)
    noisy = clean + 0.1 * rng.standard_normal(len(times))
    enhanced = clean + 0.01 * rng.standard_normal(len(times))
    one = {"noisy": noisy, "U-Net, IRM": enhanced, "clean": clean}
    two = {name: waveform[: 2 * RATE] for name, waveform in one.items()}
    return {"A tone of 3 s": one, "A tone of 2 s": two}


@pytest.fixture(scope="session")
def page(tmp_path_factory, rows, examples):
    return write_report(
        tmp_path_factory.mktemp("report") / "report.html",
        title="Tones & <noise>",
        rows=rows,
        examples=examples,
        sampling_rate=RATE,
        settings={"Data": "made up", "<b>Seed</b>": "0"},
    )
