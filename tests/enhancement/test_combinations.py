"""Every feature with every target: shapes, channels, ranges and the way back to waveforms."""

from functools import lru_cache

import numpy as np
import pytest
from sklearn.base import BaseEstimator, RegressorMixin, clone
from sklearn.linear_model import LinearRegression, Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skse import (
    DenseNetRegressor,
    FeatureScaler,
    FeaturizerUnion,
    IdealMaskTarget,
    MelFeaturizer,
    MFCCFeaturizer,
    PeakNormalize,
    SignalApproximationTarget,
    SpectrumTarget,
    SpeechEnhancer,
    STFTFeaturizer,
    UNetRegressor,
    WaveformTarget,
    WideResNetRegressor,
)
from skse.enhancement import Chain
from skse.metrics import snr_gain_score, snr_gain_scorer
from skse.targets import TrainedFourierTarget
from skse.targets._records import MASKS, SPECTRA

FRAMES = {"n_fft": 32, "hop_length": 16}
FEATURIZERS = {
    **{scale: STFTFeaturizer(scale=scale, **FRAMES) for scale in SPECTRA},
    "mel": MelFeaturizer(8000, n_mels=5, **FRAMES),
    "mfcc": MFCCFeaturizer(8000, n_mfcc=4, n_mels=5, **FRAMES),
    "union": FeaturizerUnion(
        [("stft", STFTFeaturizer(**FRAMES)), ("mel", MelFeaturizer(8000, 64, 16, n_mels=5))]
    ),
}
TARGETS = {
    **{mask: IdealMaskTarget(mask) for mask in MASKS},
    **{scale: SpectrumTarget(scale) for scale in SPECTRA},
}


class UntrainedUNet(RegressorMixin, BaseEstimator):
    """The network that UNetRegressor would train, as it is before that."""

    def __init__(self, output_activation="auto"):
        self.output_activation = output_activation

    def fit(self, X, y, groups=None):
        shapes = [(s[1], None, *s[3:]) for s in (X.shape, y.shape)]
        self.network_ = build(*shapes, self.output_activation)
        return self

    def predict(self, X):
        return np.asarray(self.network_(X))

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        tags.target_tags.multi_output = True
        return tags


@lru_cache(maxsize=32)
def build(input_shape, output_shape, output_activation):
    from skse.networks import build_unet

    return build_unet(
        input_shape,
        output_shape,
        filters=(2,),
        top_filters=2,
        dilations=(),
        output_activation=output_activation,
        output_statistics=_around_one(output_shape),
    )


def _around_one(output_shape):
    """Mean and deviation of a target that no scale turns into silence."""
    ones = np.ones((output_shape[0], (*output_shape, 1)[2]), np.float32)
    return ones, 0.1 * ones


@pytest.fixture(scope="module")
def pairs():
    """Ragged tones that glide, in white noise."""
    rng = np.random.default_rng(0)
    noisy, clean = [], []
    for i in range(4):
        times = np.arange(1200 + 100 * i) / 8000
        s = 0.3 * np.sin(2 * np.pi * (rng.uniform(300, 900) * times + 300 * times**2))
        clean.append(s.astype(np.float32))
        noisy.append((s + 0.1 * rng.standard_normal(len(s))).astype(np.float32))
    return noisy, clean


def check_output(enhanced, noisy):
    assert [len(x) for x in enhanced] == [len(x) for x in noisy]
    assert all(np.isfinite(x).all() for x in enhanced)
    assert all(np.abs(x).max() > 0 for x in enhanced)


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("features", FEATURIZERS)
class TestEveryFeatureWithEveryTarget:
    def test_network(self, pairs, features, target):
        noisy, clean = (side[:2] for side in pairs)
        enhancer = SpeechEnhancer(
            FEATURIZERS[features], TARGETS[target], UntrainedUNet(), segment_frames=16
        ).fit(noisy, clean)
        assert enhancer.regressor_.output_activation == TARGETS[target].output_activation
        check_output(enhancer.predict(noisy), noisy)

    def test_ridge(self, pairs, features, target):
        noisy, clean = (side[:2] for side in pairs)
        enhancer = SpeechEnhancer(FEATURIZERS[features], TARGETS[target], Ridge())
        check_output(enhancer.fit(noisy, clean).predict(noisy), noisy)


@pytest.mark.parametrize(
    ("features", "target", "loss"),
    [
        ("mfcc", "cirm", "mse"),
        ("complex", "complex", "mae"),
        ("mel", "psm", "binary_crossentropy"),
        ("real", "tbm", "mse"),
    ],
)
def test_trained_network(pairs, features, target, loss):
    network = UNetRegressor(filters=(2,), dilations=(), epochs=1, random_state=0, loss=loss)
    enhancer = SpeechEnhancer(FEATURIZERS[features], TARGETS[target], network, segment_frames=16)
    check_output(enhancer.fit(*pairs).predict(pairs[0]), pairs[0])


@pytest.mark.parametrize(
    "network",
    [
        DenseNetRegressor(3, n_layers=1, n_levels=1, first_filters=4, dilations=(1,)),
        WideResNetRegressor((8,), n_blocks=1),
    ],
    ids=["densenet", "wideresnet"],
)
@pytest.mark.parametrize(
    ("target", "loss"),
    [
        (SpectrumTarget(), "mse"),
        (IdealMaskTarget(), "binary_crossentropy"),
        (IdealMaskTarget("cirm"), "mse"),
        (SignalApproximationTarget(mask="complex"), "compressed_spectrum"),
        (WaveformTarget(), "snr"),
        (WaveformTarget("complex", bound=None), "mse"),
        (TrainedFourierTarget("complex", bound=None), "mse"),
    ],
    ids=["log", "irm", "cirm", "spectrogram", "waveform", "complex waveform", "trained kernels"],
)
def test_network_learns(pairs, network, target, loss):
    network = clone(network).set_params(
        loss=loss, epochs=4, batch_size=4, learning_rate=0.01, random_state=0
    )
    enhancer = SpeechEnhancer(
        STFTFeaturizer(scale="complex", **FRAMES),
        target,
        network,
        segment_frames=16,
        remix=False,
    ).fit(*pairs)
    check_output(enhancer.predict(pairs[0]), pairs[0])
    losses = enhancer.regressor_.history_["loss"]
    assert losses[-1] < losses[0]


@pytest.mark.parametrize("target", [IdealMaskTarget("cirm"), SpectrumTarget("complex")])
class TestTwoChannels:
    def test_a_regressor_that_knows_the_target_restores_the_speech(self, pairs, target):
        noisy, clean = (side[:1] for side in pairs)
        enhancer = SpeechEnhancer(
            STFTFeaturizer(scale="complex", **FRAMES),
            target,
            LinearRegression(),
            context_frames=3,
        )
        # More features (238 a frame) than frames (76): an exact fit.
        gain = snr_gain_score(clean, enhancer.fit(noisy, clean).predict(noisy), noisy)
        assert gain.item() > 40

    @pytest.mark.parametrize("regressor", [Ridge(), UntrainedUNet()])
    def test_blocks_leave_no_seam(self, pairs, target, regressor, monkeypatch):
        enhancer = SpeechEnhancer(
            STFTFeaturizer(**FRAMES), target, regressor, segment_frames=16
        ).fit(*pairs)
        whole = enhancer.predict(pairs[0])
        monkeypatch.setattr(Chain, "_frames_at_once", 20)
        for a, b in zip(whole, enhancer.predict(pairs[0]), strict=True):
            np.testing.assert_allclose(a, b, atol=1e-5 * np.abs(a).max())

    def test_pipelines(self, pairs, target):
        noisy, clean = pairs
        for regressor in (
            make_pipeline(FeatureScaler(), UntrainedUNet()),
            make_pipeline(StandardScaler(), Ridge()),
        ):
            enhancer = SpeechEnhancer(
                STFTFeaturizer(**FRAMES), target, regressor, segment_frames=16, match_level=True
            )
            pipeline = make_pipeline(PeakNormalize(), enhancer).fit(noisy, clean)
            check_output(pipeline.predict(noisy), noisy)

    def test_featurizer_and_network(self, rng, target):
        clean = 0.1 * rng.standard_normal((3, 800)).astype(np.float32)
        noisy = clean + 0.1 * rng.standard_normal((3, 800)).astype(np.float32)
        featurizer = STFTFeaturizer(**FRAMES)
        Y, S = featurizer.stft(noisy), featurizer.stft(clean)
        wanted = target.fit_transform(Y, S)
        pipeline = make_pipeline(featurizer, UntrainedUNet("linear")).fit(noisy, wanted)
        predicted = pipeline.predict(noisy)
        assert predicted.shape == wanted.shape == (*Y.shape, 2)
        assert target.inverse_transform(predicted, Y).shape == Y.shape


def test_the_target_binary_mask_learns_from_all_utterances(pairs):
    noisy, clean = pairs
    featurizer = STFTFeaturizer(**FRAMES)
    target = IdealMaskTarget("tbm")
    for regressor in (Ridge(), UntrainedUNet()):
        enhancer = SpeechEnhancer(featurizer, target, regressor, normalize_level=False)
        padded = [np.pad(s, (0, -len(s) % 16)) for s in clean]
        power = np.concatenate([np.abs(S) ** 2 for S in featurizer.stft(padded)], axis=1)
        learned = enhancer.fit(noisy, clean).target_.ltass_
        np.testing.assert_allclose(learned, power.mean(axis=1), rtol=1e-4)


def test_grid_search_over_all_masks(pairs):
    search = GridSearchCV(
        SpeechEnhancer(STFTFeaturizer(**FRAMES), IdealMaskTarget(), Ridge()),
        {"target__mask": list(MASKS)},
        scoring=snr_gain_scorer,
        cv=2,
    ).fit(*pairs)
    scores = search.cv_results_["mean_test_score"]
    assert len(scores) == 6
    assert np.isfinite(scores).all()
    assert len(set(np.round(scores, 6))) == 6
    assert search.best_score_ > 3


class TestLossThatCannotWork:
    @pytest.mark.parametrize(
        ("target", "spread"),
        [
            (IdealMaskTarget("cirm"), "from -10 to 10"),
            (IdealMaskTarget("smm", bound=2), "from 0 to 2"),
            (IdealMaskTarget("psm", truncate=False), "from -1 to 1"),
            (SpectrumTarget("complex"), "from -inf to inf"),
            (SpectrumTarget("compressed"), "from 0 to inf"),
        ],
    )
    @pytest.mark.parametrize(
        ("params", "remedy"),
        [
            ({"loss": "binary_crossentropy"}, "Use loss='mse', or as target IdealMaskTarget"),
            ({"output_activation": "sigmoid"}, "Use output_activation='auto', or as target"),
        ],
    )
    def test_is_refused_before_training(self, pairs, target, spread, params, remedy):
        network = UNetRegressor(epochs=10**9, **params)
        name, value = next(iter(params.items()))
        message = (
            f"UNetRegressor: {name}='{value}' needs a target between 0 and 1, but "
            rf"{type(target).__name__}\(.* ranges {spread}\. {remedy}"
        )
        with pytest.raises(ValueError, match=message):
            SpeechEnhancer(STFTFeaturizer(**FRAMES), target, network).fit(*pairs)

    def test_a_bad_target_is_named_first(self, pairs):
        enhancer = SpeechEnhancer(target=IdealMaskTarget("smm", bound="2"), regressor=Ridge())
        with pytest.raises(ValueError, match="IdealMaskTarget: bound must be an instance of"):
            enhancer.fit(*pairs)
