"""The synthetic sentences that ship inside the package."""

import csv
from functools import lru_cache
from importlib.resources import files
from typing import NamedTuple

import numpy as np

SAMPLING_RATE = 8000


class Utterance(NamedTuple):
    """One spoken sentence."""

    sentence: str
    speaker: str
    text: str
    waveform: np.ndarray  # float32, read-only: it is shared by every caller


@lru_cache(maxsize=1)
def read_harvard_speech():
    """Read the 48 sentences, 8 kHz, in the order of their listing.

    Returns
    -------
    utterances : tuple of Utterance
    """
    import soundfile

    folder = files("skse.datasets") / "data" / "harvard"
    utterances = []
    with (folder / "listing.csv").open(encoding="utf-8") as listing:
        for row in csv.DictReader(listing):
            with (folder / row["file"]).open("rb") as audio:
                waveform, _ = soundfile.read(audio, dtype="float32")
            waveform.flags.writeable = False
            utterances.append(Utterance(row["sentence"], row["speaker"], row["text"], waveform))
    return tuple(utterances)
