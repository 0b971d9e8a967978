"""Fresh mixtures: levels, speeds, filters, where speech and noise come from."""

import numpy as np
import pytest
import soxr
from scipy import fft

from skse import Remix
from skse.enhancement._mixer import _MARGIN, Mixer, _spectrum
from skse.utils import WaveformHandle, check_waveforms

N_TIMES = 8064
PLAIN = {
    "second_noise": 0,
    "babble": 0,
    "coloured_noise": 0,
    "speech_filter_db": 0,
    "noise_filter_db": 0,
    "modulation": 0,
    "speed": (1, 1),
}


def make_mixer(noisy, clean, n_times=N_TIMES, **params):
    return Mixer(Remix(**{**PLAIN, **params}), noisy, clean, n_times)


@pytest.fixture
def pairs(rng):
    """Ragged noise that is told from the speech by its lower pitch."""
    noisy, clean = [], []
    for n_times in (9000, 12000, 20000):
        times = np.arange(n_times) / 8000
        s = np.sin(2 * np.pi * rng.uniform(1500, 2500) * times).astype(np.float32)
        v = np.sin(2 * np.pi * rng.uniform(200, 400) * times).astype(np.float32)
        noisy.append(s + v)
        clean.append(s)
    return noisy, clean


def power(x):
    return np.mean(np.square(x, dtype=np.float64), axis=-1)


@pytest.mark.parametrize("params", [{}, PLAIN])
def test_snr_and_level_are_uniform_between_their_bounds(pairs, rng, params):
    """The remix's own defaults, and none of its ingredients."""
    mixer = Mixer(Remix(**params), *pairs, N_TIMES)
    noisy, clean = mixer.mix(200, rng)
    assert noisy.shape == clean.shape == (200, N_TIMES)
    assert noisy.dtype == clean.dtype == np.float32
    snr_db = 10 * np.log10(power(clean) / power(noisy.astype(np.float64) - clean))
    quantiles = np.quantile(snr_db, [0, 0.25, 0.5, 0.75, 1])
    np.testing.assert_allclose(quantiles, [-4, 1.5, 7, 12.5, 18], atol=2.5)
    assert snr_db.min() > -4.001
    assert snr_db.max() < 18.001
    level_db = 10 * np.log10(power(clean) / 0.5)
    if params:
        np.testing.assert_allclose(
            np.quantile(level_db, [0, 0.25, 0.5, 0.75, 1]), [-10, -5, 0, 5, 10], atol=2
        )
        assert np.abs(np.corrcoef(snr_db, level_db)[0, 1]) < 0.2


def test_plain_mixtures_hold_stretches_of_the_recordings(pairs, rng):
    mixer = make_mixer(*pairs, level_db=(0, 0), snr_db=(0, 0))
    noises = [x - s for x, s in zip(*pairs, strict=True)]
    for x, s in zip(*mixer.mix(8, rng), strict=True):
        for side, sources in ((s, pairs[1]), (x - s, noises)):
            found = [np.abs(np.correlate(source, side, "valid")).max() for source in sources]
            # A stretch of a recording, to scale: Cauchy-Schwarz holds with equality.
            norm = np.linalg.norm(side) * np.sqrt(N_TIMES * 0.5)
            assert max(found) == pytest.approx(norm, rel=2e-2)


@pytest.mark.parametrize("speed", [0.8, 0.93, 1.25])
def test_speed_is_that_of_a_resampler(rng, speed):
    """The same low-passed noise, at another speed, as soxr makes it."""
    x = soxr.resample(rng.standard_normal(12000), 5000, 8000).astype(np.float32)
    mixer = make_mixer([x + 1], [x], speed=(speed, speed))
    n_before = mixer._n_before(rng, mixer._n)
    assert n_before / mixer._n == pytest.approx(speed, rel=0.015)
    piece = x[:n_before]
    ours = fft.irfft(_spectrum(piece, mixer._n), mixer._n)
    reference = soxr.resample(piece, n_before, mixer._n)[: mixer._n]
    inside = slice(4 * _MARGIN, -4 * _MARGIN)
    error = power(ours[inside] - reference[inside]) / power(reference)
    assert 10 * np.log10(error) < -35


def test_every_speed_in_the_range_and_half_of_them_faster(pairs, rng):
    mixer = make_mixer(*pairs, speed=(0.8, 1.25))
    speeds = np.array([mixer._n_before(rng, mixer._n) for _ in range(500)]) / mixer._n
    assert speeds.min() == pytest.approx(0.8, abs=0.02)
    assert speeds.max() == pytest.approx(1.25, abs=0.02)
    assert np.mean(speeds > 1.005) == pytest.approx(0.5, abs=0.08)


def test_filters_have_the_deviation_asked_for(rng):
    mixer = make_mixer(*[[rng.standard_normal(9000).astype(np.float32)]] * 2, coloured_noise=1)
    at_0_hz = [mixer._gain(rng, "filter", mixer._n // 2 + 1, 3.0)[0] for _ in range(1000)]
    assert np.std(20 * np.log10(at_0_hz)) == pytest.approx(3, rel=0.1)
    np.testing.assert_array_equal(mixer._gain(rng, "modulation", N_TIMES, 0.0), 1)


def test_modulation_moves_the_noise_alone(rng):
    v = rng.standard_normal(20000).astype(np.float32)
    s = np.ones(20000, np.float32)
    for deviation, low, high in ((0.0, 0, 1.2), (8.0, 3, 100)):
        mixer = make_mixer([s + v], [s], modulation=1, modulation_db=deviation)
        noisy, clean = mixer.mix(20, rng)
        quarters = power((noisy - clean).reshape(20, 4, -1))
        spread = np.median(10 * np.log10(quarters.max(axis=1) / quarters.min(axis=1)))
        assert low <= spread < high
        np.testing.assert_allclose(clean.std(axis=1) / clean.mean(axis=1), 0, atol=0.02)


@pytest.mark.parametrize(
    ("params", "expected"),
    [({}, "recorded"), ({"babble": 1}, "speech"), ({"coloured_noise": 1}, "coloured")],
)
def test_where_noise_comes_from(pairs, rng, params, expected):
    noisy, clean = make_mixer(*pairs, **params).mix(10, rng)
    spectrum = np.abs(np.fft.rfft(noisy - clean)) ** 2
    hertz = np.fft.rfftfreq(N_TIMES, 1 / 8000)
    shares = {
        "recorded": spectrum[:, (hertz > 150) & (hertz < 450)].sum(axis=1),
        "speech": spectrum[:, (hertz > 1450) & (hertz < 2550)].sum(axis=1),
    }
    for name, share in shares.items():
        share = share / spectrum.sum(axis=1)
        assert (share > 0.98).all() if name == expected else (share < 0.9).all()


def test_second_noise_is_0_to_10_db_fainter(rng):
    """Two recordings with noise of two pitches: the fainter is heard half of the time or so."""
    times = np.arange(20000) / 8000
    s = np.sin(2 * np.pi * 2000 * times)
    noises = [np.sin(2 * np.pi * f * times) for f in (300, 600)]
    noisy = [(s + v).astype(np.float32) for v in noises]
    clean = [s.astype(np.float32)] * 2
    for probability, share in ((0, 0), (1, 0.5), (0.5, 0.25)):
        mixtures = make_mixer(noisy, clean, second_noise=probability).mix(400, rng)
        spectrum = np.abs(np.fft.rfft(np.subtract(*mixtures) * np.hanning(N_TIMES))) ** 2
        hertz = np.fft.rfftfreq(N_TIMES, 1 / 8000)
        parts = [spectrum[:, np.abs(hertz - f) < 50].sum(axis=1) for f in (300, 600)]
        ratio_db = 10 * np.log10(np.min(parts, axis=0) / np.max(parts, axis=0))
        heard = ratio_db > -11
        assert np.mean(heard) == pytest.approx(share, abs=0.1)
        if share:
            quantiles = np.quantile(ratio_db[heard], [0, 0.25, 0.5, 0.75, 1])
            np.testing.assert_allclose(quantiles, [-10, -7.5, -5, -2.5, 0], atol=1.5)
            np.testing.assert_allclose(quantiles[[0, -1]], [-10, 0], atol=0.3)
            assert quantiles[0] > -10.01


def test_pauses_are_left_out(rng):
    """A recording that is speech for a tenth of its time."""
    s = np.zeros(100_000, np.float32)
    s[40_000:50_000] = rng.standard_normal(10_000)
    v = rng.standard_normal(100_000).astype(np.float32)
    _, clean = make_mixer([s + v], [s], level_db=(0, 0)).mix(50, rng)
    assert np.mean(power(clean) > 0.05 * power(s)) > 0.5
    assert (power(clean) > 0).all()


def test_recordings_shorter_than_a_mixture(rng):
    s, v = rng.standard_normal((2, 500)).astype(np.float32)
    noisy, clean = make_mixer([s + v], [s], level_db=(0, 0)).mix(20, rng)
    assert (np.count_nonzero(np.abs(clean) > 1e-3, axis=1) <= 500 + 2 * _MARGIN).all()
    # The noise is repeated without a gap.
    quarters = power((noisy - clean).reshape(20, 16, -1))
    assert (quarters.min(axis=1) > 0.3 * quarters.max(axis=1)).all()


@pytest.mark.parametrize(("n_noise", "n_fade"), [(500, 160), (320, 160), (100, 50), (3, 1)])
def test_a_short_noise_is_repeated_with_a_cross_fade(rng, n_noise, n_fade):
    """A ramp rises as before in the loop, but where its end blends into its beginning."""
    s = np.sin(np.arange(n_noise)).astype(np.float32)
    x = s + np.linspace(-1, 1, n_noise, dtype=np.float32)
    noisy, clean = make_mixer([x], [s], snr_db=(0, 0)).mix(3, rng)
    period = n_noise - n_fade
    # In the blend it loses what it has gained in a period, in equal steps.
    blend = np.full(n_fade - 1, 1 - period / max(n_fade - 1, 1))
    for noise in noisy.astype(np.float64) - clean:
        steps = np.diff(noise)
        steps /= steps.max()
        np.testing.assert_allclose(steps[period:], steps[:-period], atol=1e-3)
        if n_fade > 1:
            expected = np.sort([*blend, *np.ones(period - n_fade + 1)])
            np.testing.assert_allclose(np.sort(steps[:period]), expected, atol=1e-3)


def test_noise_that_falls_silent_is_replaced(rng):
    s = np.sin(np.arange(40_000) / 3).astype(np.float32)
    x = s.copy()
    x[:100] += 1
    noisy, clean = make_mixer([x], [s]).mix(30, rng)
    assert np.isfinite(noisy).all()
    assert (power(noisy - clean) > 0).all()


def test_what_cannot_be_mixed(rng):
    s = rng.standard_normal(9000).astype(np.float32)
    with pytest.raises(ValueError, match=r"but they are equal\. Use remix=False, or Remix"):
        make_mixer([s], [s])
    make_mixer([s], [s], coloured_noise=0.5, babble=0.5).mix(1, rng)
    with pytest.raises(ValueError, match="all clean waveforms are 0"):
        make_mixer([s], [0 * s])
    # A recording of noise alone is noise, though no speech.
    mixer = make_mixer([s, 2 * s], [0 * s, s])
    assert len(mixer._speech) == 1
    assert len(mixer._noise) == 2


def test_a_sentence_in_many_noises_counts_once(pairs):
    noisy, clean = pairs
    mixer = make_mixer([*noisy, 2 * noisy[0]], [*clean, clean[0].copy()])
    assert len(mixer._speech) == 3


@pytest.mark.parametrize("n_times", [1000, N_TIMES, 30_000])
def test_parts_of_handles_are_mixed_as_those_of_arrays(pairs, n_times):
    """Recordings that are longer than a mixture, and shorter."""
    unread = [check_waveforms([Made(x) for x in waveforms]) for waveforms in pairs]
    one, other = (Mixer(Remix(), *data, n_times) for data in (pairs, unread))
    Made.n_read = 0
    for made, expected in zip(
        other.mix(20, np.random.default_rng(0)), one.mix(20, np.random.default_rng(0)), strict=True
    ):
        np.testing.assert_array_equal(made, expected)
    if n_times == 1000:
        assert Made.n_read < 200 * 2 * n_times


class Made(WaveformHandle):
    """A handle to an array, which counts the samples that are read."""

    n_read = 0

    def __init__(self, x):
        self.x, self.address = x, id(x)

    def __len__(self):
        return len(self.x)

    def read(self, start=0, stop=None):
        Made.n_read += len(self.x[start:stop])
        return self.x[start:stop]


def test_environment_is_the_noise_just_before_the_mixture(rng):
    """Of one recording, end to end: a stretch of it, at one speed, to one scale, without speech."""
    n_environment = 4000
    noise = rng.standard_normal(40000).astype(np.float32)
    s = np.sin(np.arange(40000)).astype(np.float32)
    mixer = Mixer(Remix(**PLAIN), [s + noise], [s], N_TIMES, n_environment)
    for x, clean, before in zip(*mixer.mix(6, rng), strict=True):
        assert before.shape == (n_environment,)
        together = np.concatenate([before, x - clean])
        found = np.correlate(noise, together, "valid")
        begin = int(np.argmax(np.abs(found)))
        piece = noise[begin : begin + len(together)]
        gain = found[begin] / np.dot(piece, piece)
        # Disjoint by that: the samples of both are each one of the recording's, in order.
        np.testing.assert_allclose(together, gain * piece, atol=1e-4 * np.abs(together).max())


def test_environment_has_the_spectrum_of_the_noise_in_the_mixture(pairs, rng):
    """Whatever a noise is made of, filter and level are the same on both sides."""
    remix = Remix(modulation=0, noise_filter_db=20, coloured_noise=1, babble=0, second_noise=0)
    mixer = Mixer(remix, *pairs, N_TIMES, 6000)
    noisy, clean, before = mixer.mix(20, rng)

    def bands(x):
        density = np.abs(fft.rfft(x * np.hanning(x.shape[-1]))) ** 2 / x.shape[-1]
        return np.stack([10 * np.log10(d.mean(-1)) for d in np.array_split(density, 8, -1)], -1)

    within, around = bands(noisy.astype(np.float64) - clean), bands(before)
    differences = within - around
    assert np.abs(differences.mean()) < 0.5
    assert np.abs(differences).max() < 3
    assert np.std(within, axis=0).min() > 5  # and no two mixtures have the same


@pytest.mark.parametrize("params", [{}, {"babble": 1, "coloured_noise": 0}])
def test_environment_holds_no_speech_and_has_the_level_of_the_noise(pairs, rng, params):
    mixer = Mixer(Remix(modulation=0, **params), *pairs, N_TIMES, 3000)
    noisy, clean, before = mixer.mix(60, rng)
    ratio_db = 10 * np.log10(power(before) / power(noisy.astype(np.float64) - clean))
    assert np.abs(np.median(ratio_db)) < 1
    assert before.shape == (60, 3000)


def test_a_recording_too_short_for_both_is_repeated(rng):
    noise = rng.standard_normal(9000).astype(np.float32)
    s = np.sin(np.arange(9000)).astype(np.float32)
    mixer = Mixer(Remix(**PLAIN), [s + noise], [s], N_TIMES, 4000)
    noisy, clean, before = mixer.mix(1, rng)
    found = np.abs(np.correlate(noisy[0] - clean[0], before[0, -2000:], "valid"))
    assert power(before) > 0
    assert found.max() <= np.linalg.norm(before[0, -2000:]) * np.linalg.norm(noisy[0] - clean[0])


def test_nothing_is_drawn_for_an_environment_that_is_not_asked_for(pairs):
    mixers = [Mixer(Remix(), *pairs, N_TIMES, *more) for more in ((0,), ())]
    with_none, without = (mixer.mix(5, np.random.default_rng(3)) for mixer in mixers)
    assert len(with_none) == 2
    np.testing.assert_array_equal(with_none, without)
