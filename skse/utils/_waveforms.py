"""One reading of what counts as waveforms, and one wording for what does not."""

import numbers
from collections.abc import Sequence
from typing import Any, TypeGuard

import numpy as np
from sklearn.utils import check_array

from skse.utils.typing import ArrayOrList, Waveform, Waveforms

MIX_DOWN = "mix it down to mono first, for example with `.mean(axis={axis})`"
# A 2-D array with two columns and at least this many rows is read as one stereo
# recording: no corpus has utterances of two samples.
_STEREO_ROWS = 256


def check_waveforms(
    X: Waveforms, name: str = "X", *, two_rows_are: str = "utterances"
) -> ArrayOrList:
    """Check waveforms and convert them to float32.

    Parameters
    ----------
    X : array-like of shape (n_samples, n_times) or sequence of 1-D arrays
        Mono waveforms, full scale ±1. int16 PCM is divided by 32768.
    name : str, default="X"
        What error messages call the argument.
    two_rows_are : {"utterances", "stereo"}, default="utterances"
        How to read a 2-D array of two long rows. With "stereo" it is refused,
        because nothing tells two utterances from the two channels of one.

    Returns
    -------
    waveforms : ndarray of shape (n_samples, n_times) or list of ndarray
        float32; an array where all lengths agree, else a list of 1-D arrays.

    Raises
    ------
    ValueError
        Where `X` is empty, not numeric, not mono, or not finite. The message
        names the argument, the utterance, what was received and the remedy.
    """
    if isinstance(X, (str, bytes, dict, set)) or X is None or isinstance(X, numbers.Number):
        raise ValueError(
            f"{name} must be a 2-D array of shape (n_samples, n_times) or a sequence of 1-D "
            f"waveforms; got {type(X).__name__}: {X!r:.60}."
        )
    if isinstance(X, Sequence) and not isinstance(X, (list, tuple)):
        X = list(X)
    if isinstance(X, (list, tuple)) and len(X) == 0:
        raise ValueError(f"{name} is empty; expected at least one waveform.")
    if _is_sequence_of_waveforms(X):
        waveforms = [check_waveform(x, f"{name}[{i}]") for i, x in enumerate(X)]
        if len({len(x) for x in waveforms}) > 1:
            return waveforms
        return np.stack(waveforms) if len(waveforms) > 1 else waveforms[0][None]
    if getattr(X, "ndim", None) == 1 or (
        isinstance(X, (list, tuple)) and len(X) and all(np.ndim(x) == 0 for x in X)
    ):
        raise ValueError(
            f"{name} is one-dimensional; expected a 2-D array of shape (n_samples, n_times) or a "
            f"sequence of 1-D waveforms. Reshape your data: wrap a single waveform as [{name}]."
        )
    if getattr(X, "ndim", None) == 3:
        raise ValueError(
            f"{name} has shape {np.shape(X)}: it holds more than one channel per utterance; "
            + MIX_DOWN.format(axis="1 or 2, the channel axis")
            + "."
        )
    array = check_array(X, dtype=None, ensure_all_finite=False, input_name=name)
    _refuse_stereo_rectangle(array, name, two_rows_are)
    array = _to_float32(array, name)
    finite = _are_finite(array)
    if not finite.all():
        _refuse_not_finite(array[~finite][0], f"{name}[{int(np.argmin(finite))}]")
    return array


def check_waveform(x: Waveform, name: str = "x") -> np.ndarray:
    """Check one waveform and convert it to float32.

    Parameters
    ----------
    x : array-like of shape (n_times,)
        Mono waveform, full scale ±1. int16 PCM is divided by 32768.
    name : str, default="x"
        What error messages call the argument.

    Returns
    -------
    waveform : ndarray of shape (n_times,)
        float32.

    Raises
    ------
    ValueError
        Where `x` is empty, not numeric, not mono, or not finite. The message names
        the argument, what was received and the remedy.
    """
    if isinstance(x, (str, bytes)) or x is None or np.ndim(x) == 0:
        raise ValueError(
            f"{name} must be a 1-D waveform; got {type(x).__name__}: {x!r:.60}. Read audio "
            "files first, for example with soundfile.read."
        )
    x = np.asarray(x)
    if x.ndim != 1:
        axis = int(np.argmin(x.shape))
        raise ValueError(
            f"{name} has shape {x.shape}; expected one mono waveform of shape (n_times,): "
            + MIX_DOWN.format(axis=axis)
            + "."
        )
    if len(x) == 0:
        raise ValueError(f"{name} has length 0; expected at least one sample. Drop it first.")
    x = _to_float32(x, name)
    if not _are_finite(x):
        _refuse_not_finite(x, name)
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
        As :func:`check_waveforms`, and where numbers or lengths differ.
    """
    noisy = check_waveforms(noisy, names[0], two_rows_are=two_rows_are)
    clean = check_waveforms(clean, names[1], two_rows_are=two_rows_are)
    if len(noisy) != len(clean):
        raise ValueError(
            f"{names[0]} and {names[1]} must hold the same number of waveforms; got {len(noisy)} "
            f"and {len(clean)} (inconsistent numbers of samples)."
        )
    for i, (a, b) in enumerate(zip(noisy, clean, strict=True)):
        if len(a) != len(b):
            raise ValueError(
                f"{names[0]}[{i}] and {names[1]}[{i}] must be equally long; got {len(a)} and "
                f"{len(b)} samples. Align and trim the pair first."
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
        array of waveforms, a 2-D array for anything else.
    """
    if isinstance(like, tuple):
        return tuple(waveforms)
    if isinstance(like, Sequence):
        return list(waveforms)
    if isinstance(like, np.ndarray) and like.dtype == object and like.ndim == 1:
        out = np.empty(len(waveforms), dtype=object)
        out[:] = list(waveforms)
        return out
    return np.stack([np.asarray(x) for x in waveforms])


def _is_sequence_of_waveforms(X: Any) -> TypeGuard[Sequence[Any]]:
    if isinstance(X, np.ndarray):
        return X.dtype == object and X.ndim == 1 and len(X) > 0 and any(np.ndim(x) for x in X)
    return isinstance(X, (list, tuple)) and any(
        isinstance(x, (np.ndarray, str, bytes)) or x is None or np.ndim(x) for x in X
    )


def _to_float32(x, name):
    if x.dtype == np.int16:
        return x.astype(np.float32) / np.float32(32768)
    if x.dtype == np.uint8 or (x.dtype == np.int32 and x.size and abs(x).max() > 32768):
        remedy = "(x - 128.0) / 128" if x.dtype == np.uint8 else "x / 2.0**31"
        raise ValueError(
            f"{name} holds {x.dtype} PCM; expected floats of full scale ±1 or int16 PCM. "
            f"Convert it with {remedy}."
        )
    if np.iscomplexobj(x):
        raise ValueError(f"Complex data not supported: {name} must hold real waveforms.")
    try:
        with np.errstate(over="ignore"):
            return np.ascontiguousarray(x, dtype=np.float32)
    except ValueError as error:
        raise ValueError(f"{name} must hold numbers; got dtype {x.dtype}: {error}.") from error


def _refuse_stereo_rectangle(array, name, two_rows_are):
    n_rows, n_columns = array.shape
    if n_columns == 2 and n_rows >= _STEREO_ROWS:
        axis = 1
    elif two_rows_are == "stereo" and n_rows == 2 and n_columns >= _STEREO_ROWS:
        axis = 0
    else:
        return
    raise ValueError(
        f"{name} has shape {array.shape}, which may be one stereo recording; expected mono "
        f"waveforms of shape (n_samples, n_times): {MIX_DOWN.format(axis=axis)} and pass "
        f"[{name.lower()}_mono]. If it does hold {n_rows} utterances, pass list({name})."
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
