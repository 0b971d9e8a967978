"""The way from waveforms to rows and back; targets that are applied inside the network."""

import subprocess
import sys

import joblib
import numpy as np
import pytest
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from skse import (
    AutoencoderRegressor,
    FeatureScaler,
    IdealMaskTarget,
    MelFeaturizer,
    SignalApproximationTarget,
    SpectrumTarget,
    SpeechEnhancer,
    STFTFeaturizer,
    UNetRegressor,
    WaveformTarget,
)
from skse.enhancement import Chain, _segments
from skse.enhancement._regressors import set_ends
from skse.enhancement._segments import ContextFrames, Segments
from skse.metrics import snr_gain_score

MEL = MelFeaturizer(sampling_rate=8000, n_mels=16, n_fft=64, hop_length=32)


@pytest.fixture
def pairs(rng):
    """Ragged tones that glide, in white noise; the second is digital silence at its end."""
    noisy, clean = [], []
    for i in range(6):
        times = np.arange(2500 + 300 * i) / 8000
        s = 0.3 * np.sin(2 * np.pi * (rng.uniform(300, 900) * times + 300 * times**2))
        x = s + 0.1 * rng.standard_normal(len(s))
        if i == 1:
            s[1200:] = x[1200:] = 0
        clean.append(s.astype(np.float32))
        noisy.append(x.astype(np.float32))
    return noisy, clean


def enhancer_of(target, featurizer=None, **options):
    featurizer = STFTFeaturizer(n_fft=64, hop_length=32) if featurizer is None else featurizer
    network = UNetRegressor(
        **{"filters": (8,), "dilations": (), "epochs": 20, "learning_rate": 0.02, "random_state": 0}
        | {"batch_size": 8}
        | options
    )
    return SpeechEnhancer(featurizer, target, network, segment_frames=16)


@pytest.mark.parametrize("n_bands", [3, 9])
@pytest.mark.parametrize("n_channels", [1, 2])
def test_reference_is_appended_and_padded(n_bands, n_channels, rng):
    class Features(STFTFeaturizer):
        def compute(self, S):
            bands = np.resize(np.abs(S), (n_bands, S.shape[1]))
            return bands if n_channels == 1 else np.stack([bands, bands + 1], axis=-1)

    stft = (rng.standard_normal((5, 4)) + 1j * rng.standard_normal((5, 4))).astype(np.complex64)
    featurizer = Features(n_fft=8, hop_length=4)
    features = featurizer.features(stft)
    seen = Chain(featurizer, SignalApproximationTarget(), Segments(4, 0)).inputs(stft)
    assert seen.shape == (max(n_bands, 5), 4, n_channels + 2)
    assert seen.dtype == np.float32
    kept = seen[:n_bands, :, :n_channels]
    np.testing.assert_array_equal(kept.reshape(features.shape), features.astype("f4"))
    np.testing.assert_array_equal(seen[:5, :, -2] + 1j * seen[:5, :, -1], stft)
    assert (seen[n_bands:, :, :-2] == 0).all()
    assert (seen[5:, :, -2:] == 0).all()
    assert Chain(featurizer, IdealMaskTarget(), None).inputs(stft).shape == features.shape


@pytest.mark.parametrize(
    ("target", "featurizer", "options"),
    [
        (SignalApproximationTarget("magnitude", compression=0.5), MEL, {}),
        (
            SignalApproximationTarget(),
            None,
            {"loss": "compressed_spectrum", "filters": (8, 8), "dilations": (1,), "epochs": 40},
        ),
        (WaveformTarget(), None, {"loss": "mae"}),
    ],
)
def test_speech_gets_better_at_any_level(target, featurizer, options, pairs):
    noisy, clean = pairs
    enhancer = enhancer_of(target, featurizer, **options).fit(noisy[:4], clean[:4])
    enhanced = enhancer.predict(noisy[4:])
    assert np.min(snr_gain_score(clean[4:], enhanced, noisy[4:])) > 2
    quiet = enhancer.predict([1e-3 * x for x in noisy[4:]])
    np.testing.assert_allclose(1e3 * quiet[0], enhanced[0], atol=1e-4)


def test_waveform_loss_early_stopping_scaler_and_a_fresh_process(pairs, tmp_path):
    noisy, clean = pairs
    network = enhancer_of(None).regressor.set_params(
        loss="si_sdr", early_stopping=True, validation_fraction=0.25
    )
    enhancer = SpeechEnhancer(
        STFTFeaturizer(n_fft=64, hop_length=32, scale="complex"),
        WaveformTarget("complex"),
        make_pipeline(FeatureScaler(), "passthrough", network),
        segment_frames=16,
    ).fit(noisy, clean)
    scaler, network = enhancer.regressor_[0], enhancer.regressor_[-1]
    assert (scaler.mean_[:, -2:] == 0).all()
    assert (scaler.scale_[:, -2:] == 1).all()
    assert not (scaler.mean_[:, :2] == 0).all()
    assert len(network.history_["val_loss"]) == network.n_iter_
    # What the loss saw in the end is the SI-SDR of the segments in dB.
    assert -40 < network.history_["loss"][-1] < network.history_["loss"][0] < 20
    assert network.head["istft"] == {"n_fft": 64, "hop_length": 32, "window": "hann"}
    assert enhancer.regressor[-1].head is None
    joblib.dump((enhancer, noisy), tmp_path / "enhancer.joblib")
    code = (
        "import sys, joblib, numpy; enhancer, noisy = joblib.load(sys.argv[1]); "
        "numpy.save(sys.argv[2], enhancer.predict(noisy)[0])"
    )
    files = [tmp_path / "enhancer.joblib", tmp_path / "enhanced.npy"]
    subprocess.run([sys.executable, "-c", code, *files], check=True)
    # Not bit for bit: another process may round the last digit of a sum differently.
    np.testing.assert_allclose(np.load(files[1]), enhancer.predict(noisy)[0], rtol=0, atol=1e-6)


def test_grid_search_over_targets(pairs):
    search = GridSearchCV(
        enhancer_of(IdealMaskTarget(), epochs=1, filters=(2,)),
        [
            {"target": [IdealMaskTarget("ibm")], "regressor__loss": ["bce_dice"]},
            {"target": [SignalApproximationTarget()], "target__mask": ["complex"]},
            {"target": [WaveformTarget()], "regressor__loss": ["snr"]},
        ],
        cv=[(range(4), range(4, 6))],
        refit=False,
    ).fit(*pairs)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()


@pytest.mark.parametrize(
    ("regressor", "message"),
    [
        (
            Ridge(),
            r"SignalApproximationTarget\(\) is applied .*but Ridge has no parameter 'head'.*"
            "Use UNetRegressor or AutoencoderRegressor, or a target .*IdealMaskTarget",
        ),
        (make_pipeline(StandardScaler(), Ridge()), "Ridge has no parameter 'head'"),
        (GridSearchCV(Ridge(), {}), "Ridge has no parameter 'head'"),
        (
            Pipeline([("log", FunctionTransformer()), ("net", UNetRegressor())]),
            "the step before it, FunctionTransformer, would change it. Use FeatureScaler",
        ),
        (UNetRegressor(output_activation="sigmoid"), "output_activation='sigmoid' needs a target"),
        (UNetRegressor(loss="si_sdr"), r"loss='si_sdr' needs waveforms, .*WaveformTarget"),
        (AutoencoderRegressor(loss="dice"), "loss='dice' needs a target between 0 and 1"),
    ],
)
def test_regressors_that_do_not_fit(regressor, message, pairs):
    enhancer = SpeechEnhancer(target=SignalApproximationTarget(), regressor=regressor)
    with pytest.raises(ValueError, match=message):
        enhancer.fit(*pairs)


def test_segments_too_short_for_waveforms(pairs):
    enhancer = enhancer_of(WaveformTarget()).set_params(segment_frames=1)
    with pytest.raises(ValueError, match=r"WaveformTarget\(\) needs segments of at least 2 frames"):
        enhancer.fit(*pairs)


def test_head_tells_the_bands_of_the_features():
    network = UNetRegressor()
    set_ends(network, SignalApproximationTarget(bound=2), MEL, 16, 2)
    assert network.head == {
        "mask": "real",
        "bound": 2.0,
        "output": "complex",
        "compression": 1.0,
        "n_bands": 16,
    }


@pytest.fixture
def stft_pairs(rng):
    return [tuple(rng.standard_normal((2, 5, 3 + i)).astype("c8")) for i in range(4)]


class GivenSTFTs(Chain):
    """A chain whose STFTs are given, and counted as they are asked for."""

    def stft_pairs(self, noisy, clean):
        self.n_seen = 0
        for pair in noisy:
            self.n_seen += 1
            yield pair


def fitted_on(stft_pairs, target):
    class Nothing(STFTFeaturizer):
        def fit(self, X, y=None):
            return self

    return GivenSTFTs(Nothing(), target, None).fit(stft_pairs, stft_pairs)


def test_a_target_that_learns_sees_every_utterance(stft_pairs):
    chain = fitted_on(stft_pairs, IdealMaskTarget("tbm"))
    whole = np.concatenate([clean for _, clean in stft_pairs], axis=1)
    np.testing.assert_allclose(chain.target.ltass_, np.mean(np.abs(whole) ** 2, axis=1), rtol=1e-6)


@pytest.mark.parametrize("target", [IdealMaskTarget("irm"), SpectrumTarget("complex")])
def test_any_other_sees_the_first_alone(stft_pairs, target):
    chain = fitted_on(stft_pairs, target)
    assert chain.target.n_features_in_ == 5
    assert chain.n_seen == 1


@pytest.mark.parametrize("windows", [Segments(16, 4), ContextFrames(2, (2,))])
def test_a_chain_comes_back_from_its_state(windows, pairs):
    noisy, clean = pairs
    chain = Chain(STFTFeaturizer(), SpectrumTarget("complex"), windows, normalize_level=False)
    chain.fit(noisy, clean)
    again = Chain.from_state(chain.to_state())
    for one, other in zip(chain.rows(noisy, clean), again.rows(noisy, clean), strict=True):
        np.testing.assert_array_equal(one, other)
    assert vars(again.windows).keys() == vars(windows).keys()


@pytest.mark.parametrize(
    "echo", [{"back": 7, "ahead": 3}, {"back": 7, "ahead": 3, "bounded": False}]
)
def test_noise_channels_go_on_from_block_to_block(echo, make_echo, rng):
    """However a recording is cut, a frame is beside the noise of all before it."""
    x = rng.standard_normal(100_000).astype(np.float32)
    x[:50_000] *= 0.1
    featurizer = STFTFeaturizer(n_fft=40, hop_length=20, noise_channels=["noise", "prior_snr"])
    enhancer = SpeechEnhancer(featurizer, regressor=make_echo(**echo), segment_frames=48)
    chain = enhancer.fit([x], [x]).chain_
    parts = list(chain.predictions([x], enhancer.regressor_))
    assert len(parts) > 1
    stft = next(chain.stft_pairs([x], [x]))[0]
    whole = enhancer.regressor_.predict(chain.inputs(stft)[None])[0]
    predicted = np.concatenate([target for _, target, _ in parts], axis=1)
    inner = slice(10, -10) if echo.get("bounded", True) else slice(None)
    difference = np.abs(predicted - whole)[:, inner]
    assert np.median(difference) < 1e-6
    if echo.get("bounded", True):
        assert difference.max() < 1e-6


def test_a_block_that_reaches_the_end_is_no_whole_recording(make_echo, rng, monkeypatch):
    """Its last frames may belong to the block after it, which goes on with its noise."""
    x = rng.standard_normal(20 * 300).astype(np.float32)
    x[: len(x) // 2] *= 0.1
    featurizer = STFTFeaturizer(n_fft=40, hop_length=20, noise_channels=["noise"])
    enhancer = SpeechEnhancer(featurizer, regressor=make_echo(back=7, ahead=3), segment_frames=48)
    chain = enhancer.fit([x], [x]).chain_
    for most in (290, 298, 299, 300, 301, 302, 304):
        monkeypatch.setattr(Chain, "_frames_at_once", most)
        monkeypatch.setattr(_segments, "_ROW_FRAMES", most)
        parts = [target for _, target, _ in chain.predictions([x], enhancer.regressor_)]
        stft = next(chain.stft_pairs([x], [x]))[0]
        whole = enhancer.regressor_.predict(chain.inputs(stft)[None])[0]
        difference = np.abs(np.concatenate(parts, axis=1) - whole)
        assert difference.max() < 1e-6, most


def test_recordings_abreast_are_what_they_are_alone(rng):
    """Rows to train on, and predictions, of recordings long, short and silent."""
    lengths = (9000, 400, 30_001, 100, 9000)
    clean = [rng.standard_normal(n).astype(np.float32) for n in lengths]
    noisy = [s + rng.standard_normal(len(s)).astype(np.float32) for s in clean]
    noisy[1] = clean[1] = np.zeros(400, np.float32)
    enhancer = SpeechEnhancer(
        STFTFeaturizer(noise_channels=["prior_snr"]), regressor=Ridge(), segment_frames=20
    ).fit(noisy, clean)
    chain = enhancer.chain_
    rows, targets, counts = chain.rows(noisy, clean)
    alone = [chain.rows([x], [s]) for x, s in zip(noisy, clean, strict=True)]
    np.testing.assert_array_equal(counts, np.concatenate([c for *_, c in alone]))
    np.testing.assert_allclose(rows, np.concatenate([r for r, *_ in alone]), atol=1e-5)
    np.testing.assert_array_equal(targets, np.concatenate([t for _, t, _ in alone]))
    for x, enhanced in zip(noisy, enhancer.predict(noisy), strict=True):
        np.testing.assert_allclose(enhanced, enhancer.predict([x])[0], atol=1e-5)
