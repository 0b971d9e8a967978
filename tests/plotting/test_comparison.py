import csv

import matplotlib as mpl
import pytest

from skse.plotting import ComparisonDisplay

mpl.use("agg")
plt = pytest.importorskip("matplotlib.pyplot")

ROWS = [
    {
        "name": name,
        "kind": kind,
        "network": network,
        "snr_gain_db_mean": gain,
        "snr_gain_db_std": 0.5,
        "stoi_mean": 0.8,
        "stoi_std": 0.01,
    }
    for name, kind, network, gain in [
        ("ceiling of IRM", "ceiling", "", 11.0),
        ("U-Net, IRM, MSE", "candidate", "unet", 7.0),
        ("Autoencoder, IRM, MSE", "candidate", "autoencoder", 5.0),
        ("DenseNet, IRM, MSE", "candidate", "densenet", 6.0),
        ("Wide ResNet, IRM, MSE", "candidate", "wideresnet", 4.0),
        ("mine, IRM, MSE", "candidate", "mine", 2.0),
        ("log-MMSE", "baseline", "", 3.0),
        ("noisy", "noisy", "", 0.0),
    ]
]


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def drawn(display):
    """Read name -> value back from the picture."""
    names = [label.get_text() for label in display.ax_.get_yticklabels()]
    places = dict(zip(display.ax_.get_yticks(), names, strict=True))
    points = {}
    for container in display.ax_.containers:
        x, y = container.lines[0].get_data()
        points.update({places[b]: float(a) for a, b in zip(x, y, strict=True)})
    return points


def test_every_row_is_drawn():
    display = ComparisonDisplay(ROWS).plot()
    assert drawn(display) == {row["name"]: row["snr_gain_db_mean"] for row in ROWS}
    assert "SNR gain (dB)" in display.ax_.get_xlabel()
    looks = {
        (line.get_color(), line.get_marker())
        for line in (container.lines[0] for container in display.ax_.containers)
    }
    assert len(looks) == len(ROWS)  # every kind has its own
    display.figure_.canvas.draw()


def test_first_row_is_on_top():
    display = ComparisonDisplay(ROWS).plot(metric="stoi")
    names = [label.get_text() for label in display.ax_.get_yticklabels()]
    assert names[display.ax_.get_yticks().argmax()] == "ceiling of IRM"


def test_given_axes_are_used():
    axes = plt.figure().subplots()
    assert ComparisonDisplay(ROWS).plot(ax=axes).ax_ is axes


def test_from_csv(tmp_path):
    with (tmp_path / "results.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(ROWS[0]))
        writer.writeheader()
        writer.writerows(ROWS)
    display = ComparisonDisplay.from_csv(tmp_path / "results.csv").plot()
    assert drawn(display) == {row["name"]: row["snr_gain_db_mean"] for row in ROWS}


def test_unknown_metric():
    with pytest.raises(
        ValueError, match="metric='pesq_mos' is not allowed; choose from 'snr_gain_db', 'stoi'"
    ):
        ComparisonDisplay(ROWS).plot(metric="pesq_mos")
