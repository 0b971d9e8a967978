"""The sentences that ship inside: how many, how loud, and that the voices differ."""

import csv
from collections import Counter
from importlib.resources import files

import numpy as np
import pytest
import soundfile

from skse.datasets import active_speech_level
from skse.datasets._speech import SAMPLING_RATE, read_harvard_speech

SPEAKERS = ("m1", "m2", "m3", "f1", "f2", "f3")


def test_shipped_speech():
    speech = read_harvard_speech()
    assert Counter(u.speaker for u in speech) == dict.fromkeys(SPEAKERS, 8)
    assert len({u.sentence for u in speech}) == len({u.text for u in speech}) == 48
    for utterance in speech:
        assert 1.5 < len(utterance.waveform) / 8000 < 3.5
        assert active_speech_level(utterance.waveform, 8000) == pytest.approx(-26, abs=0.1)
        assert not utterance.waveform.flags.writeable
    folder = files("skse.datasets") / "data" / "harvard"
    assert sum(len(file.read_bytes()) for file in folder.iterdir()) <= 1.5e6
    assert "CC0" in (folder / "README.txt").read_text()


def test_voices_differ_in_pitch():
    """Median period of each voice by autocorrelation; neighbours differ by at least 5 %."""
    pitches = []
    for speaker in SPEAKERS:
        found = []
        for utterance in read_harvard_speech():
            if utterance.speaker == speaker:
                x = utterance.waveform[: len(utterance.waveform) // 400 * 400].reshape(-1, 400)
                x = x[(x**2).mean(axis=1) > 1e-3]
                spectrum = np.abs(np.fft.rfft(x, 1024)) ** 2
                correlation = np.fft.irfft(spectrum)[:, 28:130]  # 62 to 286 Hz
                found.extend(8000 / (28 + correlation.argmax(axis=1)))
        pitches.append(np.median(found))
    assert max(pitches[:3]) < 140 < min(pitches[3:])
    pitches = np.sort(pitches)
    assert np.all(pitches[1:] / pitches[:-1] > 1.05), pitches


def test_they_are_what_soundfile_reads_and_read_once():
    folder = files("skse.datasets") / "data" / "harvard"
    with (folder / "listing.csv").open(encoding="utf-8") as listing:
        rows = list(csv.DictReader(listing))
    for row, utterance in zip(rows[::8], read_harvard_speech()[::8], strict=True):
        with (folder / row["file"]).open("rb") as audio:
            samples, rate = soundfile.read(audio, dtype="float64")
        assert rate == SAMPLING_RATE
        np.testing.assert_array_equal(utterance.waveform, samples.astype(np.float32))
    assert read_harvard_speech() is read_harvard_speech()
