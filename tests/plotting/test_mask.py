import matplotlib as mpl
import numpy as np
import pytest
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline

from skse import IdealMaskTarget, PeakNormalize, SpectrumTarget, SpeechEnhancer, STFTFeaturizer
from skse.plotting import MaskDisplay

mpl.use("agg")
plt = pytest.importorskip("matplotlib.pyplot")


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


@pytest.fixture
def pairs(rng):
    clean = rng.standard_normal((4, 6000)) * np.repeat([1, 0], 3000)
    return clean + 0.5 * rng.standard_normal(clean.shape), clean


def fitted(pairs, target, **parameters):
    enhancer = SpeechEnhancer(
        target=target, regressor=Ridge(), sampling_rate=8000, context_frames=0, **parameters
    )
    return enhancer.fit(*pairs)


@pytest.mark.parametrize("mask", ["irm", "ibm"])
def test_masks_are_the_prediction_and_the_ideal(pairs, mask):
    noisy, clean = pairs[0][0], pairs[1][0]
    enhancer = fitted(pairs, IdealMaskTarget(mask), strength=0.5, mask_floor_db=-10)
    masks = MaskDisplay.from_estimator(enhancer, noisy, clean).masks

    level = np.sqrt(np.mean(noisy**2))
    y, s = (STFTFeaturizer().stft([w / level])[0] for w in (noisy, clean))
    ideal = IdealMaskTarget(mask).fit_transform(y, s)
    np.testing.assert_allclose(masks["ideal"], ideal, atol=1e-5)
    frames = STFTFeaturizer().fit_transform([(noisy / level).astype(np.float32)])[0].T
    predicted = np.clip(enhancer.regressor_.predict(frames).T, 0, 1)
    np.testing.assert_allclose(masks["predicted"], predicted, atol=1e-3)


def test_long_recordings_come_in_blocks(pairs, monkeypatch):
    enhancer = fitted(pairs, IdealMaskTarget())
    whole = MaskDisplay.from_estimator(enhancer, pairs[0][0]).masks["predicted"]
    monkeypatch.setattr("skse.enhancement.Chain._frames_at_once", 8)
    blocks = MaskDisplay.from_estimator(enhancer, pairs[0][0]).masks["predicted"]
    np.testing.assert_allclose(blocks, whole, atol=1e-4)


def test_estimator_is_left_alone(pairs):
    enhancer = fitted(pairs, IdealMaskTarget())
    before = enhancer.target_
    MaskDisplay.from_estimator(enhancer, *(x[0] for x in pairs))
    assert enhancer.target_ is before


def test_mapping_has_a_mask_too(pairs):
    enhancer = fitted(pairs, SpectrumTarget(scale="magnitude"))
    noisy, clean = (x[0] for x in pairs)
    ideal = MaskDisplay.from_estimator(enhancer, noisy, clean).masks["ideal"]
    y, s = (STFTFeaturizer().stft([w])[0] for w in (noisy, clean))
    np.testing.assert_allclose(ideal * np.abs(y), np.abs(s), atol=1e-3)


@pytest.mark.parametrize("normalize_level", [True, False])
def test_level_is_that_of_the_training(pairs, normalize_level):
    """A target whose floor many units fall below, at a level far from an RMS of 1."""
    pairs = [0.02 * np.asarray(waveforms) for waveforms in pairs]
    enhancer = fitted(pairs, SpectrumTarget(floor_db=-6), normalize_level=normalize_level)
    noisy, clean = (x[0] for x in pairs)
    level = np.sqrt(np.mean(noisy**2)) if normalize_level else 1
    y, s = (STFTFeaturizer().stft([w / level])[0] for w in (noisy, clean))
    masks = MaskDisplay.from_estimator(enhancer, noisy, clean).masks
    floor = 10 ** (-6 / 20)
    assert 0.1 < np.mean(np.abs(s) < floor) < 1
    np.testing.assert_allclose(
        masks["ideal"] * np.abs(y), np.maximum(np.abs(s), floor), rtol=1e-3, atol=1e-4
    )
    frames = STFTFeaturizer().fit_transform([(noisy / level).astype(np.float32)])[0].T
    predicted = np.exp(enhancer.regressor_.predict(frames).T)
    np.testing.assert_allclose(masks["predicted"] * np.abs(y), predicted, rtol=1e-3)


def test_picture():
    masks = {"a": np.eye(129, 51), "b": np.full((129, 51), 1.5)}
    display = MaskDisplay.from_masks(masks, sampling_rate=8000).plot()
    assert [axes.get_title(loc="left") for axes in display.ax_] == ["a", "b"]
    assert {image.get_clim() for image in display.images_} == {(0, 1)}
    assert display.colorbar_.extend == "max"
    left, right, _, top = display.images_[0].get_extent()
    assert (right - left, top) == (pytest.approx(51 * 128 / 8000), 4)
    display.figure_.canvas.draw()
    assert display.plot(max_gain=2).colorbar_.extend == "neither"


def test_search_is_opened(pairs):
    class Search:
        best_estimator_ = fitted(pairs, IdealMaskTarget())

    assert list(MaskDisplay.from_estimator(Search(), pairs[0][0]).masks) == ["predicted"]


@pytest.mark.parametrize(
    ("masks", "options", "match"),
    [
        ({}, {}, "masks is empty"),
        (np.ones(5), {}, r"masks\[''\] has shape \(5,\) and type float64; expected real"),
        ({"a": 1j * np.ones((2, 2))}, {}, r"masks\['a'\].*type complex128"),
        (np.full((2, 2), np.nan), {}, "contains NaN or inf"),
        (np.ones((2, 2)), {"sampling_rate": 0}, "sampling_rate"),
        (np.ones((2, 2)), {"hop_length": 0}, "hop_length"),
    ],
)
def test_bad_masks(masks, options, match):
    with pytest.raises(ValueError, match=match):
        MaskDisplay.from_masks(masks, **{"sampling_rate": 8000, **options})


def test_bad_estimator(pairs):
    pipeline = make_pipeline(PeakNormalize(), fitted(pairs, IdealMaskTarget()))
    with pytest.raises(ValueError, match=r"estimator is a Pipeline.*pass the last step"):
        MaskDisplay.from_estimator(pipeline, pairs[0][0])
    enhancer = pipeline[-1].set_params(sampling_rate=None)
    with pytest.raises(ValueError, match="has no sampling_rate; pass sampling_rate=8000"):
        MaskDisplay.from_estimator(enhancer, pairs[0][0])
    with pytest.raises(ValueError, match="max_gain"):
        MaskDisplay.from_masks(np.ones((2, 2)), sampling_rate=8000).plot(max_gain=0)
