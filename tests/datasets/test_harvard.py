"""load_harvard: the design, the SNRs, and that nothing is used twice."""

from collections import Counter

import numpy as np
import pytest

from skse.datasets import _harvard, load_harvard, make_noise
from skse.datasets._noise import NOISE_KINDS
from skse.datasets._speech import read_harvard_speech

SPEAKERS = ("m1", "m2", "m3", "f1", "f2", "f3")
SNRS_DB = (0, 5, 10, 15)


@pytest.fixture(scope="module")
def data():
    return load_harvard()


def test_bunch(data):
    assert len(data.noisy) == len(data.clean) == 192
    assert data.sampling_rate == 8000
    for name in ("sentence", "speaker", "noise", "snr_db"):
        assert data[name].shape == (192,)
    assert "SYNTHETIC SPEECH AND SYNTHETIC NOISE" in data.DESCR
    noisy, clean = load_harvard(return_X_y=True)
    for ours, theirs in zip(noisy + clean, data.noisy + data.clean, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_pairs_have_their_snr_and_do_not_clip(data):
    for noisy, clean, snr_db in zip(data.noisy, data.clean, data.snr_db, strict=True):
        assert noisy.dtype == clean.dtype == np.float32
        assert noisy.shape == clean.shape
        assert np.abs(noisy).max() <= 1
        noise = noisy.astype(float) - clean
        measured = 10 * np.log10(np.sum(clean.astype(float) ** 2) / np.sum(noise**2))
        assert measured == pytest.approx(snr_db, abs=0.01)


def test_loud_mixture_is_turned_down_as_a_whole():
    data = load_harvard(snr_db=-30, noises="white")
    assert max(np.abs(x).max() for x in data.noisy) == pytest.approx(1, abs=1e-6)
    for noisy, clean in zip(data.noisy, data.clean, strict=True):
        noise = noisy.astype(float) - clean
        assert 10 * np.log10(np.sum(clean.astype(float) ** 2) / np.sum(noise**2)) == pytest.approx(
            -30, abs=0.01
        )


def test_balanced_design(data):
    labels = [x.tolist() for x in (data.sentence, data.speaker, data.noise, data.snr_db)]
    sentence, speaker, noise, snr_db = labels
    assert set(Counter(zip(sentence, snr_db, strict=True)).values()) == {1}
    assert set(Counter(zip(sentence, noise, strict=True)).values()) == {1}
    cells = Counter(zip(speaker, noise, snr_db, strict=True))
    assert set(cells.values()) == {1}
    assert len(cells) == 6 * 8 * 4


def test_all_combinations():
    data = load_harvard(combinations="all", noises=["white", "babble"], snr_db=[0, 15])
    cells = Counter(
        zip(data.sentence.tolist(), data.noise.tolist(), data.snr_db.tolist(), strict=True)
    )
    assert set(cells.values()) == {1}
    assert len(cells) == 48 * 2 * 2


@pytest.mark.parametrize("n_noises", [1, 3, 4, 8])
def test_balanced_design_of_fewer_noises(n_noises):
    data = load_harvard(noises=NOISE_KINDS[:n_noises])
    assert len(data.noisy) == 192
    counts = Counter(zip(data.noise.tolist(), data.snr_db.tolist(), strict=True))
    assert len(counts) == 4 * n_noises
    assert max(counts.values()) <= 1.5 * min(counts.values())


def test_no_noise_is_used_twice(data):
    """The largest normalised cross-correlation between two noises of a kind is small."""
    for kind in ("white", "pink", "babble", "street", "machinery"):
        pieces = []
        for i in np.flatnonzero(data.noise == kind):
            noise = np.zeros(2**15)
            piece = data.noisy[i] - data.clean[i]
            noise[: len(piece)] = piece / np.sqrt(np.sum(piece**2))
            pieces.append(np.fft.rfft(noise, 2**16))
        for i in range(len(pieces)):
            for j in range(i):
                correlation = np.fft.irfft(pieces[i] * pieces[j].conj())
                assert np.abs(correlation).max() < 0.9, (kind, i, j)


def test_babble_is_made_of_other_voices(monkeypatch):
    asked = []

    def spy(kind, n_times, sampling_rate, *, voices, random_state):
        asked.append(voices)
        return make_noise(kind, n_times, sampling_rate, voices=voices, random_state=random_state)

    monkeypatch.setattr(_harvard, "make_noise", spy)
    data = load_harvard(noises="babble", snr_db=5)
    speaker_of = {id(u.waveform): u.speaker for u in read_harvard_speech()}
    for speaker, voices in zip(data.speaker, asked, strict=True):
        assert {speaker_of[id(voice)] for voice in voices} == set(SPEAKERS) - {speaker}


def test_random_state(data):
    other = load_harvard(random_state=1)
    assert any(a != b for a, b in zip(data.noise, other.noise, strict=True))
    assert not any(np.array_equal(a, b) for a, b in zip(data.noisy, other.noisy, strict=True))


def test_clean_may_be_written_to(data):
    fresh = load_harvard(noises="white", snr_db=0)
    before = fresh.clean[0].copy()
    fresh.clean[0][:] = 0
    np.testing.assert_array_equal(load_harvard(noises="white", snr_db=0).clean[0], before)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"noises": "traffic"}, "noises='traffic' is not allowed; choose from 'babble'"),
        ({"noises": []}, r"noises=\[\] is empty"),
        ({"snr_db": ()}, r"snr_db=\(\) must be a number of dB or a sequence"),
        ({"snr_db": [0, np.nan]}, "snr_db=.*nan.* must be"),
        ({"snr_db": "5"}, "snr_db='5' must be"),
        ({"combinations": "some"}, "combinations='some' is not allowed"),
    ],
)
def test_arguments(arguments, message):
    with pytest.raises(ValueError, match=message):
        load_harvard(**arguments)
