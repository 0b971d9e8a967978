"""The models that lie inside skse: name to record, and which is for which rate."""

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from skse.utils import check_sampling_rate

FOLDER = Path(__file__).parent / "data"
# Hz. Of recordings below the second there is too little band left to find speech in it.
_WIDE_BAND_FROM, LEAST_RATE = 12_000, 4_000


@dataclass(frozen=True)
class ModelRecord:
    """What is known of a model that comes with skse.

    ``training/register.py`` writes the records from the model files.

    Parameters
    ----------
    name : str
        What :func:`load_model` and ``skse enhance --model`` call it.
    sha256 : str
        Of its file, 64 hexadecimal digits.
    sampling_rate : int
        Hz.
    latency_ms : float
        Lag of its output in a stream, see :class:`~skse.StreamingEnhancer`.
    licence : str
        Of its weights.
    description : str
        One line.

    Examples
    --------
    >>> from skse.models import available_models
    >>> record = available_models()["speech-16k"]
    >>> record.sampling_rate, record.path.suffix, record.size < 2e6
    (16000, '.skse', True)
    """

    name: str
    sha256: str
    sampling_rate: int
    latency_ms: float
    licence: str
    description: str

    @property
    def path(self) -> Path:
        """The model file."""
        return FOLDER / f"{self.name}.skse"

    @property
    def size(self) -> int:
        """Bytes of the file."""
        return self.path.stat().st_size

    def read_card(self) -> dict[str, Any]:
        """Read the model card, as :func:`skse.persistence.read_card` does."""
        from skse.persistence import read_card

        return read_card(self.path)


@lru_cache(maxsize=1)
def _records():
    rows = json.loads((FOLDER / "models.json").read_text(encoding="utf-8"))
    return {name: ModelRecord(name, **row) for name, row in rows.items()}


def available_models() -> dict[str, ModelRecord]:
    """Tell of the models that come with skse.

    Returns
    -------
    records : dict of str to ModelRecord
        By name, the lowest sampling rate first.

    Examples
    --------
    >>> from skse.models import available_models
    >>> list(available_models())
    ['speech-8k', 'speech-16k']
    """
    return dict(_records())


def model_for(sampling_rate: float) -> str:
    """Name the model for recordings of a sampling rate.

    Parameters
    ----------
    sampling_rate : float
        Of the recordings, in Hz: from 4000 "speech-8k", from 12000 "speech-16k".

    Returns
    -------
    name : str

    Raises
    ------
    ValueError
        For less than 4000 Hz, which no model fits.

    Examples
    --------
    >>> from skse.models import model_for
    >>> model_for(11025), model_for(44100)
    ('speech-8k', 'speech-16k')
    """
    check_sampling_rate("model_for", sampling_rate)
    if sampling_rate < LEAST_RATE:
        raise ValueError(
            f"no model of skse ({', '.join(_records())}) fits a sampling rate of "
            f"{sampling_rate:g} Hz, expected at least {LEAST_RATE}; a method "
            "(method='log-mmse', --method log-mmse) enhances at any rate."
        )
    return "speech-8k" if sampling_rate < _WIDE_BAND_FROM else "speech-16k"
