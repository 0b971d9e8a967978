"""One reading of what counts as waveforms, and one wording for what does not."""

import numbers
from collections.abc import Sequence
from functools import partial
from typing import Any, TypeGuard

import numpy as np
from sklearn.utils import check_array

from skse.utils._errors import UnusableFileError
from skse.utils._handles import WaveformHandle
from skse.utils._unread import UnreadWaveforms, lengths_of, rate_of
from skse.utils.typing import ArrayOrList, Waveform, Waveforms

# A 2-D array of at least so many rows, of at most so many columns, is read as the channels
# of one recording: no utterance is 64 samples (4 ms at 16 kHz) long, few arrays of microphones
# are larger.
_CHANNEL_ROWS = 256
_MOST_CHANNELS = 64
# Full scale is 1. No recording goes 48 dB beyond it; 16-bit PCM does, unless its peak is
# below -42 dB.
_HIGHEST = 2.0**8


def check_waveforms(
    X: Waveforms,
    name: str = "X",
    *,
    two_rows_are: str = "utterances",
    any_level: bool = False,
) -> ArrayOrList:
    """Check waveforms and convert them to float32.

    Parameters
    ----------
    X : array-like of shape (n_samples, n_times) or sequence of 1-D arrays
        Mono waveforms, full scale ±1: a sequence may be a list, a tuple, an object array or
        a column of a table. 16-bit PCM in signed integers of 16 bits or more, of either
        byte order, is divided by 32768. Of waveforms that are handles
        (:class:`~skse.utils.WaveformHandle`) each is read, and checked, when it is used.
    name : str, default="X"
        What error messages call the argument.
    two_rows_are : {"utterances", "stereo"}, default="utterances"
        How to read a 2-D array of two long rows. With "stereo" it is refused,
        because nothing tells two utterances from the two channels of one.
    any_level : bool, default=False
        Whether floats beyond ±256 are taken too, where the level is of no consequence.

    Returns
    -------
    waveforms : ndarray of shape (n_samples, n_times) or list of ndarray
        float32; an array where all lengths agree, else a list of 1-D arrays. Where there are
        handles, a sequence that gives one array after the other and keeps none.

    Raises
    ------
    ValueError
        Where `X` is empty, not numeric, not mono, not finite, or PCM of another kind: in
        other integers, or in floats. The message names the argument, the utterance, what
        was received and the remedy.

    Notes
    -----
    An array of at least 256 rows and at most 64 columns is refused: it is one recording of
    as many channels, as ``soundfile.read`` returns it, and not hundreds of utterances of a
    few samples. A list of its rows is taken at its word.
    """
    if isinstance(X, (str, bytes, dict, set)) or X is None or isinstance(X, numbers.Number):
        raise ValueError(
            f"{name} must be a 2-D array of shape (n_samples, n_times) or a sequence of 1-D "
            f"waveforms; got {type(X).__name__}: {X!r:.60}."
        )
    if isinstance(X, UnreadWaveforms):
        return X
    X = _listed(X)
    if isinstance(X, (list, tuple)) and len(X) == 0:
        raise ValueError(f"{name} is empty; expected at least one waveform.")
    if _is_sequence_of_waveforms(X):
        check = partial(check_waveform, any_level=any_level)
        waveforms = [x if _is_unread(x) else check(x, f"{name}[{i}]") for i, x in enumerate(X)]
        if any(map(_is_unread, waveforms)):
            return UnreadWaveforms(waveforms, check, name)
        if len({len(x) for x in waveforms}) > 1:
            return waveforms
        return np.stack(waveforms) if len(waveforms) > 1 else waveforms[0][None]
    if getattr(X, "ndim", None) == 1 or isinstance(X, (list, tuple)):
        raise ValueError(
            f"{name} is one-dimensional; expected a 2-D array of shape (n_samples, n_times) or a "
            f"sequence of 1-D waveforms. Reshape your data: wrap a single waveform as [{name}]."
        )
    if getattr(X, "ndim", None) == 3:
        raise ValueError(
            f"{name} has shape {np.shape(X)}: it holds more than one channel per utterance; "
            f"{_mix_down(X, '1 or 2, the channel axis')}."
        )
    array = X
    if not (type(X) is np.ndarray and X.ndim == 2 and X.size and X.dtype == np.float32):
        array = check_array(X, dtype=None, ensure_all_finite=False, input_name=name)
    if array.dtype == object and np.ndim(array[0, 0]):
        raise ValueError(
            f"{name} is a table with a waveform in each cell; expected one column of it. Pass that "
            f"alone, for example {name}.iloc[:, 0]."
        )
    _refuse_channels(array, name, two_rows_are)
    array = _to_float32(array, name)
    finite = _are_finite(array)
    if not finite.all():
        _refuse_not_finite(array[~finite][0], f"{name}[{int(np.argmin(finite))}]")
    if not any_level:
        _refuse_pcm_in_floats(array, name)
    return array


def check_waveform(x: Waveform, name: str = "x", *, any_level: bool = False) -> np.ndarray:
    """Check one waveform and convert it to float32.

    Parameters
    ----------
    x : array-like of shape (n_times,)
        Mono waveform, full scale ±1; 16-bit PCM as for :func:`check_waveforms`.
    name : str, default="x"
        What error messages call the argument.
    any_level : bool, default=False
        As for :func:`check_waveforms`.

    Returns
    -------
    waveform : ndarray of shape (n_times,)
        float32.

    Raises
    ------
    ValueError
        Where `x` is empty, not numeric, not mono, not finite, or PCM of another kind. The
        message names the argument, what was received and the remedy.
    """
    if isinstance(x, (str, bytes)) or x is None or np.ndim(x) == 0:
        raise ValueError(
            f"{name} must be a 1-D waveform; got {type(x).__name__}: {x!r:.60}. Read audio "
            "files first, for example with soundfile.read."
        )
    try:
        x = np.asarray(x)
    except UnusableFileError as error:  # of a handle
        raise ValueError(f"{name}: {error}.") from error
    if x.ndim != 1:
        axis = int(np.argmin(x.shape))
        raise ValueError(
            f"{name} has shape {x.shape}; expected one mono waveform of shape (n_times,): "
            f"{_mix_down(x, axis)}."
        )
    if len(x) == 0:
        raise ValueError(f"{name} has length 0; expected at least one sample. Drop it first.")
    x = _to_float32(x, name)
    if not _are_finite(x):
        _refuse_not_finite(x, name)
    if not any_level:
        _refuse_pcm_in_floats(x, name)
    return x


def check_waveform_pairs(
    noisy: Waveforms,
    clean: Waveforms,
    *,
    names: tuple[str, str] = ("X", "y"),
    two_rows_are: str = "utterances",
) -> tuple[ArrayOrList, ArrayOrList]:
    """Check two collections of waveforms that belong together, pair by pair.

    Parameters
    ----------
    noisy, clean : array-like of shape (n_samples, n_times) or sequence of 1-D arrays
        As for :func:`check_waveforms`; as many, and pairwise equally long.
    names : tuple of str, default=("X", "y")
        What error messages call the two arguments.
    two_rows_are : {"utterances", "stereo"}, default="utterances"
        As for :func:`check_waveforms`.

    Returns
    -------
    noisy, clean : ndarray of shape (n_samples, n_times) or list of ndarray
        float32.

    Raises
    ------
    ValueError
        As :func:`check_waveforms`, and where numbers, lengths or the sampling rates of handles
        differ.
    """
    noisy = check_waveforms(noisy, names[0], two_rows_are=two_rows_are)
    clean = check_waveforms(clean, names[1], two_rows_are=two_rows_are)
    if len(noisy) != len(clean):
        raise ValueError(
            f"{names[0]} and {names[1]} must hold the same number of waveforms; got {len(noisy)} "
            f"and {len(clean)} (inconsistent numbers of samples)."
        )
    for i, (a, b) in enumerate(zip(lengths_of(noisy), lengths_of(clean), strict=True)):
        if a != b:
            raise ValueError(
                f"{names[0]}[{i}] and {names[1]}[{i}] must be equally long; got {a} and {b} "
                "samples. Align and trim the pair first."
            )
    rates = rate_of(noisy), rate_of(clean)
    if None not in rates and rates[0] != rates[1]:
        raise ValueError(
            f"{names[0]} has {rates[0]} Hz and {names[1]} {rates[1]} Hz; expected one rate. Pass "
            "sampling_rate to skse.datasets.AudioFile, which resamples."
        )
    return noisy, clean


def restore_container(waveforms: Sequence[np.ndarray], like: Waveforms) -> ArrayOrList:
    """Return `waveforms` in the container that the caller passed as `like`.

    Parameters
    ----------
    waveforms : sequence of ndarray
        One 1-D array per utterance.
    like : array-like
        The caller's argument: list, tuple, object array or 2-D array.

    Returns
    -------
    waveforms : list, tuple or ndarray
        A list for a list (or another sequence), a tuple for a tuple, an object array for an object
        array of waveforms or a column of a table, a 2-D array for anything else.
    """
    if isinstance(like, tuple):
        return tuple(waveforms)
    if isinstance(like, Sequence):
        return list(waveforms)
    if np.asarray(like).ndim == 1:
        out = np.empty(len(waveforms), dtype=object)
        out[:] = list(waveforms)
        return out
    return np.stack([np.asarray(x) for x in waveforms])


def _listed(X):
    """List what holds waveforms one by one: a lazy sequence, an object array, a column."""
    if isinstance(X, Sequence) and not isinstance(X, (list, tuple)):
        return list(X)
    if hasattr(X, "__array__") and getattr(X, "ndim", 1) == 1:
        array = np.asarray(X)
        return list(array) if array.dtype == object and array.ndim == 1 else array
    return X


def _is_unread(x):
    return isinstance(x, WaveformHandle) and len(x) > 0


def _is_sequence_of_waveforms(X: Any) -> TypeGuard[Sequence[Any]]:
    return isinstance(X, (list, tuple)) and any(
        isinstance(x, (np.ndarray, str, bytes)) or x is None or np.ndim(x) for x in X
    )


def _to_float32(x, name):
    if x.dtype == object and all(map(np.isscalar, x.flat)):
        x = np.asarray(x.tolist())
    if np.iscomplexobj(x):
        raise ValueError(f"Complex data not supported: {name} must hold real waveforms.")
    try:
        with np.errstate(over="ignore"):
            out = np.ascontiguousarray(x, dtype=np.float32)
    except ValueError as error:
        raise ValueError(f"{name} must hold numbers; got dtype {x.dtype}: {error}.") from error
    if x.dtype.kind not in "iu":
        return out
    _refuse_other_pcm(x, name)
    return out / np.float32(2**15)


def _refuse_other_pcm(x, name):
    """Raise unless integers can be signed PCM of 16 bits."""
    n_bits = 8 * x.dtype.itemsize - 1
    peak = max(int(x.max()), -int(x.min()))
    if x.dtype.kind == "u":
        remedy = f"(x - 2.0**{n_bits}) / 2.0**{n_bits}"
    elif n_bits < 15:
        remedy = f"x / 2.0**{n_bits}"
    elif peak > 2**15:
        remedy = f"x / 2.0**{31 if peak <= 2**31 else n_bits}, or x / 2.0**23 if it has 24 bits"
    else:
        return
    raise ValueError(
        f"{name} holds {x.dtype.name} PCM; expected floats of full scale ±1 or 16-bit PCM in "
        f"signed integers. Convert it with {remedy}."
    )


def _refuse_pcm_in_floats(x, name):
    """Raise where floats are integers that were converted, or averaged, but not scaled."""
    peak = max(float(x.max()), -float(x.min()))
    if peak > _HIGHEST:
        raise ValueError(
            f"{name} reaches {peak:.6g}; expected floats of full scale ±1. If these are PCM "
            "values, such as a mean over channels, divide them by 2.0**15 where they were of 16 "
            "bits, by 2.0**23 where of 24, by 2.0**31 where of 32."
        )


def _mix_down(x, axis):
    scale = " / 2.0**15" if np.asarray(x).dtype.kind == "i" else ""
    return f"mix it down to mono first, for example with `.mean(axis={axis}){scale}`"


def _refuse_channels(array, name, two_rows_are):
    n_rows, n_columns = array.shape
    mono = f"pass [{name.lower()}_mono]"
    if n_columns == 1 and n_rows >= _CHANNEL_ROWS:
        kind, remedy = "recording of one channel", f"pass [{name}[:, 0]]"
    elif n_columns <= _MOST_CHANNELS and n_rows >= _CHANNEL_ROWS:
        kind = "stereo recording" if n_columns == 2 else f"recording of {n_columns} channels"
        remedy = f"{_mix_down(array, 1)} and {mono}, or list({name}.T) for each channel alone"
    elif two_rows_are == "stereo" and n_rows == 2 and n_columns >= _CHANNEL_ROWS:
        kind, remedy = "stereo recording", f"{_mix_down(array, 0)} and {mono}"
    else:
        return
    raise ValueError(
        f"{name} has shape {array.shape}, which may be one {kind}; expected mono waveforms of "
        f"shape (n_samples, n_times): {remedy}. If it does hold {n_rows} utterances, pass "
        f"list({name})."
    )


def _are_finite(waveforms):
    """Whether float32 waveforms, along the last axis, are finite; makes no array of their size.

    A sum of float32 numbers in float64 cannot overflow: it is finite where all of them are.
    """
    with np.errstate(invalid="ignore"):
        return np.isfinite(np.sum(waveforms, axis=-1, dtype=np.float64))


def _refuse_not_finite(x, name):
    kind = "NaN" if np.isnan(x).any() else "inf (infinity, or a value too large for float32)"
    where = int(np.argmin(np.isfinite(x)))
    raise ValueError(
        f"{name} contains {kind}, first at sample {where}; expected finite values. Repair the "
        "recording, for example with numpy.nan_to_num, or drop it."
    )
