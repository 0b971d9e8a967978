"""Training on pairs as they are, and on what is mixed from them."""

import re
import warnings

import joblib
import numpy as np
import pytest
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skse import (
    FeatureScaler,
    IdealMaskTarget,
    MelFeaturizer,
    Remix,
    SignalApproximationTarget,
    SpectrumTarget,
    SpeechEnhancer,
    STFTFeaturizer,
    UNetRegressor,
    WaveformTarget,
)
from skse.enhancement._mixer import Mixer
from skse.metrics import snr_gain_score
from skse.networks import BaseNetworkRegressor


class BatchRecorder(BaseNetworkRegressor):
    """Takes batches as a network does; remembers what it was given."""

    def __init__(
        self,
        batch_size=4,
        early_stopping=False,
        random_state=0,
        validation_fraction=0.3,
        head=None,
    ):
        self.batch_size = batch_size
        self.early_stopping = early_stopping
        self.random_state = random_state
        self.validation_fraction = validation_fraction
        self.head = head

    def make_architecture(self):
        raise AssertionError("nothing is built")

    def fit(self, X, y, groups=None):
        raise AssertionError("a network is not to be fitted on rows that stay the same")

    def receptive_field(self):
        return None

    def fit_batches(self, make_batch, n_rows, validation_data=None):
        self.make_batch, self.n_rows, self.validation_data = make_batch, n_rows, validation_data
        return self


class RowRecorder(Ridge):
    def fit(self, X, y):
        self.X_, self.y_ = X, y
        return super().fit(X, y)


@pytest.fixture
def pairs(rng):
    """Eight ragged pairs; two of one sentence."""
    clean = [rng.standard_normal(8000 + 500 * i).astype(np.float32) for i in range(8)]
    clean[7] = clean[6].copy()
    noisy = [s + rng.standard_normal(len(s)).astype(np.float32) for s in clean]
    return noisy, clean


@pytest.fixture
def materials(monkeypatch):
    """Pairs that mixers were made of."""
    made = []
    original = Mixer.__init__

    def init(self, remix, noisy, clean, *n_times):
        made.append((list(noisy), list(clean)))
        original(self, remix, noisy, clean, *n_times)

    monkeypatch.setattr(Mixer, "__init__", init)
    return made


@pytest.mark.parametrize(
    "featurizer",
    [
        STFTFeaturizer(),
        STFTFeaturizer(n_fft=255, hop_length=80),
        STFTFeaturizer(noise_channels=("noise", "prior_snr")),
    ],
)
@pytest.mark.parametrize(
    "target",
    [
        IdealMaskTarget(),
        IdealMaskTarget("tbm"),
        IdealMaskTarget("cirm"),
        SpectrumTarget(),
        SignalApproximationTarget(),
        WaveformTarget(),
    ],
)
def test_rows_of_mixtures_are_those_of_the_pairs_they_are(pairs, featurizer, target, monkeypatch):
    """Mixtures, handed in as pairs, give the rows that they were trained on."""
    mixtures = []
    original = Mixer.mix

    def mix(self, n_mixtures, rng):
        mixtures.append(original(self, n_mixtures, rng))
        return mixtures[-1]

    monkeypatch.setattr(Mixer, "mix", mix)
    enhancer = SpeechEnhancer(featurizer, target, BatchRecorder(), segment_frames=16, remix=True)
    rows, targets = enhancer.fit(*pairs).regressor_.make_batch(3)
    assert rows.shape[:3] == targets.shape[:3] == (4, 1 + featurizer.n_fft // 2, 16)
    expected = enhancer.chain_.rows(*mixtures[-1])
    np.testing.assert_allclose(rows, expected[0], atol=1e-4)
    np.testing.assert_allclose(targets, expected[1], atol=1e-4)


def test_every_step_is_new_and_repeats_with_its_seed(pairs):
    def batches(**params):
        enhancer = SpeechEnhancer(
            regressor=BatchRecorder(**params), remix=True, segment_frames=16
        ).fit(*pairs)
        return [enhancer.regressor_.make_batch(step)[0] for step in (0, 1, 2, 0)]

    first = batches()
    np.testing.assert_array_equal(first[0], first[3])
    rows = np.concatenate(first[:3])
    assert len({row.tobytes() for row in rows}) == len(rows)
    np.testing.assert_array_equal(first[1], batches()[1])
    assert not np.array_equal(first[1], batches(random_state=1)[1])


def test_a_seed_of_its_own_comes_before_the_regressors(pairs):
    def batch(own, regressors):
        return (
            SpeechEnhancer(
                regressor=BatchRecorder(random_state=regressors), remix=Remix(random_state=own)
            )
            .fit(*pairs)
            .regressor_.make_batch(0)[0]
        )

    np.testing.assert_array_equal(batch(1, 0), batch(1, 2))
    np.testing.assert_array_equal(batch(None, 1), batch(1, 0))
    assert not np.array_equal(batch(1, 0), batch(2, 0))
    assert not np.array_equal(batch(None, None), batch(None, None))


def test_held_out_pairs_are_in_no_mixture_and_not_mixed(pairs, materials):
    noisy, clean = pairs
    enhancer = SpeechEnhancer(
        target=IdealMaskTarget("tbm"),
        regressor=BatchRecorder(early_stopping=True),
        segment_frames=16,
        remix=True,
    ).fit(noisy, clean)
    ((train_noisy, train_clean),) = materials
    trained_on = {s.tobytes() for s in train_clean}
    held_out = [i for i, s in enumerate(clean) if s.tobytes() not in trained_on]
    assert len(train_noisy) + len(held_out) == 8
    assert held_out  # sentence 6 is on one side with its repetition
    assert (6 in held_out) == (7 in held_out)
    expected = enhancer.chain_.rows(*([x[i] for i in held_out] for x in (noisy, clean)))
    for given, rows in zip(enhancer.regressor_.validation_data, expected, strict=False):
        np.testing.assert_array_equal(given, rows)
    # What the target learns, it learns without them too.
    without = SpeechEnhancer(target=IdealMaskTarget("tbm"), regressor=Ridge())
    without.fit(train_noisy, train_clean)
    np.testing.assert_array_equal(enhancer.target_.ltass_, without.target_.ltass_)


def test_without_early_stopping_all_pairs_are_mixed(pairs, materials):
    enhancer = SpeechEnhancer(regressor=BatchRecorder(), remix=True).fit(*pairs)
    assert len(materials[0][0]) == 8
    assert enhancer.regressor_.validation_data is None
    n_segments = sum(np.ceil((1 + np.ceil(len(x) / 128)) / 64) for x in pairs[0])
    assert enhancer.regressor_.n_rows == n_segments
    enhancer.set_params(remix=Remix(n_mixtures=5)).fit(*pairs)
    assert enhancer.regressor_.n_rows == 5


def test_other_regressors_get_the_mixtures_of_one_epoch(pairs):
    enhancer = SpeechEnhancer(
        MelFeaturizer(8000, n_mels=8),
        regressor=RowRecorder(),
        remix=Remix(n_mixtures=70, random_state=0),
        segment_frames=4,
        context_frames=1,
    ).fit(*pairs)
    assert enhancer.regressor_.X_.shape == (70 * 4, 8 * 3)
    assert enhancer.regressor_.y_.shape == (70 * 4, 129)
    assert len(np.unique(enhancer.regressor_.y_, axis=0)) == 280
    again = SpeechEnhancer(**enhancer.get_params(deep=False)).fit(*pairs)
    np.testing.assert_array_equal(again.regressor_.X_, enhancer.regressor_.X_)


def test_level_counts_where_it_is_not_normalized(pairs):
    def mean_feature(normalize_level, level_db):
        enhancer = SpeechEnhancer(
            STFTFeaturizer(scale="log"),
            regressor=BatchRecorder(batch_size=16),
            normalize_level=normalize_level,
            remix=Remix(level_db=(level_db, level_db)),
        ).fit(*pairs)
        return enhancer.regressor_.make_batch(0)[0].mean()

    assert mean_feature(True, -20) == pytest.approx(mean_feature(True, 0), abs=1e-4)
    lowered = mean_feature(False, 0) - mean_feature(False, -20)
    assert lowered == pytest.approx(np.log(10), abs=1e-3)


@pytest.mark.parametrize(
    ("gains", "median"),
    [
        ([1, 1, 1, 1, 1, 1, 50, 50], None),  # a mean of 22 dB
        ([10, 10, 10, 10, 10, 10, 1e-3, 1e-3], r"\+20\.0"),  # one of 17.5 dB
        ([0.1, 0.1, 0.1, 0.1, 0.1, 50, 50, 50], r"-20\.0"),
        ([2.05] * 8, r"\+6\.2"),
        ([-0.49] * 8, r"-6\.2"),  # polarity is another matter
        ([1.95, 1.95, 1.95, 1.95, 1 / 1.95, 1 / 1.95, -1, -1], None),
    ],
)
def test_warning_of_another_level_is_by_the_median(pairs, gains, median):
    clean = pairs[1]
    # No noise: the gain of the clean waveform in the noisy one is known.
    noisy = [np.float32(gain) * s for gain, s in zip(gains, clean, strict=True)]
    enhancer = SpeechEnhancer(regressor=Ridge())
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        enhancer.fit(noisy, clean)
    messages = [str(w.message) for w in seen if "contained in the noisy ones" in str(w.message)]
    assert len(messages) == (median is not None)
    if median is not None:
        assert re.search(rf"at {median} dB \(median\)", messages[0])


def test_digital_silence_says_nothing_of_the_level(pairs):
    """Pairs without speech count as of the right level, not as infinitely faint."""
    noisy, clean = pairs
    clean = [*clean[:3], *(0 * s for s in clean[3:])]
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        SpeechEnhancer(regressor=Ridge()).fit(noisy, clean)


@pytest.mark.parametrize("scaler", [FeatureScaler(), StandardScaler()])
def test_a_network_in_a_pipeline_is_refused(pairs, scaler):
    enhancer = SpeechEnhancer(regressor=make_pipeline(scaler, UNetRegressor()), remix=True)
    message = r"remix cannot train UNetRegressor inside a Pipeline.* Pass the network itself"
    with pytest.raises(ValueError, match=message):
        enhancer.fit(*pairs)
    SpeechEnhancer(regressor=make_pipeline(StandardScaler(), Ridge()), remix=True).fit(*pairs)


def test_one_frame_is_no_mixture(pairs):
    with pytest.raises(ValueError, match="segment_frames=1 frames; expected at least 2"):
        SpeechEnhancer(regressor=Ridge(), segment_frames=1, remix=True).fit(*pairs)


@pytest.mark.training
def test_a_network_learns_from_mixtures(rng, tmp_path):
    """Tones that glide, in white noise; the same seed gives the same network."""
    times = np.arange(8000) / 8000
    clean = np.sin(2 * np.pi * (rng.uniform(300, 900, (6, 1)) * times + 300 * times**2))
    noisy = clean + 0.5 * rng.standard_normal(clean.shape)
    network = UNetRegressor(
        filters=(4, 8), dilations=(1,), epochs=4, batch_size=8, early_stopping=True, random_state=0
    )
    remix = Remix(n_mixtures=80, babble=0)
    enhancer = SpeechEnhancer(regressor=network, segment_frames=32, remix=remix).fit(noisy, clean)
    enhanced = enhancer.predict(noisy)
    assert snr_gain_score(clean, enhanced, noisy).min() > 3
    assert len(enhancer.regressor_.history_["val_loss"]) == 4
    joblib.dump(enhancer, tmp_path / "model")
    np.testing.assert_array_equal(joblib.load(tmp_path / "model").predict(noisy), enhanced)
    np.testing.assert_array_equal(enhancer.fit(noisy, clean).predict(noisy), enhanced)


def test_mixtures_inside_a_search_are_refused():
    """They share their sentences: no folds of them are apart."""
    noisy = clean = np.ones((4, 4000), np.float32)
    for regressor in (Ridge(), make_pipeline(StandardScaler(), Ridge()), UNetRegressor()):
        search = GridSearchCV(regressor, {})
        for tried in (search, make_pipeline("passthrough", search)):
            with pytest.raises(ValueError, match="remix cannot train inside a GridSearchCV"):
                SpeechEnhancer(regressor=tried, remix=True).fit(noisy, clean)


def recorded(**options):
    return SpeechEnhancer(regressor=BatchRecorder(), segment_frames=16, **options)


class FitRecorder(BatchRecorder):
    def fit(self, X, y, groups=None):
        self.n_rows = len(X)
        return self


@pytest.mark.parametrize("remix", ["auto", True, Remix(n_mixtures=7)])
def test_a_network_is_trained_on_mixtures(pairs, remix):
    enhancer = recorded(remix=remix).fit(*pairs)
    assert type(enhancer.remix_) is Remix
    assert enhancer.regressor_.make_batch(0)[0].shape == (4, 129, 16)


def clipped(noisy, clean):
    return [np.clip(s, -1, 1) for s in clean], clean


def in_a_room(noisy, clean):
    rng = np.random.default_rng(0)
    tail = 0.3 * rng.standard_normal(800) * np.exp(-np.arange(800) / 100)
    tail[0] = 1
    return [np.convolve(s, tail)[: len(s)] for s in clean], clean


def without_noise(noisy, clean):
    return clean, clean


def without_speech(noisy, clean):
    return noisy, [0 * s for s in clean]


def noise_in_one_group(noisy, clean):
    return [noisy[0], *clean[1:]], clean


@pytest.mark.parametrize(
    "change", [clipped, in_a_room, without_noise, without_speech, noise_in_one_group]
)
def test_what_cannot_be_mixed_is_taken_as_it_is(pairs, change):
    """With noise in one group of many, it may be the one held out for validation."""
    noisy, clean = change(*pairs)
    enhancer = SpeechEnhancer(regressor=FitRecorder(early_stopping=True), segment_frames=16)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of another level
        enhancer.fit(noisy, clean)
    assert enhancer.remix_ is None
    assert enhancer.regressor_.n_rows > 8


@pytest.mark.parametrize(
    ("regressor", "segment_frames"),
    [(Ridge(), 64), (FitRecorder(), 15), (make_pipeline(StandardScaler(), Ridge()), 64)],
)
def test_auto_leaves_other_regressors_and_short_segments_alone(pairs, regressor, segment_frames):
    enhancer = SpeechEnhancer(regressor=regressor, segment_frames=segment_frames)
    assert enhancer.fit(*pairs).remix_ is None


@pytest.mark.parametrize("batch_size", [1, 3, 4])
def test_first_and_later_segments_are_learnt_from_alike(pairs, batch_size):
    """With noise channels a mixture has two segments: at the first, the noise is not known."""
    enhancer = SpeechEnhancer(
        STFTFeaturizer(noise_channels=["noise"]),
        regressor=BatchRecorder(batch_size=batch_size),
        segment_frames=32,
    ).fit(*pairs)
    rows = [enhancer.regressor_.make_batch(step)[0] for step in range(20)]
    assert {len(batch) for batch in rows} == {batch_size}
    known = np.concatenate(rows)[:, 20, 0, 1] > -8
    assert 0.35 < known.mean() < 0.65
