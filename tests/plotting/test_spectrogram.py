import matplotlib as mpl
import numpy as np
import pytest

from skse.plotting import SpectrogramDisplay

mpl.use("agg")
plt = pytest.importorskip("matplotlib.pyplot")


@pytest.fixture
def waveforms(rng):
    clean = np.sin(2 * np.pi * 1000 * np.arange(8000) / 8000)
    return {"noisy": clean + 0.1 * rng.standard_normal(8000), "clean": clean}


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


class Halver:
    sampling_rate = 8000

    def predict(self, X):
        return [np.asarray(x) / 2 for x in X]


def test_level_and_place_of_a_tone(waveforms):
    display = SpectrogramDisplay.from_waveforms(waveforms, sampling_rate=8000)
    levels = display.spectrograms["clean"]
    assert levels.shape == (129, 126)
    assert np.all(levels[:, 10:-10].argmax(axis=0) == 32)  # 1000 Hz of 31.25 Hz a bin
    # A periodic Hann window sums to 128; half of that falls to the positive frequency.
    assert levels[32, 50] == pytest.approx(20 * np.log10(64), abs=0.01)


def test_panels_share_scale_and_axes(waveforms):
    display = SpectrogramDisplay.from_waveforms(waveforms, sampling_rate=8000).plot()
    assert len(display.ax_) == 2
    assert [axes.get_title(loc="left") for axes in display.ax_] == ["noisy", "clean"]
    assert {image.get_clim() for image in display.images_} == {(-60.0, 0.0)}
    assert display.colorbar_.ax.get_ylabel() == "Level (dB re loudest)"
    assert [axes.get_xlabel() for axes in display.ax_] == ["", "Time (s)"]
    assert display.ax_[0].get_ylabel() == "Frequency (kHz)"
    left, right, bottom, top = display.images_[0].get_extent()
    assert (bottom, top) == (0, 4)
    assert right - left == pytest.approx(126 * 64 / 8000)
    assert max(image.get_array().max() for image in display.images_) == pytest.approx(0)
    display.figure_.canvas.draw()


def test_given_axes_are_used(waveforms):
    figure, axes = plt.subplots(1, 2)
    display = SpectrogramDisplay.from_waveforms(waveforms, sampling_rate=8000).plot(ax=axes)
    assert display.figure_ is figure
    assert list(display.ax_) == list(axes)
    single = SpectrogramDisplay.from_waveforms(waveforms["noisy"], sampling_rate=8000)
    assert single.plot(ax=plt.figure().subplots()).ax_.shape == (1,)


def test_wrong_number_of_axes(waveforms):
    display = SpectrogramDisplay.from_waveforms(waveforms, sampling_rate=8000)
    with pytest.raises(ValueError, match="ax holds 1 Axes; expected 2, one for each of 'noisy'"):
        display.plot(ax=plt.figure().subplots())


def test_from_estimator(waveforms):
    noisy, clean = waveforms["noisy"], waveforms["clean"]
    display = SpectrogramDisplay.from_estimator(Halver(), noisy, clean)
    assert list(display.spectrograms) == ["noisy", "enhanced", "clean"]
    difference = display.spectrograms["noisy"] - display.spectrograms["enhanced"]
    np.testing.assert_allclose(difference, 20 * np.log10(2), atol=1e-3)
    assert list(SpectrogramDisplay.from_estimator(Halver(), noisy).spectrograms) == [
        "noisy",
        "enhanced",
    ]


def test_silence_can_be_drawn():
    display = SpectrogramDisplay.from_waveforms(np.zeros(1000), sampling_rate=8000).plot()
    assert np.isfinite(display.spectrograms[""]).all()
    display.figure_.canvas.draw()


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        ({"waveforms": {}}, "waveforms is empty"),
        ({"waveforms": {"noisy": np.array([0, np.nan])}}, r"waveforms\['noisy'\]"),
        ({"sampling_rate": -1}, "sampling_rate=-1 must be a positive"),
        ({"n_fft": 1}, "n_fft"),
        ({"hop_length": 300}, "hop_length"),
    ],
)
def test_bad_input(arguments, match):
    with pytest.raises(ValueError, match=match):
        SpectrogramDisplay.from_waveforms(
            **{"waveforms": np.ones(100), "sampling_rate": 8000, **arguments}
        )


def test_unknown_sampling_rate():
    estimator = Halver()
    estimator.sampling_rate = None
    with pytest.raises(ValueError, match="Halver has no sampling_rate; pass sampling_rate=8000"):
        SpectrogramDisplay.from_estimator(estimator, np.ones(100))


@pytest.mark.parametrize("value", [0, -20, np.nan, "60"])
def test_bad_range(waveforms, value):
    display = SpectrogramDisplay.from_waveforms(waveforms, sampling_rate=8000)
    with pytest.raises(ValueError, match="dynamic_range_db"):
        display.plot(dynamic_range_db=value)
