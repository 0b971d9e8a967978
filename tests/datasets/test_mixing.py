"""Levels against closed forms, mixtures against their measured SNR."""

import numpy as np
import pytest

from skse.datasets import active_speech_level, mix_at_snr


def rms_db(x):
    return 10 * np.log10(np.mean(np.asarray(x, dtype=np.float64) ** 2))


def bursts(rate, seconds_on, seconds_off, n=4):
    """Noise that is on and off in turns."""
    on = np.random.default_rng(0).standard_normal((n, int(rate * seconds_on)))
    return 0.1 * np.pad(on, ((0, 0), (0, int(rate * seconds_off)))).ravel()


@pytest.mark.parametrize("rate", [8000, 16000, 48000])
def test_active_level_of_a_steady_sound_is_its_rms(rate):
    x = bursts(rate, 5, 0)
    level_db, activity = active_speech_level(x, rate, return_activity=True)
    assert level_db == pytest.approx(rms_db(x), abs=0.05)
    assert activity == pytest.approx(1, abs=0.01)


@pytest.mark.parametrize("rate", [8000, 16000])
@pytest.mark.parametrize("seconds_off", [1, 4, 16])
def test_pauses_do_not_count_beyond_the_hangover(rate, seconds_off):
    x = bursts(rate, 5, seconds_off)
    level_db, activity = active_speech_level(x, rate, return_activity=True)
    # 5 s on, then the tail of the envelope and 0.2 s of hangover
    assert rms_db(x[: 5 * rate]) - 0.45 < level_db < rms_db(x[: 5 * rate]) - 0.1
    assert 5.2 / (5 + seconds_off) < activity < 5.5 / (5 + seconds_off)


def test_pauses_within_the_hangover_count_as_speech():
    x = bursts(8000, 0.3, 0.15, n=20)
    assert active_speech_level(x, 8000) == pytest.approx(rms_db(x), abs=0.1)


def level_sample_by_sample(x, rate):
    """Active level as P.56, clause 5, counts it: two smoothers, a counter of the hangover."""
    decay, hangover = np.exp(-1 / (0.03 * rate)), -(-rate // 5)
    p = q = 0.0
    envelope = []
    for value in np.abs(x.astype(np.float64)):
        p = decay * p + (1 - decay) * value
        q = decay * q + (1 - decay) * p
        envelope.append(q)
    thresholds = max(envelope) / 2.0 ** np.arange(16)
    left, n_active = np.full(16, -1), np.zeros(16, int)
    for q in envelope:
        left = np.where(q >= thresholds, hangover, left - 1)
        n_active += left >= 0
    levels = 10 * np.log10(np.sum(x.astype(np.float64) ** 2) / n_active)
    margins = levels - 20 * np.log10(thresholds)
    j = 15  # from the faintest threshold upwards, as in the software of ITU-T G.191
    while margins[j - 1] > 15.9:
        j -= 1
    share = (15.9 - margins[j - 1]) / (margins[j] - margins[j - 1])
    return levels[j - 1] + share * (levels[j] - levels[j - 1])


@pytest.mark.parametrize("rate", [8000, 7993])  # at the second, 0.2 s are no whole samples
@pytest.mark.parametrize("seconds_off", [0.05, 0.3, 0.7])
def test_active_level_equals_the_recommendation_sample_by_sample(rng, rate, seconds_off):
    """Bursts of many levels; pauses that end within the hangover and beyond it."""
    x = bursts(rate, 0.25, seconds_off, n=5).reshape(5, -1) * [[0.3], [1], [0.05], [0.5], [0.1]]
    x = np.concatenate([x.ravel(), x[1, : rate // 8], np.zeros(rate // 3)]).astype(np.float32)
    level_db, activity = active_speech_level(x, rate, return_activity=True)
    assert level_db == pytest.approx(level_sample_by_sample(x, rate), abs=1e-9)
    assert activity == pytest.approx(10 ** ((rms_db(x) - level_db) / 10), rel=1e-6)


def test_active_level_of_faint_speech_after_a_loud_burst(rng):
    """Two thresholds have the margin; the faint one counts, 35 dB below the loudest."""
    x = rng.standard_normal(20_100).astype(np.float32)
    x[100:] *= 0.03
    level_db, activity = active_speech_level(x, 1000, return_activity=True)
    assert level_db == pytest.approx(level_sample_by_sample(x, 1000), abs=1e-9)
    assert activity > 0.95


@pytest.mark.parametrize("gain", [1e-3, 0.37, 5])
def test_active_level_follows_the_gain(gain):
    x = bursts(8000, 1, 1)
    expected = active_speech_level(x, 8000) + 20 * np.log10(gain)
    assert active_speech_level(gain * x, 8000) == pytest.approx(expected, abs=1e-4)


def test_active_level_of_silence_click_and_one_sample():
    assert active_speech_level(np.zeros(100), 8000) == -np.inf
    click = np.zeros(8000)
    click[4000] = 1
    assert rms_db(click) <= active_speech_level(click, 8000) <= 0
    assert active_speech_level([0.5], 8000) == pytest.approx(20 * np.log10(0.5))


@pytest.mark.parametrize("snr_db", [-20, 0, 5.5, 40])
@pytest.mark.parametrize("n_noise", [1, 100, 8000, 30000])
@pytest.mark.parametrize("level", ["rms", "active"])
def test_snr_of_the_mixture(rng, snr_db, n_noise, level):
    clean = bursts(8000, 0.5, 0.5, n=1).astype(np.float32)
    noise = 3 * rng.standard_normal(n_noise)
    noisy = mix_at_snr(clean, noise, snr_db, level=level, sampling_rate=8000, random_state=0)
    assert noisy.dtype == np.float32
    assert noisy.shape == clean.shape
    speech_db = rms_db(clean) if level == "rms" else active_speech_level(clean, 8000)
    measured = speech_db - rms_db(noisy.astype(np.float64) - clean)
    assert measured == pytest.approx(snr_db, abs=0.01)


def test_pcm_is_mixed_as_the_floats_that_it_stands_for(rng):
    clean, noise = (np.round(rng.uniform(-9999, 9999, 500)).astype("i2") for _ in range(2))
    expected = mix_at_snr(clean / 32768, noise / 32768, 5)
    for dtype in (">i2", "i8"):
        np.testing.assert_array_equal(
            mix_at_snr(clean.astype(dtype), noise.astype(dtype), 5), expected
        )
    averaged = noise.astype("f8")  # its level is of no consequence
    np.testing.assert_allclose(mix_at_snr(clean, averaged, 5), expected, rtol=1e-6)
    with pytest.raises(ValueError, match=r"clean\[0\] reaches .*PCM"):
        mix_at_snr(averaged, noise, 5)
    for bad in (noise.astype("u2"), noise * np.int32(65536), (noise // 128).astype("i1")):
        with pytest.raises(ValueError, match=r"noise\[0\] holds u?int\d+ PCM"):
            mix_at_snr(clean, bad, 5)
    for n_channels in (1, 2, 7):
        with pytest.raises(ValueError, match="one mono waveform"):
            mix_at_snr(clean, np.stack([noise] * n_channels, 1), 5)


def test_long_noise_is_cut_at_a_random_place():
    clean = np.ones(10)
    noise = np.arange(1, 1001.0)
    starts = set()
    for seed in range(20):
        piece = mix_at_snr(clean, noise, 0, random_state=seed) - clean
        steps = np.diff(piece)
        np.testing.assert_allclose(steps, steps.mean(), rtol=1e-3)  # ten samples in a row
        starts.add(round(piece[0] / steps.mean()))
        np.testing.assert_array_equal(piece, mix_at_snr(clean, noise, 0, random_state=seed) - clean)
    assert len(starts) > 10
    assert min(starts) >= 1
    assert max(starts) <= 991


def test_every_place_of_the_noise_can_be_drawn():
    pieces = {
        tuple(np.sign(mix_at_snr([1.0], [1.0, -1.0], 0, random_state=i) - 1)) for i in range(20)
    }
    assert pieces == {(1.0,), (-1.0,)}


def test_short_noise_is_repeated_from_a_random_place_on():
    begins = set()
    for seed in range(20):
        piece = mix_at_snr(np.ones(9), [1.0, -2, 3], 0, random_state=seed) - 1
        np.testing.assert_allclose(piece[:3], piece[3:6], rtol=1e-5)
        np.testing.assert_allclose(piece[:3], piece[6:], rtol=1e-5)
        begins.add(tuple(np.round(piece[:3] / abs(piece).min())))
    assert begins == {(1, -2, 3), (-2, 3, 1), (3, 1, -2)}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"clean": np.zeros(8)}, "clean is silent"),
        ({"noise": np.zeros(8)}, "noise is silent"),
        ({"noise": np.ones((2, 8))}, r"noise\[0\] has shape .* mono"),
        ({"clean": [np.nan, 1]}, r"clean\[0\] contains NaN"),
        ({"clean": []}, r"clean\[0\] has length 0"),
        ({"level": "peak"}, "level='peak' is not allowed"),
        ({"snr_db": np.inf}, "snr_db=inf must be a finite number of dB"),
        ({"snr_db": "5"}, "snr_db must be an instance of"),
        ({"level": "active"}, "sampling_rate=None must be a positive number"),
        ({"snr_db": 150}, "snr_db=150 cannot be reached in float32"),
    ],
)
def test_arguments(arguments, message):
    pair = {"clean": np.ones(8), "noise": np.linspace(-1, 1, 8), "snr_db": 0}
    with pytest.raises(ValueError, match=message):
        mix_at_snr(**{**pair, **arguments})


def test_arguments_of_active_level():
    with pytest.raises(ValueError, match="sampling_rate=0 must be a positive"):
        active_speech_level(np.ones(8), 0)
    with pytest.raises(ValueError, match=r"x\[0\] has shape"):
        active_speech_level(np.ones((8, 2)), 8000)
