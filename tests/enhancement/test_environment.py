"""Recordings of the environment: what is taken of them, on which way, and what is refused."""

from copy import copy

import numpy as np
import pytest
from joblib import dump, load
from sklearn import config_context
from sklearn.base import clone
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV, cross_validate
from sklearn.pipeline import make_pipeline

import skse
from skse import (
    FeatureScaler,
    NoiseEmbeddingRegressor,
    Remix,
    SpeechEnhancer,
    STFTFeaturizer,
    StreamingEnhancer,
    UNetRegressor,
)
from skse.enhancement._environment import (
    Stretches,
    frames_within,
    quietest,
    samples_of,
    with_environment,
)
from skse.metrics import si_sdr_scorer, snr_gain_scorer
from skse.utils import WaveformHandle

SECONDS = 0.5
SMALL = {
    "filters": (4, 4),
    "strides": (2, 2),
    "embedding_filters": (4,),
    "embedding_strides": ((2, 2),),
    "position_units": 3,
    "epochs": 1,
    "batch_size": 4,
    "random_state": 0,
}


def make_enhancer(regressor, **parameters):
    given = {"sampling_rate": 8000, "environment_seconds": SECONDS, "segment_frames": 16}
    return SpeechEnhancer(regressor=regressor, **{**given, "remix": False, **parameters})


@pytest.mark.parametrize("n_fft", [256, 255, 100])
def test_frames_and_samples_are_each_others_inverse(n_fft):
    featurizer = STFTFeaturizer(n_fft, n_fft // 3)
    for n_frames in (1, 2, 30):
        n_times = samples_of(featurizer, n_frames)
        assert frames_within(featurizer, n_times) == n_frames
        assert frames_within(featurizer, n_times - 1) == n_frames - 1
    assert samples_of(featurizer, 0) == frames_within(featurizer, 5) == 0


@pytest.mark.parametrize("n_fft", [256, 255])
def test_all_windows_lie_in_the_environment(n_fft, told, in_noises):
    """What surrounds it has no part in its frames: they are those of a longer recording."""
    noisy, clean, environment = in_noises
    chain = make_enhancer(told, featurizer=STFTFeaturizer(n_fft, 80), environment="auto")
    chain = chain.make_chain().fit(noisy, clean)
    n = chain.environment_samples
    seen = chain.environment_inputs(environment[0][1600 : 1600 + n], 2.0)
    frames = chain.inputs(chain.featurizer.stft(2 * environment[0]))
    begin = 20 + (n_fft // 2 + 80) // 80
    np.testing.assert_allclose(seen, frames[:, begin : begin + seen.shape[1]], atol=1e-3)
    assert n <= SECONDS * 8000 < n + 80


def test_quietest_stretch_is_found_by_slices(rng):
    x = rng.standard_normal(200000).astype(np.float32)
    x[130000:134000] *= 0.1
    assert quietest(x, 4000) == 130000
    assert quietest(x, 3200) in range(130000, 130801)
    x[:8000] = 0  # digital silence is no environment
    assert quietest(x, 4000) == 130000
    assert quietest(np.zeros(9000, np.float32), 4000) == 0
    assert quietest(x[:100], 4000) == 0


def test_a_shorter_recording_is_repeated(rng):
    x = rng.standard_normal(300).astype(np.float32)
    for source in ("auto", "start"):
        stretch = Stretches([x], source, 700)[0]
        np.testing.assert_array_equal(stretch, np.concatenate([x, x, x[:100]]))
    assert len(Stretches([x, x], "auto", 700)) == 2


def test_rows_begin_with_the_environment(rng):
    rows, environment = rng.random((3, 5, 8, 2)), rng.random((5, 4, 2))
    got = with_environment(rows, environment)
    np.testing.assert_array_equal(got[:, :, 4:], rows)
    for row in got:
        np.testing.assert_array_equal(row[:, :4], environment)
    assert with_environment(rows, None) is rows


@pytest.mark.parametrize("source", ["given", "start", "auto"])
def test_training_rows_hold_the_environment_of_their_pair(source, told, in_noises):
    noisy, clean, environment = in_noises
    if source == "given":
        enhancer, given = make_enhancer(told), {"environment": environment}
        stretches = environment
    else:
        enhancer, given = make_enhancer(told, environment=source), {}
        begins = [0 if source == "start" else quietest(x, 3968) for x in noisy]
        stretches = [x[i:] for x, i in zip(noisy, begins, strict=True)]
    enhancer.fit(noisy, clean, **given)
    chain, rows = enhancer.chain_, enhancer.regressor_.X_
    assert chain.environment_samples == 3968
    n_frames, begin = chain.environment_frames, 0
    plain = make_enhancer(Ridge()).make_chain()
    for x, s, e in zip(noisy, clean, stretches, strict=True):
        _, _, (count,) = chain.rows([x], [s], environments=[e[:3968]])
        own = chain.environment_inputs(e[:3968], chain.gain(x))
        for row in rows[begin : begin + count]:
            np.testing.assert_array_equal(row[:, :n_frames], own)
            assert row.shape[1] == n_frames + 16
        begin += count
    assert begin == len(rows)
    assert plain.environment_frames == 0


def test_prediction_hears_the_environment_it_is_given(told, in_noises):
    noisy, clean, environment = in_noises
    enhancer = make_enhancer(told).fit(noisy, clean, environment=environment)
    enhanced = enhancer.predict(noisy, environment=environment)
    for i, x in enumerate(noisy):
        chain = enhancer.chain_
        gain = chain.gain(x)
        level = chain.environment_inputs(environment[i][:3968], gain).mean(axis=1, keepdims=True)
        stft = chain.featurizer.stft(np.pad(gain * x, (0, -len(x) % 128)))
        mask = 1 / (1 + np.exp(level))
        expected = chain.featurizer.istft(mask * stft, len(x)) / gain
        np.testing.assert_allclose(enhanced[i][:-300], expected[:-300], atol=1e-4)
    alone = enhancer.predict(noisy[2:3], environment=environment[2:3])[0]
    np.testing.assert_allclose(alone, enhanced[2], atol=1e-6)
    one_for_all = enhancer.predict(noisy, environment=environment[2])
    np.testing.assert_allclose(one_for_all[2], enhanced[2], atol=1e-6)
    assert np.abs(one_for_all[1] - enhanced[1]).max() > 1e-3
    assert enhancer.score(noisy, clean, environment) == si_sdr_scorer(
        enhancer, noisy, clean, environment=environment
    )


@pytest.mark.parametrize("segment_overlap", [0.0, 0.25])
def test_long_recordings_have_one_environment_throughout(
    segment_overlap, told, in_noises, monkeypatch
):
    noisy, clean, environment = in_noises
    enhancer = make_enhancer(told, segment_overlap=segment_overlap)
    enhancer.fit(noisy, clean, environment=environment)
    whole = enhancer.predict(noisy, environment=environment)
    monkeypatch.setattr(skse.enhancement.Chain, "_frames_at_once", 20)
    for a, b in zip(whole, enhancer.predict(noisy, environment=environment), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-5)


@pytest.mark.parametrize("fitted_with", ["auto", None])
def test_recordings_passed_come_before_the_parameter(fitted_with, told, in_noises):
    noisy, clean, environment = in_noises
    enhancer = make_enhancer(told, environment=fitted_with)
    enhancer.fit(noisy, clean, environment=environment)
    by_hand = enhancer.predict(noisy, environment=environment)
    enhancer.set_params(environment="start")
    start = enhancer.predict(noisy)
    expected = enhancer.predict(noisy, environment=noisy)
    for a, b, c in zip(start, expected, by_hand, strict=True):
        np.testing.assert_array_equal(a, b)
        assert np.abs(a - c).max() > 1e-4


def test_mixtures_come_with_noise_of_their_own(told, in_noises):
    """Rows are those of what the mixer gives, and begin with what it says was before."""
    noisy, clean, _ = in_noises
    enhancer = make_enhancer(told, environment="auto", remix=Remix(n_mixtures=12, random_state=0))
    enhancer.fit(noisy, clean)
    rows, chain = enhancer.regressor_.X_, enhancer.chain_
    assert rows.shape == (12, 129, chain.environment_frames + 16)
    from skse.enhancement._mixer import Mixer

    mixer = Mixer(enhancer.remix_, noisy, clean, 15 * 128, chain.environment_samples)
    seed = int(np.random.RandomState(0).randint(2**31 - 1))
    *pair, before = mixer.mix(12, np.random.default_rng([seed, 0]))
    expected, targets = chain.mixture_rows(*pair, before)
    np.testing.assert_array_equal(rows, expected)
    assert targets.shape == (12, 129, 16)
    for row, x, e in zip(rows, pair[0], before, strict=True):
        own = chain.environment_inputs(e, chain.gain(x))
        np.testing.assert_allclose(row[:, : chain.environment_frames], own, atol=1e-3)


@pytest.mark.parametrize("target", [skse.SignalApproximationTarget(), skse.IdealMaskTarget()])
@pytest.mark.parametrize("scaled", [False, True])
def test_streams_give_what_predict_gives(target, scaled, in_noises):
    noisy, clean, environment = in_noises
    network = NoiseEmbeddingRegressor(**SMALL)
    regressor = make_pipeline(FeatureScaler(), network) if scaled else network
    enhancer = make_enhancer(regressor, target=target, normalize_level=False)
    enhancer.fit(noisy, clean, environment=environment)
    stream = StreamingEnhancer(enhancer, environment=environment[1])
    for _ in range(2):  # flush begins another one in the same environment
        blocks = [stream.process(block) for block in np.array_split(noisy[1], 7)]
        got = np.concatenate([*blocks, stream.flush()])[stream.latency_samples_ :]
        expected = enhancer.predict(noisy[1:2], environment=environment[1:2])[0]
        np.testing.assert_allclose(got, expected, atol=1e-4)


def test_streams_of_rows_begin_with_the_environment(told, in_noises):
    """Of a regressor that has no form for single frames."""
    noisy, clean, environment = in_noises
    enhancer = make_enhancer(told, environment="auto").fit(noisy, clean)
    level = float(np.sqrt(np.mean(noisy[0] ** 2)))
    stream = StreamingEnhancer(enhancer, level=level, environment=environment[0])
    got = np.concatenate([stream.process(noisy[0]), stream.flush()])[stream.latency_samples_ :]
    expected = enhancer.predict(noisy[:1], environment=environment[:1])[0]
    np.testing.assert_allclose(got, expected, atol=1e-5)
    with pytest.raises(ValueError, match=r"Pass a recording of it, of 3968 samples"):
        StreamingEnhancer(enhancer, level=level)
    plain = make_enhancer(Ridge(), normalize_level=False).fit(noisy, clean)
    with pytest.raises(ValueError, match="fitted without an environment"):
        StreamingEnhancer(plain, environment=environment[0])
    classical = skse.LogMMSE(sampling_rate=8000).fit(noisy)
    with pytest.raises(ValueError, match="environment is of no use to LogMMSE"):
        StreamingEnhancer(classical, environment=environment[0])


def test_saved_and_loaded_and_cloned(tmp_path, in_noises):
    noisy, clean, environment = in_noises
    enhancer = make_enhancer(NoiseEmbeddingRegressor(**SMALL), environment="auto", remix="auto")
    enhancer.fit(noisy, clean, environment=environment)
    expected = enhancer.predict(noisy, environment=environment)
    skse.save(enhancer, tmp_path / "model.skse")
    dump(enhancer, tmp_path / "model.joblib")
    for again in (skse.load(tmp_path / "model.skse"), load(tmp_path / "model.joblib")):
        for a, b in zip(again.predict(noisy, environment=environment), expected, strict=True):
            np.testing.assert_allclose(a, b, atol=1e-6)
    fresh = clone(enhancer).fit(noisy, clean, environment=environment)
    for a, b in zip(fresh.predict(noisy, environment=environment), expected, strict=True):
        np.testing.assert_array_equal(a, b)
    stream = StreamingEnhancer(
        skse.load(tmp_path / "model.skse"), level=0.2, environment=environment[0]
    )
    assert stream.process(noisy[0]).shape == noisy[0].shape


def test_enhancers_of_before_there_was_an_environment(in_noises):
    noisy, clean, _ = in_noises
    enhancer = make_enhancer(Ridge()).fit(noisy, clean)
    state = dict(enhancer.__getstate__())
    del state["environment"], state["environment_seconds"]
    state["chain_"] = copy(enhancer.chain_)
    del vars(state["chain_"])["environment_frames"]
    old = SpeechEnhancer.__new__(SpeechEnhancer)
    old.__setstate__(state)
    assert (old.environment, old.environment_seconds) == (None, 1.0)
    for a, b in zip(old.predict(noisy), enhancer.predict(noisy), strict=True):
        np.testing.assert_array_equal(a, b)


def test_metadata_is_routed(told, in_noises):
    noisy, clean, environment = (np.array(x, dtype=object) for x in in_noises)
    with config_context(enable_metadata_routing=True):
        asks = {"environment": True}
        enhancer = make_enhancer(told).set_fit_request(**asks).set_predict_request(**asks)
        enhancer.set_score_request(**asks)
        pipeline = make_pipeline(enhancer).fit(noisy, clean, environment=environment)
        assert len(pipeline.predict(noisy, environment=environment)) == 4
        scorer = snr_gain_scorer.set_score_request(environment=True)
        for scoring in (None, scorer, {"gain": scorer}):
            scores = cross_validate(
                enhancer, noisy, clean, params={"environment": environment}, cv=2, scoring=scoring
            )
            assert np.isfinite(
                scores["test_gain" if isinstance(scoring, dict) else "test_score"]
            ).all()
        grid = {"regressor__shift": [0.0, 5.0]}
        search = GridSearchCV(enhancer, grid, scoring=scorer, cv=2)
        search.fit(noisy, clean, environment=environment)
        best = search.best_estimator_  # a search hands nothing on to predict
        assert len(best.predict(noisy, environment=environment)) == 4
    assert snr_gain_scorer.requests == {}


class Recording(WaveformHandle):
    """A recording that knows its sampling rate."""

    def __init__(self, x, sampling_rate):
        self.x, self.sampling_rate = x, sampling_rate

    def __len__(self):
        return len(self.x)

    def read(self, start=0, stop=None):
        return self.x[start:stop]


def test_handles_are_taken_and_another_rate_is_refused(told, in_noises):
    noisy, clean, environment = in_noises
    enhancer = make_enhancer(told, environment="auto").fit(noisy, clean)
    expected = enhancer.predict(noisy, environment=environment)
    handles = [Recording(x, 8000) for x in environment]
    for a, b in zip(enhancer.predict(noisy, environment=handles), expected, strict=True):
        np.testing.assert_array_equal(a, b)
    found = enhancer.predict([Recording(x, 8000) for x in noisy])
    for a, b in zip(found, enhancer.predict(noisy), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-6)
    with pytest.raises(ValueError, match="sampling_rate=8000, but environment has 16000 Hz"):
        enhancer.predict(noisy, environment=[Recording(x, 16000) for x in environment])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda e: e[:3], "environment holds 3 recordings, but there are 4 noisy waveforms"),
        (
            lambda e: [*e[:3], e[3][:2000]],
            r"environment\[3\] has 2000 samples, but 3968 are",
        ),
        (lambda e: [e[0], 0 * e[1], *e[2:]], r"environment\[1\] is silent for its first 3968"),
        (lambda e: [e[0] * np.nan, *e[1:]], r"environment\[0\] contains NaN"),
        (lambda e: 3, "environment must be a 2-D array"),
    ],
)
def test_odd_environments_are_refused(change, message, told, in_noises):
    noisy, clean, environment = in_noises
    odd = change(environment)
    with pytest.raises(ValueError, match=message):
        make_enhancer(told).fit(noisy, clean, environment=odd)
    enhancer = make_enhancer(told).fit(noisy, clean, environment=environment)
    with pytest.raises(ValueError, match=message):
        enhancer.predict(noisy, environment=odd)


@pytest.mark.parametrize(
    ("regressor", "parameters", "message"),
    [
        (UNetRegressor(), {"environment": "auto"}, "environment='auto', but UNetRegressor has no"),
        (Ridge(), {"environment": "start"}, "Ridge has no place for a recording of the environ"),
        (NoiseEmbeddingRegressor(), {}, "NoiseEmbeddingRegressor is made to be told of the env"),
        (
            skse.NetworkRegressor(skse.networks.NoiseEmbedding()),
            {},
            "NetworkRegressor is made to be told",
        ),
        (NoiseEmbeddingRegressor(), {"environment": "end"}, "environment='end' is not allowed"),
        (
            NoiseEmbeddingRegressor(),
            {"environment": "auto", "sampling_rate": None},
            "no number of samples without a sampling rate",
        ),
        (
            NoiseEmbeddingRegressor(),
            {"environment": "auto", "environment_seconds": 0.01},
            "environment_seconds=0.01 is too short for a frame of STFTFeaturizer; .* 0.032 s",
        ),
        (NoiseEmbeddingRegressor(), {"environment_seconds": 0}, "environment_seconds == 0, must"),
    ],
)
def test_what_does_not_fit_together_is_refused_before_training(
    regressor, parameters, message, in_noises
):
    enhancer = make_enhancer(regressor, **parameters)
    with pytest.raises(ValueError, match=message):
        enhancer.make_chain()
    with pytest.raises(ValueError, match=message):
        enhancer.fit(*in_noises[:2])


def test_what_is_fitted_says_what_it_needs(told, in_noises):
    noisy, clean, environment = in_noises
    with pytest.raises(ValueError, match="fit got environment, but UNetRegressor has no place"):
        make_enhancer(UNetRegressor()).fit(noisy, clean, environment=environment)
    enhancer = make_enhancer(told).fit(noisy, clean, environment=environment)
    with pytest.raises(ValueError, match="needs one for each noisy waveform"):
        enhancer.predict(noisy)
    plain = make_enhancer(Ridge()).fit(noisy, clean)
    with pytest.raises(ValueError, match="was fitted without an environment"):
        plain.predict(noisy, environment=environment)


def test_network_without_embedding_needs_none_and_ignores_one(in_noises):
    noisy, clean, environment = in_noises
    network = NoiseEmbeddingRegressor(embedding=None, **SMALL)
    make_enhancer(network).make_chain()
    enhancer = make_enhancer(network).fit(noisy, clean, environment=environment)
    one, other = (
        enhancer.predict(noisy, environment=given) for given in (environment, environment[::-1])
    )
    for a, b in zip(one, other, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-6)


def test_training_goes_on_in_the_same_environment(in_noises):
    noisy, clean, environment = in_noises
    enhancer = make_enhancer(NoiseEmbeddingRegressor(**SMALL))
    enhancer.partial_fit(noisy, clean, environment=environment)
    enhancer.partial_fit(noisy, clean, environment=environment)
    assert enhancer.n_utterances_ == 8
    assert enhancer.regressor_.n_iter_ == 2
    with pytest.raises(ValueError, match="needs one for each noisy waveform"):
        enhancer.partial_fit(noisy, clean)
    longer = clone(enhancer).set_params(environment="auto")
    longer.fit(noisy, clean).set_params(regressor__warm_start=True, environment_seconds=0.3)
    with pytest.raises(ValueError, match="the last fit had environment_frames=30"):
        longer.fit(noisy, clean)


def test_export_says_how_many_frames(tmp_path, in_noises):
    import json

    noisy, clean, environment = in_noises
    enhancer = make_enhancer(NoiseEmbeddingRegressor(**SMALL))
    enhancer.fit(noisy, clean, environment=environment)
    enhancer.export(tmp_path / "network.onnx")
    described = json.loads((tmp_path / "network.json").read_text())
    assert described["environment_frames"] == enhancer.chain_.environment_frames == 30
    with pytest.raises(ValueError, match=r'environment has nothing.* Use format="onnx"'):
        enhancer.export(tmp_path / "steps.onnx", format="onnx-steps")
