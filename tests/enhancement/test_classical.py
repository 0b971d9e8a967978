"""What all classical enhancers share, and spectral subtraction."""

import pickle

import numpy as np
import pytest
import soundfile
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV

from skse import IdentityEnhancer, LogMMSE, SpectralSubtraction, WienerFilter
from skse.datasets import AudioFile
from skse.metrics import si_sdr_score, snr_gain_score, snr_gain_scorer, snr_score

RATE = 8000
GAIN_ENHANCERS = [
    SpectralSubtraction(RATE, min_duration=0),
    SpectralSubtraction(sampling_rate=RATE, exponent=1.0, noise="start"),
    WienerFilter(RATE, min_duration=0),
    LogMMSE(RATE, min_duration=0),
]
ENHANCERS = [IdentityEnhancer(sampling_rate=RATE), *GAIN_ENHANCERS]


def _id(estimator):
    return f"{type(estimator).__name__}-{getattr(estimator, 'exponent', '')}".rstrip("-")


@pytest.fixture
def pairs(rng):
    """Return bursts of a tone complex after 0.2 s of noise alone, at about 5 dB."""
    times = np.arange(RATE) / RATE
    clean = []
    for pitch in (110, 150, 210):
        tone = sum(np.sin(2 * np.pi * pitch * k * times) / k for k in range(1, 12))
        clean.append(0.1 * tone * (np.sin(2 * np.pi * 2 * times) > 0) * (times > 0.2))
    clean = np.array(clean)
    noise = rng.standard_normal(clean.shape)
    noise *= np.sqrt((clean**2).sum() / (noise**2).sum() / 10**0.5)
    return (clean + noise).astype(np.float32), clean.astype(np.float32)


def test_identity_returns_a_copy(pairs):
    noisy, clean = pairs
    enhancer = IdentityEnhancer().fit(noisy, clean)
    enhanced = enhancer.predict(noisy)
    np.testing.assert_array_equal(enhanced, noisy)
    assert not np.shares_memory(enhanced, noisy)
    in_list = enhancer.predict([noisy[0], noisy[1][:99]])
    assert not np.shares_memory(in_list[0], noisy)
    assert enhancer.score(noisy, clean) == si_sdr_score(clean, noisy).mean()


@pytest.mark.parametrize("enhancer", GAIN_ENHANCERS, ids=_id)
def test_stationary_noise_is_reduced(enhancer, pairs):
    noisy, clean = pairs
    enhanced = clone(enhancer).fit(noisy, clean).predict(noisy)
    assert (snr_gain_score(clean, enhanced, noisy) > 3).all()
    pause = slice(400, 1400)
    reduction_db = -snr_score(noisy[:, pause], noisy[:, pause] - enhanced[:, pause])
    assert (reduction_db < -10).all()


@pytest.mark.parametrize("enhancer", GAIN_ENHANCERS, ids=_id)
def test_an_utterance_is_enhanced_as_if_alone(enhancer, pairs, monkeypatch):
    """Neither its companions nor the borders of blocks and batches matter."""
    monkeypatch.setattr("skse.enhancement._recursion._BLOCK", 7)
    monkeypatch.setattr("skse.enhancement._recursion._UNITS", 2 * 7 * 129)
    noisy, _ = pairs
    noisy = [*noisy, noisy[0][:1], noisy[1][:700], noisy[2][:4321]]
    together = clone(enhancer).fit(noisy).predict(noisy)
    monkeypatch.undo()
    for x, out in zip(noisy, together, strict=True):
        alone = clone(enhancer).fit([x]).predict([x])[0]
        assert len(out) == len(x)
        np.testing.assert_allclose(out, alone, atol=1e-5 * np.abs(x).max())


@pytest.mark.parametrize("enhancer", ENHANCERS, ids=_id)
def test_odd_waveforms_stay_finite_and_quiet(enhancer, pairs):
    click = np.zeros(3000, np.float32)
    click[1500] = 1
    waveforms = [
        np.zeros(3000, np.float32),
        np.ones(1, np.float32),
        np.full(3000, 0.5, np.float32),
        np.clip(20 * pairs[0][0], -1, 1),
        pairs[0][0] + 0.5,
        np.concatenate([np.zeros(6000, np.float32), pairs[0][0], np.zeros(6000, np.float32)]),
        click,
        pairs[0][0][:100],
    ]
    with np.errstate(all="raise", under="ignore"):
        enhanced = clone(enhancer).fit(waveforms).predict(waveforms)
    for x, out in zip(waveforms, enhanced, strict=True):
        assert out.shape == x.shape
        assert out.dtype == np.float32
        assert np.isfinite(out).all()
        assert np.abs(out).max() <= 1.5 * np.abs(x).max()


@pytest.mark.parametrize("enhancer", ENHANCERS, ids=_id)
@pytest.mark.parametrize("factor", [1e-12, 0.3, 2.0, 20.0])
def test_scaling_the_input_scales_the_output(enhancer, factor, pairs):
    noisy, _ = pairs
    enhancer = clone(enhancer).fit(noisy)
    once, scaled = enhancer.predict(noisy), enhancer.predict(np.float32(factor) * noisy)
    np.testing.assert_allclose(scaled / np.float32(factor), once, atol=1e-5 * np.abs(once).max())


@pytest.mark.parametrize("enhancer", GAIN_ENHANCERS, ids=_id)
def test_leading_digital_silence_is_not_taken_for_the_noise(enhancer, pairs):
    noisy, clean = pairs
    silence = np.zeros((3, 1000), np.float32)
    enhancer = clone(enhancer).fit(noisy)
    without = snr_gain_score(clean, enhancer.predict(noisy), noisy)
    noisy, clean = np.hstack([silence, noisy]), np.hstack([silence, clean])
    gain = snr_gain_score(clean, enhancer.predict(noisy), noisy)
    np.testing.assert_allclose(gain, without, atol=0.5)


@pytest.mark.parametrize("enhancer", GAIN_ENHANCERS, ids=_id)
def test_digital_silence_in_between_leaves_the_noise_alone(enhancer, pairs):
    noisy, _ = pairs
    pause, gap = noisy[:, :1500], np.zeros((3, 20000), np.float32)
    enhanced = clone(enhancer).fit(noisy).predict(np.hstack([pause, gap, pause]))
    before, after = enhanced[:, 300:1200], enhanced[:, -1200:-300]
    assert np.std(after) < 1.5 * np.std(before)


@pytest.mark.parametrize("enhancer", GAIN_ENHANCERS, ids=_id)
def test_strength_blends(enhancer, pairs):
    noisy, _ = pairs
    enhancer = clone(enhancer).fit(noisy)
    full = enhancer.predict(noisy)
    np.testing.assert_allclose(enhancer.set_params(strength=0).predict(noisy), noisy, atol=1e-6)
    half = enhancer.set_params(strength=0.5).predict(noisy)
    np.testing.assert_allclose(half, (full + noisy) / 2, atol=1e-6)


@pytest.mark.parametrize("enhancer", GAIN_ENHANCERS, ids=_id)
def test_mask_floor_limits_the_attenuation(enhancer, pairs):
    noisy, _ = pairs
    enhancer = clone(enhancer).set_params(mask_floor_db=-6.0).fit(noisy)
    noise_alone = noisy[:, :1400]
    ratio = np.std(enhancer.predict(noisy)[:, :1400]) / np.std(noise_alone)
    assert 10 ** (-6.1 / 20) < ratio < 10 ** (-4 / 20)
    enhancer.set_params(mask_floor_db=0)
    np.testing.assert_allclose(enhancer.predict(noisy), noisy, atol=1e-6)


@pytest.mark.parametrize("make", [SpectralSubtraction, WienerFilter, LogMMSE])
def test_what_is_shorter_than_a_second_comes_back_as_it_is(make, rng, recwarn):
    """Noise, which would be taken away if it were not as short as a word."""
    noise = [0.1 * rng.standard_normal(n).astype(np.float32) for n in (1, 7999, 8000, 400, 16000)]
    for rate, n_fft in ((8000, 512), (None, 256)):
        enhancer = make(rate, n_fft=n_fft, hop_length=64).fit(noise)
        with pytest.warns(UserWarning, match=r"3 of 5 recordings are .* min_duration=1.0 s") as all:
            enhanced = enhancer.predict(noise)
        assert all[0].filename == __file__
        for x, y, is_left in zip(noise, enhanced, [True, True, False, True, False], strict=True):
            assert np.array_equal(x, y) if is_left else np.std(y) < 0.5 * np.std(x)
            assert y is not x
    assert make(16000).leaves_alone(15999)
    assert not make(44100, min_duration=1.1).leaves_alone(48510)
    assert make(n_fft=512).leaves_alone(15999)
    for never in ({"min_duration": 0}, {"noise": "start"}, {"min_duration": 0.9}):
        enhancer = make(8000, **never).fit(noise)
        assert np.std(enhancer.predict(noise[1:2])) < 0.6 * np.std(noise[1])
    assert not recwarn


def test_a_second_is_one_of_the_rate_that_is_known(write, rng):
    noise = (0.1 * rng.standard_normal(10_000)).astype(np.float32)  # 0.63 s at 16 kHz
    unknown = WienerFilter().fit([noise])
    assert np.std(unknown.predict([noise])[0]) < 0.5 * np.std(noise)
    handle = AudioFile(write("a.wav", noise, 16000, subtype="FLOAT"))
    with pytest.warns(UserWarning, match="1 of 1 recordings"):
        assert np.array_equal(unknown.predict([noise], sampling_rate=16000)[0], noise)
    with pytest.warns(UserWarning, match="1 of 1 recordings"):
        assert np.array_equal(unknown.predict([handle])[0], noise)
    fitted = WienerFilter(16000).fit([noise]).set_params(sampling_rate=None)
    with pytest.warns(UserWarning, match="1 of 1 recordings"):
        assert np.array_equal(fitted.predict([noise])[0], noise)
    assert unknown.sampling_rate is None


@pytest.mark.parametrize("make", [SpectralSubtraction, WienerFilter, LogMMSE])
def test_a_pickle_from_before_there_was_a_shortest_recording(make, pairs):
    noisy = [x[:4000] for x in pairs[0]]
    old = make(RATE, min_duration=0).fit(noisy)
    expected = old.predict(noisy)
    del old.min_duration
    loaded = pickle.loads(pickle.dumps(old))
    assert (loaded.noise, loaded.min_duration) == ("tracked", 0)
    np.testing.assert_array_equal(loaded.predict(noisy), expected)
    assert pickle.loads(pickle.dumps(make())).min_duration == 1


@pytest.mark.parametrize("make", [SpectralSubtraction, WienerFilter, LogMMSE])
def test_a_pickle_from_before_there_was_noise_keeps_its_rule(make, pairs):
    noisy, _ = pairs
    old = make(RATE, noise="start").fit(noisy)
    expected = old.predict(noisy)
    del old.noise
    loaded = pickle.loads(pickle.dumps(old))
    assert loaded.noise == "start"
    np.testing.assert_array_equal(loaded.predict(noisy), expected)
    assert make().noise == clone(make()).noise == pickle.loads(pickle.dumps(make())).noise
    assert make().noise == "tracked"


def test_spectral_subtraction_with_known_noise(rng):
    """White noise of known power: what is left is max(|Y|² - factor |N|², floor |N|²)."""
    power = rng.uniform(0, 30, (4, 65)).astype(np.float32)
    power[0] /= 30  # noise alone
    noise = np.ones((4, 65), np.float32)
    estimator = SpectralSubtraction(noise="start", noise_smoothing=0.5, over_subtraction=3.0)
    state = estimator.start(noise.copy())
    gain = estimator.step(power, state)
    snr_db = 10 * np.log10(power.mean(1))
    factor = (3 - 0.1 * np.clip(snr_db, -5, 20))[:, None]
    left = np.minimum(np.maximum(power - factor, 10**-2.7), power)
    np.testing.assert_allclose(gain, np.sqrt(left / power), rtol=1e-4)
    np.testing.assert_allclose(state["noise"][0], (1 + power[0]) / 2, rtol=1e-6)
    np.testing.assert_array_equal(state["noise"][1:], noise[1:])


@pytest.mark.parametrize("enhancer", ENHANCERS, ids=_id)
def test_container_and_level_of_integers(enhancer, pairs):
    noisy, _ = pairs
    enhancer = clone(enhancer).fit(noisy)
    expected = enhancer.predict(noisy)
    assert isinstance(enhancer.predict(tuple(noisy)), tuple)
    pcm = np.round(noisy * 32768).astype(np.int16)
    np.testing.assert_allclose(enhancer.predict(list(pcm))[1], expected[1], atol=1e-3)


@pytest.mark.parametrize("enhancer", ENHANCERS, ids=_id)
def test_bad_waveforms(enhancer, pairs):
    noisy, clean = pairs
    enhancer = clone(enhancer)
    with pytest.raises(NotFittedError):
        enhancer.predict(noisy)
    with pytest.raises(ValueError, match=r"X\[0\] and y\[0\] must be equally long"):
        enhancer.fit(noisy, clean[:, 1:])
    with pytest.raises(ValueError, match="same number of waveforms; got 3 and 2"):
        enhancer.fit(noisy, list(clean[:2]))
    for stereo in (noisy[:2], noisy[:2].T):
        with pytest.raises(ValueError, match="stereo recording; expected mono"):
            enhancer.fit(stereo)
    enhancer.fit(noisy, clean)
    with pytest.raises(ValueError, match="stereo recording; expected mono"):
        enhancer.predict(np.ones((2, 999)))
    assert enhancer.predict(noisy[:2]).shape == (2, RATE)
    broken = [noisy[0], np.where(np.arange(RATE) == 9, np.inf, noisy[1])]
    with pytest.raises(ValueError, match=r"X\[1\] contains inf.* first at sample 9"):
        enhancer.predict(broken)


@pytest.mark.parametrize("enhancer", ENHANCERS, ids=_id)
def test_another_sampling_rate_is_refused(enhancer, pairs):
    noisy, _ = pairs
    enhancer = clone(enhancer).fit(noisy)
    enhancer.predict(noisy, sampling_rate=8000.0)
    message = "fitted with sampling_rate=8000, but X is said to have 16000 Hz"
    with pytest.raises(ValueError, match=message):
        enhancer.predict(noisy, sampling_rate=16000)
    with pytest.raises(ValueError, match=message):
        enhancer.set_params(sampling_rate=16000).predict(noisy)
    with pytest.raises(ValueError, match="sampling_rate=-1 must be a positive number"):
        enhancer.set_params(sampling_rate=-1).fit(noisy)


@pytest.mark.parametrize("enhancer", GAIN_ENHANCERS, ids=_id)
@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"noise": "begin"}, "noise='begin' is not allowed; choose from 'start', 'tracked'"),
        ({"min_duration": -1}, "min_duration == -1"),
        ({"noise_frames": 0}, "noise_frames == 0"),
        ({"noise_smoothing": 1.5}, "noise_smoothing == 1.5"),
        ({"strength": 2}, "strength == 2"),
        ({"mask_floor_db": 3}, "mask_floor_db == 3"),
        ({"hop_length": 200}, "hop_length=*.*200"),
        ({"window": "hahn"}, "window='hahn' is not allowed"),
        ({"n_fft": "256"}, "n_fft must be an instance of"),
    ],
)
def test_bad_parameters(enhancer, params, message, pairs):
    enhancer = clone(enhancer).set_params(**params)
    with pytest.raises(ValueError, match=message):
        enhancer.fit(pairs[0])


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"exponent": 0}, "exponent == 0"),
        ({"over_subtraction": 0.5}, r"over_subtraction == 0\.5"),
        ({"noise_floor_db": 1}, "noise_floor_db == 1"),
        ({"vad_threshold_db": "3"}, "vad_threshold_db must be an instance of"),
    ],
)
def test_bad_parameters_of_spectral_subtraction(params, message, pairs):
    with pytest.raises(ValueError, match=message):
        SpectralSubtraction(**params).fit(pairs[0])


def test_grid_search(pairs):
    noisy, clean = (list(waveforms) for waveforms in pairs)
    search = GridSearchCV(
        SpectralSubtraction(RATE), {"strength": [0.0, 0.9]}, scoring=snr_gain_scorer, cv=3
    ).fit(noisy, clean)
    assert search.best_params_ == {"strength": 0.9}


@pytest.mark.noizeus
@pytest.mark.parametrize(
    ("enhancer", "expected"),
    [(GAIN_ENHANCERS[0], 5.1), (GAIN_ENHANCERS[2], 5.0), (GAIN_ENHANCERS[3], 5.2)],
    ids=["SpectralSubtraction", "WienerFilter", "LogMMSE"],
)
def test_snr_gain_on_real_speech(enhancer, expected, noizeus_home):
    """Ten speakers' sentences in babble and street noise at 0 dB, as benchmarked."""
    noisy, clean = [], []
    for noise in ("babble", "street"):
        for sentence in (*range(1, 6), *range(26, 31)):
            name = f"{noise}_0dB/wav/sp{sentence:02}_{noise}_sn0.wav"
            noisy.append(soundfile.read(noizeus_home / name, dtype="float32")[0])
            name = f"clean_noizeus/wav/sp{sentence:02}.wav"
            clean.append(soundfile.read(noizeus_home / name, dtype="float32")[0])
    enhanced = clone(enhancer).fit(noisy, clean).predict(noisy)
    assert abs(snr_gain_score(clean, enhanced, noisy).mean() - expected) < 0.5
