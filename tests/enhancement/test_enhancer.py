"""The chain waveform, features, target, regressor, waveform."""

import numpy as np
import pytest
from sklearn.base import BaseEstimator, RegressorMixin, clone
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import Lasso, LinearRegression, Ridge
from sklearn.model_selection import GridSearchCV, GroupKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skse import (
    FeatureScaler,
    IdealMaskTarget,
    MelFeaturizer,
    PeakNormalize,
    Resample,
    SpectrumTarget,
    SpeechEnhancer,
    STFTFeaturizer,
    UNetRegressor,
    oracle_predict,
)
from skse.enhancement import Chain
from skse.metrics import rmse_scorer, si_sdr_score, snr_gain_score, snr_gain_scorer


class ConstantMask(RegressorMixin, BaseEstimator):
    """Predicts one value everywhere, for segments or for frames; remembers its rows."""

    def __init__(self, value=1.0, three_d=True):
        self.value = value
        self.three_d = three_d

    def fit(self, X, y, groups=None):
        self.X_, self.y_, self.groups_ = X, y, groups
        return self

    def predict(self, X):
        return np.full((len(X), *self.y_.shape[1:]), self.value)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = self.three_d
        tags.target_tags.multi_output = True
        return tags


@pytest.fixture
def pairs(rng):
    """Ragged tones that glide, in white noise."""
    noisy, clean = [], []
    for i in range(8):
        times = np.arange(6000 + 500 * i) / 8000
        s = 0.3 * np.sin(2 * np.pi * (rng.uniform(300, 900) * times + 300 * times**2))
        clean.append(s.astype(np.float32))
        noisy.append((s + 0.1 * rng.standard_normal(len(s))).astype(np.float32))
    return noisy, clean


@pytest.mark.parametrize("three_d", [True, False])
def test_a_mask_of_ones_returns_the_input(pairs, three_d):
    enhancer = SpeechEnhancer(regressor=ConstantMask(1.0, three_d)).fit(*pairs)
    for x, out in zip(pairs[0], enhancer.predict(pairs[0]), strict=True):
        assert out.dtype == np.float32
        np.testing.assert_allclose(out, x, atol=2e-6)


def test_a_regressor_that_knows_the_target_reaches_the_oracle(pairs):
    """Features that hold the answer: an interpolating regressor gives the ceiling."""
    noisy, clean = (side[:1] for side in pairs)
    for target in (IdealMaskTarget("irm"), SpectrumTarget("magnitude")):
        enhancer = SpeechEnhancer(target=target, regressor=LinearRegression(), context_frames=2)
        gain = snr_gain_score(clean, enhancer.fit(noisy, clean).predict(noisy), noisy)
        ceiling = snr_gain_score(clean, oracle_predict(enhancer, noisy, clean), noisy)
        assert gain == pytest.approx(ceiling, abs=0.3)
        assert ceiling > 8


@pytest.mark.parametrize("regressor", [Ridge(), ConstantMask(0.3)])
@pytest.mark.parametrize("featurizer", [STFTFeaturizer(hop_length=64), MelFeaturizer(8000)])
def test_blocks_leave_no_seam(pairs, monkeypatch, regressor, featurizer):
    enhancer = SpeechEnhancer(featurizer, regressor=regressor, segment_frames=16)
    enhancer.fit(*pairs)
    whole = enhancer.predict(pairs[0])
    monkeypatch.setattr(Chain, "_frames_at_once", 20)
    for a, b in zip(whole, enhancer.predict(pairs[0]), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-6)


def test_segments_fade_between_unlike_predictions(pairs):
    """Each segment alternates between 0 and 1: the output must not jump."""

    class Alternating(ConstantMask):
        def predict(self, X):
            out = super().predict(X)
            out[::2] = 0
            return out

    steady = [np.ones(16000, np.float32)]
    enhancer = SpeechEnhancer(
        regressor=Alternating(), segment_frames=32, segment_overlap=0.5, normalize_level=False
    )
    out = enhancer.fit(*pairs).predict(steady)[0]
    assert out.max() > 0.9
    assert out.min() < 0.1
    assert np.abs(np.diff(out)).max() < 0.005


def test_strength_blends(pairs):
    noisy, _ = pairs
    enhancer = SpeechEnhancer(regressor=ConstantMask(0.2)).fit(*pairs)
    for strength, gain in [(0.0, 1.0), (0.5, 0.6), (1.0, 0.2)]:
        enhancer.set_params(strength=strength)
        np.testing.assert_allclose(enhancer.predict(noisy)[0], gain * noisy[0], atol=2e-6)


def test_mask_floor_limits_attenuation(pairs):
    noisy, _ = pairs
    enhancer = SpeechEnhancer(regressor=ConstantMask(0.0), mask_floor_db=-20).fit(*pairs)
    np.testing.assert_allclose(enhancer.predict(noisy)[0], 0.1 * noisy[0], atol=2e-6)
    enhancer.set_params(mask_floor_db=None)
    np.testing.assert_array_equal(enhancer.predict(noisy)[0], 0)


def test_groups_are_clean_recordings(pairs):
    noisy, clean = pairs
    enhancer = SpeechEnhancer(regressor=ConstantMask(), segment_frames=16)
    enhancer.fit([*noisy[:3], noisy[0] * 2], [*clean[:3], clean[0]])
    groups = enhancer.regressor_.groups_
    counts = [enhancer.chain_.windows.n_rows(1 + -(-len(x) // 128)) for x in [*clean[:3], clean[0]]]
    per_utterance = np.split(groups, np.cumsum(counts)[:-1])
    labels = [set(g) for g in per_utterance]
    assert all(len(label) == 1 for label in labels)
    assert labels[0] == labels[3]
    assert len(set.union(*labels)) == 3


def test_single_output_regressors_are_wrapped(pairs):
    noisy, clean = (side[:3] for side in pairs)
    enhancer = SpeechEnhancer(
        MelFeaturizer(8000, n_mels=8),
        regressor=Lasso(alpha=1e-3),
        context_frames=0,
        target=IdealMaskTarget("irm"),
    )
    from sklearn.ensemble import HistGradientBoostingRegressor

    enhancer.set_params(
        featurizer=STFTFeaturizer(n_fft=32, hop_length=16),
        regressor=HistGradientBoostingRegressor(max_iter=2),
    )
    enhancer.fit(noisy, clean)
    assert len(enhancer.regressor_.estimators_) == 17
    assert np.mean(snr_gain_score(clean, enhancer.predict(noisy), noisy)) > 0


def test_improves_held_out_speech_and_scores_si_sdr(pairs):
    noisy, clean = pairs
    enhancer = SpeechEnhancer(regressor=Ridge(), sampling_rate=8000).fit(noisy[:6], clean[:6])
    enhanced = enhancer.predict(noisy[6:])
    assert snr_gain_score(clean[6:], enhanced, noisy[6:]).min() > 3
    assert enhancer.score(noisy[6:], clean[6:]) == pytest.approx(
        np.mean(si_sdr_score(clean[6:], enhanced))
    )


class TestPipelines:
    def test_waveform_steps_before_the_enhancer(self, pairs):
        noisy, clean = pairs
        pipeline = make_pipeline(
            PeakNormalize(), SpeechEnhancer(regressor=Ridge(), match_level=True)
        )
        gain = np.mean(si_sdr_score(clean, pipeline.fit(noisy, clean).predict(noisy)))
        assert gain > np.mean(si_sdr_score(clean, noisy)) + 3

    def test_resampled_input(self, pairs):
        noisy, clean = pairs
        upsampled = Resample(8000, 16000).fit_transform(noisy)
        pipeline = make_pipeline(Resample(16000, 8000), SpeechEnhancer(regressor=Ridge()))
        enhanced = pipeline.fit(upsampled, clean).predict(upsampled)
        assert [len(x) for x in enhanced] == [len(x) for x in clean]
        assert np.mean(si_sdr_score(clean, enhanced)) > np.mean(si_sdr_score(clean, noisy)) + 3

    @pytest.mark.parametrize(
        "regressor",
        [
            make_pipeline(StandardScaler(), Ridge()),
            make_pipeline(FeatureScaler(), UNetRegressor(filters=(4, 8), dilations=(), epochs=2)),
            make_pipeline(StandardScaler(), UNetRegressor(filters=(4,), dilations=(), epochs=1)),
        ],
    )
    def test_a_pipeline_as_regressor(self, pairs, regressor):
        enhancer = SpeechEnhancer(regressor=regressor, segment_frames=16).fit(*pairs)
        assert all(np.isfinite(x).all() for x in enhancer.predict(pairs[0]))

    def test_featurizer_and_network(self, rng):
        clean = 0.1 * rng.standard_normal((6, 4000)).astype(np.float32)
        noisy = clean + 0.1 * rng.standard_normal((6, 4000)).astype(np.float32)
        featurizer = STFTFeaturizer()
        masks = IdealMaskTarget().fit_transform(featurizer.stft(noisy), featurizer.stft(clean))
        network = UNetRegressor(filters=(4, 8), dilations=(), epochs=1)
        predicted = make_pipeline(STFTFeaturizer(), network).fit(noisy, masks).predict(noisy)
        assert predicted.shape == masks.shape


def test_match_level_undoes_a_gain(pairs):
    noisy, clean = pairs
    quiet = [0.1 * s for s in clean]
    matched = SpeechEnhancer(regressor=Ridge(), match_level=True).fit(noisy, quiet).predict(noisy)
    with pytest.warns(UserWarning, match=r"contained in the noisy ones at \+20\.\d dB"):
        plain = SpeechEnhancer(regressor=Ridge()).fit(noisy, quiet).predict(noisy)
    assert np.mean(snr_gain_score(clean, matched, noisy)) > 10
    assert np.mean(snr_gain_score(clean, plain, noisy)) < 0


def test_grid_search_over_ragged_speech(pairs):
    noisy, clean = pairs
    search = GridSearchCV(
        SpeechEnhancer(STFTFeaturizer(), IdealMaskTarget(), Ridge()),
        [
            {"target": [SpectrumTarget()], "target__scale": ["log", "magnitude"]},
            {"target": [IdealMaskTarget()], "target__mask": ["ibm", "irm"]},
        ],
        scoring={"snr_gain": snr_gain_scorer, "rmse": rmse_scorer},
        refit="snr_gain",
        cv=GroupKFold(2),
    ).fit(noisy, clean, groups=np.repeat([0, 1, 2, 3], 2))
    assert len(search.cv_results_["mean_test_snr_gain"]) == 4
    assert np.isfinite(search.cv_results_["mean_test_rmse"]).all()
    assert search.best_score_ > 3
    assert isinstance(search.predict(noisy), list)


class TestBadInput:
    def enhancer(self, **params):
        return SpeechEnhancer(regressor=Ridge(), **params)

    def test_not_fitted(self, pairs):
        with pytest.raises(NotFittedError):
            self.enhancer().predict(pairs[0])

    def test_other_sampling_rate(self, pairs):
        enhancer = self.enhancer(sampling_rate=8000).fit(*pairs)
        enhancer.predict(pairs[0], sampling_rate=8000)
        message = r"was fitted with sampling_rate=8000, but X is said to have 16000 Hz. Resample"
        with pytest.raises(ValueError, match=message):
            enhancer.predict(pairs[0], sampling_rate=16000)
        with pytest.raises(ValueError, match=message):
            enhancer.set_params(sampling_rate=16000).predict(pairs[0])

    def test_featurizer_for_another_rate(self, pairs):
        with pytest.raises(ValueError, match="sampling_rate=16000, but its featurizer MelFeat"):
            self.enhancer(featurizer=MelFeaturizer(8000), sampling_rate=16000).fit(*pairs)

    @pytest.mark.parametrize("shape", [(8000, 2), (2, 8000)])
    def test_stereo(self, pairs, rng, shape):
        stereo = rng.standard_normal(shape)
        enhancer = self.enhancer().fit(*pairs)
        with pytest.raises(ValueError, match=r"X has shape .* may be one stereo recording"):
            enhancer.predict(stereo)
        with pytest.raises(ValueError, match="may be one stereo recording"):
            enhancer.fit(stereo, stereo)
        with pytest.raises(ValueError, match=r"X\[0\] has shape"):
            enhancer.predict([stereo])

    def test_two_rows_of_the_fitted_length_are_utterances(self, rng):
        X = rng.standard_normal((4, 1000)).astype(np.float32)
        assert self.enhancer().fit(X, X).predict(X[:2]).shape == (2, 1000)

    def test_cross_entropy_needs_a_mask(self, pairs):
        enhancer = SpeechEnhancer(
            target=SpectrumTarget(), regressor=UNetRegressor(loss="binary_crossentropy")
        )
        message = r"loss='binary_crossentropy' needs a target between 0 and 1, but SpectrumTarget"
        with pytest.raises(ValueError, match=message):
            enhancer.fit(*pairs)

    def test_missing_clean(self, pairs):
        with pytest.raises(ValueError, match="requires y to be passed"):
            self.enhancer().fit(pairs[0], None)

    @pytest.mark.parametrize(
        ("params", "message"),
        [
            ({"sampling_rate": -8000}, "sampling_rate=-8000 must be a positive number of hertz"),
            ({"segment_frames": 0}, "segment_frames == 0, must be >= 1"),
            ({"segment_overlap": 1}, "segment_overlap == 1, must be < 1"),
            ({"context_frames": -1}, "context_frames == -1, must be >= 0"),
            ({"strength": 1.5}, "strength == 1.5, must be <= 1"),
            ({"mask_floor_db": 3}, "mask_floor_db == 3, must be <= 0"),
        ],
    )
    def test_bad_parameters(self, pairs, params, message):
        with pytest.raises(ValueError, match=message):
            self.enhancer(**params).fit(*pairs)


def test_int16_comes_back_as_float_of_the_same_level(pairs):
    noisy, clean = pairs
    pcm = [np.round(x * 20000).astype(np.int16) for x in noisy]
    enhancer = SpeechEnhancer(regressor=ConstantMask(1.0)).fit(noisy, clean)
    np.testing.assert_allclose(enhancer.predict(pcm)[0], pcm[0] / 32768, atol=2e-6)


def test_level_of_the_output_follows_the_input(pairs):
    noisy, clean = pairs
    enhancer = SpeechEnhancer(regressor=Ridge()).fit(noisy, clean)
    base = enhancer.predict(noisy)[0]
    for factor in (1e-4, 50):
        scaled = enhancer.predict([factor * noisy[0]])[0]
        np.testing.assert_allclose(scaled / factor, base, atol=1e-4 * np.abs(base).max())


def test_clone_and_defaults():
    enhancer = clone(SpeechEnhancer(strength=0.5))
    assert enhancer.strength == 0.5
    assert enhancer.regressor is None
