"""Band, peaks and pieces of speech that are taken away."""

import re

import numpy as np
import pytest

from skse.datasets import clip_peaks, drop_chunks, load_harvard, reduce_bandwidth

RATE = 8000


@pytest.fixture(scope="module")
def speech():
    return load_harvard(noises="white", snr_db=5).clean[0]


def tone(frequency, n_times=8000, rate=RATE):
    return np.sin(2 * np.pi * frequency * np.arange(n_times) / rate).astype(np.float32)


def amplitude_at(x, frequency, rate=RATE):
    window = np.hanning(len(x))
    carrier = np.exp(-2j * np.pi * frequency * np.arange(len(x)) / rate)
    return 2 * abs(np.sum(window * x * carrier)) / window.sum()


@pytest.mark.parametrize("threshold", [0.3, 0.4, 0.5])
def test_peaks_are_cut_at_the_threshold(speech, threshold):
    clipped = clip_peaks(speech, threshold)
    high, low = (np.float32(threshold) * end for end in (speech.max(), speech.min()))
    assert clipped.dtype == np.float32
    assert clipped.max() == high
    assert clipped.min() == low
    within = (speech > low) & (speech < high)
    np.testing.assert_array_equal(clipped[within], speech[within])
    assert set(clipped[~within].tolist()) == {float(low), float(high)}


def test_a_waveform_of_one_sign_is_cut_on_that_side_alone():
    np.testing.assert_allclose(clip_peaks([0.2, 1.0], 0.5), [0.2, 0.5])
    np.testing.assert_allclose(clip_peaks([-0.2, -1.0], 0.5), [-0.2, -0.5])
    assert not clip_peaks(np.zeros(5)).any()


@pytest.mark.parametrize("factor", [2, 4, 8])
def test_the_upper_band_is_gone(rng, factor):
    noise = 0.1 * rng.standard_normal(2 * RATE)
    narrow = reduce_bandwidth(noise, factor, interpolation="bandlimited")
    assert narrow.dtype == np.float32
    energy = np.abs(np.fft.rfft(narrow * np.hanning(len(narrow)))) ** 2
    before = np.abs(np.fft.rfft(noise * np.hanning(len(noise)))) ** 2
    cutoff = len(energy) / factor
    assert energy[int(1.05 * cutoff) :].sum() < 1e-5 * before[int(1.05 * cutoff) :].sum()
    kept = slice(0, int(0.7 * cutoff))
    assert energy[kept].sum() == pytest.approx(before[kept].sum(), rel=0.05)


@pytest.mark.parametrize("factor", [2, 4])
def test_lines_leave_the_image_that_they_must(factor):
    frequency = 0.5 * RATE / 2 / factor
    narrow = reduce_bandwidth(tone(frequency), factor)
    image = RATE / factor - frequency

    def weight(f):
        angle = np.pi * f / RATE
        return (np.sin(factor * angle) / (factor * np.sin(angle))) ** 2

    passed = amplitude_at(narrow, frequency) / weight(frequency)
    assert passed == pytest.approx(1, abs=0.02)  # the ripple of the filter
    expected = passed * weight(image)
    assert amplitude_at(narrow, image) == pytest.approx(expected, rel=1e-2)


@pytest.mark.parametrize("interpolation", ["linear", "bandlimited"])
def test_it_stays_aligned(interpolation):
    x = tone(60)
    narrow = reduce_bandwidth(x, 4, interpolation=interpolation)
    middle = slice(1000, -1000)
    np.testing.assert_allclose(narrow[middle], x[middle], atol=0.05)
    assert len(reduce_bandwidth(x[:7001], 8, interpolation=interpolation)) == 7001


def test_pieces_are_zero_and_all_else_is_untouched(speech):
    for seed in range(10):
        dropped, chunks = drop_chunks(speech, RATE, random_state=seed, return_chunks=True)
        assert 1 <= len(chunks) <= 5
        assert (chunks[1:, 0] > chunks[:-1, 1]).all()
        inside = np.zeros(len(speech), bool)
        for begin, end in chunks:
            assert np.mean(speech[begin:end] ** 2) > 0
            inside[begin:end] = True
        assert not dropped[inside].any()
        np.testing.assert_array_equal(dropped[~inside], speech[~inside])


def test_a_piece_is_the_middle_of_a_stretch():
    x = np.zeros(RATE)
    x[2000:6000] = 0.1 * tone(300, 4000)
    dropped, chunks = drop_chunks(x, RATE, mean_ms=40, random_state=0, return_chunks=True)
    (begin, end), *others = chunks
    assert not others
    assert (begin + end) / 2 == pytest.approx(4000, abs=80)
    assert (dropped[begin:end] == 0).all()


def test_lengths_are_drawn_as_they_should_be():
    x, lengths = np.zeros(RATE), []
    x[1000:7000] = 0.1 * tone(300, 6000)
    for seed in range(400):
        _, chunks = drop_chunks(x, RATE, mean_ms=100, random_state=seed, return_chunks=True)
        lengths += [(end - begin) / 8 for begin, end in chunks]
    assert np.mean(lengths) == pytest.approx(100, abs=8)  # of N(100, 50), cut at 1 ms
    assert np.std(lengths) == pytest.approx(48, abs=5)
    long, chunks = drop_chunks(x, RATE, mean_ms=1e5, random_state=0, return_chunks=True)
    assert np.diff(chunks)[0, 0] == pytest.approx(3000, abs=100)
    assert long.any()


def test_the_seed_draws_all(speech):
    one, same, other = (drop_chunks(speech, RATE, random_state=seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, same)
    assert (one != other).any()


@pytest.mark.parametrize(
    ("call", "parts"),
    [
        (lambda x: clip_peaks(x, 0), ["clip_peaks", "threshold", "0"]),
        (lambda x: clip_peaks(x, 1.0), ["clip_peaks", "threshold", "1.0"]),
        (lambda x: clip_peaks(x, True), ["clip_peaks", "threshold", "True"]),
        (lambda x: reduce_bandwidth(x, 0), ["reduce_bandwidth", "factor", "0", "2"]),
        (lambda x: reduce_bandwidth(x, -2), ["reduce_bandwidth", "factor", "-2", "2"]),
        (lambda x: reduce_bandwidth(x, 100), ["reduce_bandwidth", "factor", "100", "13"]),
        (lambda x: reduce_bandwidth(x, 2.5), ["reduce_bandwidth", "factor", "float"]),
        (
            lambda x: reduce_bandwidth(x, 2, interpolation="cubic"),
            ["reduce_bandwidth", "interpolation", "cubic", "linear"],
        ),
        (lambda x: reduce_bandwidth(x[:20], 2), ["reduce_bandwidth", "20", "28", "longer"]),
        (lambda x: drop_chunks(x, 0), ["drop_chunks", "sampling_rate", "0"]),
        (lambda x: drop_chunks(x, RATE, n_chunks=0), ["drop_chunks", "n_chunks", "0"]),
        (lambda x: drop_chunks(x, RATE, mean_ms=-5), ["drop_chunks", "mean_ms", "-5"]),
        (lambda x: drop_chunks(x, RATE, mean_ms=()), ["drop_chunks", "mean_ms", "empty"]),
        (lambda x: drop_chunks(0 * x, RATE), ["drop_chunks", "no stretch of speech", "check"]),
    ],
)
def test_what_cannot_be_used_is_refused(speech, call, parts):
    with pytest.raises(ValueError, match=".*".join(map(re.escape, parts))):
        call(speech)
