"""Rooms drawn at random, and speech as it sounds in them."""

from collections.abc import Sequence
from numbers import Integral, Real
from typing import Any

import numpy as np
from scipy.signal import fftconvolve
from sklearn.utils import Bunch, check_random_state

from skse.datasets._room import Place, Room, check_numbers
from skse.utils import check_number, check_sampling_rate, check_waveforms
from skse.utils.typing import RandomState, Waveforms

_FROM_WALL = 0.5  # m, of voice and microphone
_TRIES = 1000


def make_rooms(
    n: int,
    *,
    rt60: float | tuple[float, float] = (0.2, 0.8),
    size: Place | tuple[Place, Place] = ((3.0, 3.0, 2.4), (9.0, 7.0, 3.5)),
    distance: float | tuple[float, float] = (0.5, 3.0),
    random_state: RandomState = None,
) -> list[Room]:
    """Draw rectangular rooms, each with a voice and a microphone in it.

    Parameters
    ----------
    n : int
        Number of rooms.
    rt60 : float or tuple of (float, float), default=(0.2, 0.8)
        Reverberation time in s, or shortest and longest; drawn uniformly.
    size : tuple of three floats, or of two such tuples, \
            default=((3.0, 3.0, 2.4), (9.0, 7.0, 3.5))
        Length, width and height in m, or smallest and largest; drawn uniformly.
    distance : float or tuple of (float, float), default=(0.5, 3.0)
        From voice to microphone in m, or shortest and longest; drawn again where it does not
        fit. Both are at least 0.5 m away from all walls.
    random_state : int, RandomState instance or None, default=None
        Draws the rooms. Pass an int for the same ones every time.

    Returns
    -------
    rooms : list of Room
        A list like any other: split it, so that a test hears no room of the training.

    Raises
    ------
    ValueError
        For an argument that cannot be used, and where voice and microphone do not fit into
        their room.

    Examples
    --------
    >>> from skse.datasets import make_rooms
    >>> rooms = make_rooms(50, rt60=(0.2, 0.8), random_state=0)
    >>> train, test = rooms[:40], rooms[40:]
    >>> bool(0.2 <= min(room.rt60 for room in rooms) < 0.3)
    True
    """
    check_number("make_rooms", "n", n, Integral, min_val=1)
    bounds = {
        "rt60": _check_bounds("rt60", rt60, 1),
        "size": _check_bounds("size", size, 3),
        "distance": _check_bounds("distance", distance, 1),
    }
    rng = check_random_state(random_state)
    return [_draw_room(rng, **bounds) for _ in range(n)]


def reverberate(
    clean: Waveforms,
    rooms: Room | Sequence[Room] | float,
    *,
    sampling_rate: float,
    early_ms: float | None = None,
    random_state: RandomState = None,
) -> Bunch:
    """Let speech sound in rooms, aligned to the sample with what it was.

    Parameters
    ----------
    clean : array-like of shape (n_samples, n_times) or sequence of 1-D arrays
        Speech without a room, mono, full scale ±1.
    rooms : Room, sequence of Room, or float
        Where it sounds, as :func:`make_rooms` draws them: every room is used once before one is
        used again. A number is a reverberation time in s, for which each waveform gets a room
        of its own.
    sampling_rate : int or float
        Hz.
    early_ms : float or None, default=None
        What the clean waveforms of the result are. None leaves them as they are: an enhancer
        learns to take away all of the room. A number keeps the reflections of so many ms after
        the direct sound; 50 leaves those that help to understand.
    random_state : int, RandomState instance or None, default=None
        Draws which waveform sounds in which room. Pass an int for the same every time.

    Returns
    -------
    data : :class:`~sklearn.utils.Bunch`
        noisy : list of ndarray of shape (n_times,)
            float32: speech in its room, as long as it was; what would sound on is cut. The
            direct sound is that of `clean`, sample for sample and at its level, so that
            ``noisy - clean`` is what the room adds. Nothing is clipped: peaks may exceed ±1.
        clean : list of ndarray of shape (n_times,)
            float32, as `early_ms` says.
        rooms : list of Room
            The rooms.
        room : ndarray of int, shape (n_samples,)
            Index of its room for each waveform: a group to split by.
        rt60 : ndarray of shape (n_samples,)
            Its reverberation time in s.
        sampling_rate : int or float
            Hz.

    Raises
    ------
    ImportError
        Where pyroomacoustics is not installed: ``python -m pip install "skse[rooms]"``.
    ValueError
        For an argument that cannot be used.

    See Also
    --------
    mix_at_snr : Adds noise to it.

    References
    ----------
    J. S. Bradley, H. Sato and M. Picard, "On the importance of early reflections for speech in
    rooms", JASA 113(6), 2003: the first 50 ms.

    Examples
    --------
    >>> import numpy as np
    >>> from skse.datasets import load_harvard, make_rooms, reverberate
    >>> speech = load_harvard(noises="white", snr_db=5).clean[:6]
    >>> rooms = make_rooms(3, rt60=0.3, random_state=0)
    >>> data = reverberate(speech, rooms, sampling_rate=8000, random_state=0)
    >>> [len(x) for x in data.noisy] == [len(x) for x in speech]
    True
    >>> np.bincount(data.room)
    array([2, 2, 2])
    """
    caller = "reverberate"
    check_sampling_rate(caller, sampling_rate)
    if early_ms is not None:
        check_number(caller, "early_ms", early_ms, Real, min_val=0)
    clean = check_waveforms(clean, "clean")
    rng = check_random_state(random_state)
    rooms = _check_rooms(rooms, len(clean), rng)
    rounds = [rng.permutation(len(rooms)) for _ in range(-(-len(clean) // len(rooms)))]
    chosen = np.concatenate(rounds)[: len(clean)]
    noisy: list[Any] = [None] * len(clean)
    targets = [x.copy() for x in clean]
    for room in np.unique(chosen):
        response = rooms[room].response(sampling_rate)
        n_early = 1 if early_ms is None else max(1, round(early_ms * sampling_rate / 1000))
        for i in np.flatnonzero(chosen == room):
            noisy[i] = _convolve(clean[i], response)
            if n_early > 1:
                targets[i] = _convolve(clean[i], response[:n_early])
    return Bunch(
        noisy=noisy,
        clean=targets,
        rooms=rooms,
        room=chosen,
        rt60=np.array([rooms[room].rt60 for room in chosen]),
        sampling_rate=sampling_rate,
    )


def _convolve(x, response):
    return fftconvolve(x, response)[: len(x)].astype(np.float32)


def _draw_room(rng, rt60, size, distance):
    size, rt60 = rng.uniform(*size), float(rng.uniform(*rt60)[0])
    low, high = np.full(3, _FROM_WALL), size - _FROM_WALL
    for _ in range(_TRIES if (low < high).all() else 0):
        microphone, direction = rng.uniform(low, high), rng.standard_normal(3)
        source = microphone + rng.uniform(*distance) * direction / np.linalg.norm(direction)
        if ((low <= source) & (source <= high)).all():
            return Room(_as_place(size), _as_place(source), _as_place(microphone), rt60)
    raise ValueError(
        f"make_rooms: distance={_spelled(distance)} m between voice and microphone, "
        f"{_FROM_WALL} m away from all walls, does not fit into a room of "
        f"{' x '.join(f'{length:.2g}' for length in size)} m. Draw larger rooms or shorter "
        "distances."
    )


def _as_place(array):
    x, y, z = map(float, array)
    return x, y, z


def _spelled(bounds):
    return " to ".join(f"{value:g}" for value in np.unique(bounds))


def _check_rooms(rooms, n, rng):
    if isinstance(rooms, Real) and not isinstance(rooms, bool):
        check_number("reverberate", "rooms", rooms, Real, min_val=0, include_boundaries="neither")
        return make_rooms(n, rt60=float(rooms), random_state=rng)
    listed = [rooms] if isinstance(rooms, Room) else rooms
    if (
        isinstance(listed, str)
        or not isinstance(listed, Sequence)
        or not len(listed)
        or not all(isinstance(room, Room) for room in listed)
    ):
        raise ValueError(
            f"reverberate: rooms={rooms!r:.60} must be a Room, a sequence of at least one, such as "
            "make_rooms(20) draws, or a reverberation time in s."
        )
    return list(listed)


def _check_bounds(name, value, n):
    """Return lower and upper bounds as arrays of shape ``(n,)``."""
    array = np.asarray(value, dtype=object)
    one = array.ndim == (0 if n == 1 else 1)
    pair = (value, value) if one else value
    try:
        low, high = pair
    except (TypeError, ValueError):
        raise _not_bounds(name, value, n) from None
    bounds = [np.atleast_1d(check_numbers("make_rooms", name, b, n)) for b in (low, high)]
    if (bounds[0] > bounds[1]).any():
        raise _not_bounds(name, value, n)
    return bounds


def _not_bounds(name, value, n):
    what = "a number" if n == 1 else f"{n} numbers"
    return ValueError(
        f"make_rooms: {name}={value!r:.60} must be {what}, or {what} twice: lowest and highest."
    )
