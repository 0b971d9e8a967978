"""Features of several featurizers, one below the other."""

import pickle

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV

import skse
from skse import (
    FeaturizerUnion,
    MelFeaturizer,
    MFCCFeaturizer,
    SpectrumTarget,
    SpeechEnhancer,
    STFTFeaturizer,
    StreamingEnhancer,
    WideResNetRegressor,
)
from skse.features import BaseFeaturizer


def union_of(first=256, mel=512, mfcc=128, **options):
    return FeaturizerUnion(
        [
            ("stft", STFTFeaturizer(first, 64, **options)),
            ("mel", MelFeaturizer(8000, mel, 64, n_mels=20)),
            ("mfcc", MFCCFeaturizer(8000, mfcc, 64, n_mels=20, n_mfcc=10)),
        ]
    )


@pytest.fixture
def waveforms(rng):
    return rng.uniform(-1, 1, (3, 3000)).astype(np.float32)


@pytest.mark.parametrize(
    "sizes", [(256, 256, 256), (512, 256, 128), (128, 256, 512), (256, 200, 300)]
)
def test_rows_are_those_of_each_featurizer(waveforms, sizes):
    """Of the waveform, or of the waveform later where the window is longer than the first."""
    union = union_of(*sizes)
    features = union.fit_transform(waveforms)
    assert features.dtype == np.float32
    begin = 0
    for _, featurizer in union.featurizers:
        late = max(featurizer.n_fft - sizes[0], 0) // 2
        delayed = np.pad(waveforms, [(0, 0), (late, 0)])
        expected = featurizer.fit_transform(delayed)[:, :, : features.shape[2]]
        rows = features[:, begin : begin + expected.shape[1]]
        begin += expected.shape[1]
        # Beyond the end the delayed waveform goes on where the frames of the first see no more.
        n_equal = (3000 - sizes[0]) // 64
        np.testing.assert_allclose(rows[..., :n_equal], expected[..., :n_equal], atol=2e-2)
        assert np.abs(rows - expected)[..., :n_equal].mean() < 1e-5
    assert begin == features.shape[1]
    assert union.carries_state == (max(sizes) > sizes[0])


def test_stft_is_that_of_the_first(waveforms):
    union, first = union_of(), STFTFeaturizer(256, 64)
    S = union.stft(waveforms)
    np.testing.assert_array_equal(S, first.stft(waveforms))
    np.testing.assert_allclose(union.istft(S, 3000), waveforms, atol=1e-6)
    assert (union.n_fft, union.hop_length, union.window) == (256, 64, "hann")
    assert union.n_frequencies == 129
    assert union_of(drop_nyquist=True).n_frequencies == 128
    assert union_of(drop_nyquist=True).fit_transform(waveforms).shape == (3, 158, 47)


def test_channels_become_rows(waveforms):
    noisy = ("posterior_snr", "prior_snr")
    union = union_of(scale="complex", noise_channels=noisy)
    features = union.fit_transform(waveforms)
    channels = STFTFeaturizer(256, 64, scale="complex", noise_channels=noisy).fit_transform(
        waveforms
    )
    assert features.shape == (3, 4 * 129 + 30, 47)
    for k in range(4):
        np.testing.assert_array_equal(features[:, 129 * k : 129 * (k + 1)], channels[..., k])
    assert union.carries_state
    assert FeaturizerUnion(union.featurizers[:1]).carries_state


@pytest.mark.parametrize("size", [1, 7, 100])
def test_pieces_and_recordings_abreast_change_nothing(waveforms, size):
    union = union_of(noise_channels=("noise",))
    S = union.stft(waveforms)
    whole, stream = union.compute(S), union.open_stream(3)
    pieces = [stream.push(S[..., i : i + size]) for i in range(0, S.shape[2], size)]
    np.testing.assert_allclose(np.concatenate(pieces, axis=2), whole, atol=1e-4)
    for i in range(3):
        np.testing.assert_allclose(union.features(S[i]), whole[i], atol=1e-4)


def test_a_union_in_a_union(waveforms):
    inner = FeaturizerUnion(union_of().featurizers[1:])
    outer = FeaturizerUnion([("stft", STFTFeaturizer(1024, 64)), ("rest", inner)])
    assert outer.fit_transform(waveforms).shape == (3, 513 + 30, 47)
    assert outer.sampling_rate == 8000
    assert FeaturizerUnion([("stft", STFTFeaturizer())]).sampling_rate is None


def test_parameters_of_the_parts(waveforms):
    union = union_of()
    assert union.get_params()["mel__n_mels"] == 20
    assert list(union.get_params(deep=False)) == ["featurizers"]
    other = clone(union).set_params(mel__n_mels=30, stft=STFTFeaturizer(256, 64, scale="complex"))
    assert other.fit_transform(waveforms).shape == (3, 2 * 129 + 40, 47)
    assert union.fit_transform(waveforms).shape == (3, 159, 47)
    again = pickle.loads(pickle.dumps(other))
    np.testing.assert_array_equal(again.transform(waveforms), other.transform(waveforms))


@pytest.mark.parametrize(
    ("featurizers", "message"),
    [
        (
            [("stft", STFTFeaturizer(256, 64)), ("mel", MelFeaturizer(8000, 512, 128))],
            r"FeaturizerUnion: 'mel' \(MelFeaturizer\) has hop_length=128, but 'stft' "
            r"\(STFTFeaturizer\) has hop_length=64, so that .*; give all the same hop_length, "
            "such as 64",
        ),
        (
            [("a", STFTFeaturizer(512, 256)), ("b", STFTFeaturizer(256, 128))],
            "'b' .* has hop_length=128, but 'a' .* has hop_length=256.* such as 128",
        ),
        (
            [("mel", MelFeaturizer(8000)), ("mfcc", MFCCFeaturizer(16000))],
            r"'mfcc' \(MFCCFeaturizer\) has sampling_rate=16000, but 'mel' .*=8000; give all",
        ),
        (
            [("a", STFTFeaturizer()), ("b", STFTFeaturizer(window="hamming"))],
            r"'b' \(STFTFeaturizer\) has a window of 256 samples that reaches where",
        ),
        ([("a", STFTFeaturizer()), ("b", STFTFeaturizer(n_fft=1))], "n_fft == 1"),
        ([("a", STFTFeaturizer()), ("a", STFTFeaturizer())], "not unique"),
        ([("a__b", STFTFeaturizer())], "must not contain __"),
        ([], r"featurizers=\[\] must be a list of names and featurizers, such as \[\('stft'"),
        ("stft", "featurizers='stft' must be a list of names"),
        ([STFTFeaturizer()], "must be a list of names and featurizers"),
        ([("a", Ridge())], "must be a list of names and featurizers"),
        ([("a", STFTFeaturizer)], "must be a list of names and featurizers"),
    ],
)
def test_parts_that_do_not_fit_together_are_named(waveforms, featurizers, message):
    for call in (
        lambda: FeaturizerUnion(featurizers).fit(waveforms),
        lambda: SpeechEnhancer(FeaturizerUnion(featurizers)).fit(waveforms, waveforms),
    ):
        with pytest.raises(ValueError, match=message):
            call()


class TestInAnEnhancer:
    @pytest.fixture
    def pairs(self, rng):
        times = np.arange(4000) / 8000
        clean = 0.3 * np.sin(2 * np.pi * (rng.uniform(300, 900, (4, 1)) * times + 300 * times**2))
        return clean + 0.1 * rng.standard_normal(clean.shape), clean

    def test_streams_and_is_saved(self, pairs, tmp_path):
        network = WideResNetRegressor((8,), n_blocks=1, causal=True, epochs=2, random_state=0)
        enhancer = SpeechEnhancer(
            union_of(), SpectrumTarget(), network, segment_frames=16, normalize_level=False
        ).fit(*pairs)
        whole = enhancer.predict(pairs[0])
        x = pairs[0][0]
        stream = StreamingEnhancer(enhancer)
        assert stream.latency_samples_ == 255
        blocks = [stream.process(x[i : i + 300]) for i in range(0, len(x), 300)]
        out = np.concatenate([*blocks, stream.flush()])[255:]
        np.testing.assert_allclose(out, whole[0], atol=1e-5)
        loaded = skse.load(skse.save(enhancer, tmp_path / "model.skse"))
        np.testing.assert_allclose(loaded.predict(pairs[0]), whole, atol=1e-5)
        assert repr(loaded) == repr(enhancer)

    def test_is_searched(self, pairs):
        enhancer = SpeechEnhancer(union_of(), SpectrumTarget(), Ridge(), context_frames=1)
        search = GridSearchCV(
            enhancer,
            {"featurizer__mel__n_mels": [5, 10], "featurizer__mel__n_fft": [128, 512]},
            cv=2,
        ).fit(*map(list, pairs))
        scores = search.cv_results_["mean_test_score"]
        assert np.isfinite(scores).all()
        assert len(set(scores)) == 4

    def test_another_sampling_rate_is_refused(self, pairs):
        with pytest.raises(ValueError, match=r"sampling_rate=16000.* FeaturizerUnion has .*=8000"):
            SpeechEnhancer(union_of(), sampling_rate=16000).fit(*pairs)


def test_a_featurizer_of_ones_own(waveforms):
    class Level(BaseFeaturizer):
        def __init__(self, n_fft=256, hop_length=64, window="hann"):
            self.n_fft = n_fft
            self.hop_length = hop_length
            self.window = window

        def compute(self, S):
            return np.abs(S).sum(axis=-2, keepdims=True).astype(np.float32)

    union = FeaturizerUnion([("stft", STFTFeaturizer(256, 64)), ("level", Level(128))])
    features = union.fit_transform(waveforms)
    np.testing.assert_allclose(features[:, 129:], Level(128).fit_transform(waveforms), rtol=1e-4)
