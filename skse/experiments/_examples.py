"""Which utterances are shown, and what is written of them to look at and to listen to."""

import io
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils import Bunch

from skse.utils import replacing, write_whole
from skse.utils.typing import Arrays


def choose_examples(snr_db: ArrayLike, n_examples: int) -> list[int]:
    """Choose utterances to be heard and seen: hard ones first, spread over the data.

    Parameters
    ----------
    snr_db : array-like of shape (n_pairs,)
        SNR of every pair in dB; NaN where it is not known.
    n_examples : int
        How many to choose at most.

    Returns
    -------
    indices : list of int
        One pair at the lowest SNR, one at the next, and so on, and one whose SNR is not known.

    Examples
    --------
    >>> from skse.experiments import choose_examples
    >>> choose_examples([10, 0, 10, 0, 10, 0], 2)
    [1, 4]
    """
    snr_db = np.nan_to_num(np.asarray(snr_db, dtype=float), nan=np.inf)
    levels = np.unique(snr_db)
    indices = []
    for i in range(min(n_examples, len(snr_db))):
        same = np.flatnonzero(snr_db == levels[i % len(levels)])
        indices.append(int(same[len(same) * (2 * i + 1) // (2 * n_examples)]))
    return list(dict.fromkeys(indices))


def gather_examples(
    data: Bunch,
    indices: Iterable[int],
    enhanced: Mapping[str, Arrays | Mapping[int, np.ndarray]],
) -> dict[str, dict[str, np.ndarray]]:
    """Collect the waveforms of some pairs: noisy, enhanced by whom it may be, clean.

    Parameters
    ----------
    data : :class:`~sklearn.utils.Bunch`
        As of :func:`skse.datasets.load_harvard` and the other loaders.
    indices : sequence of int
        Which pairs.
    enhanced : dict of str to sequence or dict of int to ndarray
        Enhanced waveforms by name and place in the data.

    Returns
    -------
    examples : dict of str to dict of str to ndarray
        Waveforms by title, such as ``h01-02_babble_0dB``, and name.

    Examples
    --------
    >>> from skse.datasets import load_harvard
    >>> from skse.experiments import gather_examples
    >>> data = load_harvard(noises="white", snr_db=5)
    >>> examples = gather_examples(data, [0], {"untouched": data.noisy})
    >>> {title: list(waveforms) for title, waveforms in examples.items()}
    {'h01-02_white_5dB': ['noisy', 'untouched', 'clean']}
    """
    return {
        f"{data.sentence[i]}_{data.noise[i]}_{data.snr_db[i]:g}dB": {
            "noisy": data.noisy[i],
            **{name: np.asarray(waveforms[i]) for name, waveforms in enhanced.items()},
            "clean": data.clean[i],
        }
        for i in indices
    }


def write_audio(
    examples: Mapping[str, Mapping[str, np.ndarray]], sampling_rate: int, folder: Path
) -> list[Path]:
    """Write examples as 16-bit wav files, in place of those that the folder holds.

    Parameters
    ----------
    examples : dict of str to dict of str to ndarray
        Of :func:`gather_examples`.
    sampling_rate : int
        Hz.
    folder : pathlib.Path
        Where; made where it is missing.

    Returns
    -------
    files : list of pathlib.Path

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import numpy as np
    >>> from skse.experiments import write_audio
    >>> folder = Path(tempfile.mkdtemp())
    >>> files = write_audio({"h01-01_car_0dB": {"U-Net, IRM": np.zeros(80)}}, 8000, folder)
    >>> [path.name for path in files]
    ['h01-01_car_0dB_u-net-irm.wav']
    """
    import soundfile

    folder.mkdir(exist_ok=True)
    files = []
    for title, waveforms in examples.items():
        for name, waveform in waveforms.items():
            short = re.sub("[^a-z0-9]+", "-", name.lower())
            files.append(folder / f"{title}_{short}.wav")
            # Encoded in memory: a system's error, such as a full disk, then has its own name.
            content = io.BytesIO()
            samples = np.clip(waveform, -1, 1)
            soundfile.write(content, samples, sampling_rate, subtype="PCM_16", format="WAV")
            write_whole(files[-1], content.getvalue())
    for old in {*folder.glob("[!.]*.wav")} - {*files}:
        old.unlink(missing_ok=True)
    return files


def save_figure(figure, path, dpi=150):
    """Write a figure of matplotlib to a file, whole or not at all, and close it.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        The figure.
    path : path-like
        File.
    dpi : int, default=150
        Dots per inch.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import matplotlib.pyplot as plt
    >>> from skse.experiments import save_figure
    >>> path = Path(tempfile.mkdtemp()) / "figure.png"
    >>> save_figure(plt.figure(), path, dpi=20)
    >>> path.exists()
    True
    """
    import matplotlib.pyplot as plt

    try:
        with replacing(path) as part:
            figure.savefig(part, dpi=dpi)
    finally:
        plt.close(figure)
