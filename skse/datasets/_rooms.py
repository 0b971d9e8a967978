"""Rooms: impulse responses of simulated ones, and speech as it sounds in them."""

from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any

import numpy as np
from scipy.signal import fftconvolve
from sklearn.utils import Bunch, check_random_state

from skse.utils import check_number, check_sampling_rate, check_waveforms, import_optional
from skse.utils.typing import RandomState, Waveforms

_SPEED = 343.0  # of sound, in m/s
_FROM_WALL = 0.5  # m, of voice and microphone
_TRIES = 1000
_MOST_ORDER = 195  # of reflections: some ten million image sources, a gigabyte
_DECAY_DB = (-5.0, -25.0)  # where the decay time is measured: T20 of ISO 3382-2
_ROUNDS, _STEP = 16, 0.5  # of the search for the decay time

Place = tuple[float, float, float]


@dataclass(frozen=True)
class Room:
    """A voice and a microphone in a rectangular room.

    Parameters
    ----------
    size : tuple of (float, float, float)
        Length, width and height in m.
    source, microphone : tuple of (float, float, float)
        Where voice and microphone are, in m from one corner.
    rt60 : float
        Reverberation time in s: what sound takes to decay by 60 dB.

    Raises
    ------
    ValueError
        Where something is not positive or not inside, voice and microphone are in one place,
        or `rt60` is too long for so small a room: its reflections are too many to compute.

    See Also
    --------
    make_rooms : Draws rooms at random.
    reverberate : Speech in rooms.

    Examples
    --------
    >>> from skse.datasets import Room
    >>> room = Room((6.0, 4.0, 3.0), source=(2.0, 2.0, 1.5), microphone=(4.0, 2.0, 1.5), rt60=0.4)
    >>> room.distance
    2.0
    >>> response = room.response(8000)
    >>> response.shape, float(response[0])
    ((3200,), 1.0)
    """

    size: Place
    source: Place
    microphone: Place
    rt60: float

    def __post_init__(self) -> None:
        check_number(self, "rt60", self.rt60, Real, min_val=0, include_boundaries="neither")
        for name in ("size", "source", "microphone"):
            _check_numbers("Room", name, getattr(self, name), 3)
        for name in ("source", "microphone"):
            place = np.array(getattr(self, name))
            if not (place < self.size).all():
                raise ValueError(
                    f"Room: {name}={getattr(self, name)!r} must lie inside size={self.size!r}."
                )
        if self.distance == 0:
            raise ValueError("Room: source and microphone must not be in the same place.")
        if self._order > _MOST_ORDER:
            longest = self.rt60 * _MOST_ORDER / self._order
            raise ValueError(
                f"Room: rt60={self.rt60:g} s has too many reflections in a room of "
                f"{' x '.join(f'{length:g}' for length in self.size)} m. Make it larger, or rt60 "
                f"{longest:.2g} s at most."
            )

    @property
    def distance(self) -> float:
        """From voice to microphone, in m."""
        return float(np.linalg.norm(np.subtract(self.source, self.microphone)))

    @property
    def _order(self):
        """Reflections after which a sound has travelled for `rt60`, whichever way it takes."""
        sides = np.sort(self.size)
        return int(np.ceil(_SPEED * self.rt60 * np.hypot(1 / sides[0], 1 / sides[1])))

    def response(self, sampling_rate: float) -> np.ndarray:
        r"""Impulse response from voice to microphone, by the image method [1]_.

        Parameters
        ----------
        sampling_rate : int or float
            Hz.

        Returns
        -------
        response : ndarray of shape (n_times,)
            float64, as long as `rt60`. Sample 0 is the direct sound, which is 1: what the
            sound takes to the microphone, and what it loses, is taken out. Reflections follow.

        Raises
        ------
        ImportError
            Where pyroomacoustics is not installed: ``python -m pip install "skse[rooms]"``.

        Notes
        -----
        The walls reflect all frequencies alike, absorbing the share that the formula of Eyring
        [2]_ gives for `rt60`. The formula is for diffuse sound, which no bare room has: flat
        ones ring for up to twice as long. So the air is given the absorption (a factor
        :math:`10^{-a t}`, in some dry rooms with an :math:`a` below 0) that makes the decay of
        the reflections, measured from -5 to -25 dB of the integral of Schroeder [3]_, that of
        `rt60`.

        References
        ----------
        .. [1] J. B. Allen and D. A. Berkley, "Image method for efficiently simulating
           small-room acoustics", JASA 65(4), 1979; R. Scheibler, E. Bezzam and I. Dokmanić,
           "Pyroomacoustics: a Python package for audio room simulation and array processing
           algorithms", ICASSP 2018.
        .. [2] C. F. Eyring, "Reverberation time in 'dead' rooms", JASA 1, 1930.
        .. [3] M. R. Schroeder, "New method of measuring reverberation time", JASA 37, 1965.
        """
        check_sampling_rate("Room.response", sampling_rate)
        acoustics = import_optional("pyroomacoustics", caller="Room.response", extra="rooms")
        volume, (length, width, height) = np.prod(self.size), self.size
        surface = 2 * (length * width + length * height + width * height)
        absorption = -np.expm1(-24 * np.log(10) * volume / (_SPEED * surface * self.rt60))

        def simulate(order):
            room = acoustics.ShoeBox(
                self.size,
                fs=sampling_rate,
                materials=acoustics.Material(absorption),
                max_order=order,
            )
            room.set_sound_speed(_SPEED)
            room.add_source(self.source)
            room.add_microphone(self.microphone)
            room.compute_rir()
            return room.rir[0][0]

        reflections, direct = simulate(self._order), simulate(0)
        reflections[: len(direct)] -= direct
        # The direct sound has decayed with distance, and lies between two samples.
        delay = self.distance / _SPEED * sampling_rate
        begin = round(delay) + acoustics.constants.get("frac_delay_length") // 2
        response = np.zeros(max(2, round(self.rt60 * sampling_rate)))
        kept = reflections[begin : begin + len(response)]
        response[: len(kept)] = self.distance * kept
        response = _with_decay(response, self.rt60 * sampling_rate)
        response[0] = 1
        return response


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


def _with_decay(reflections, n_decay):
    """Let reflections decay by 60 dB in `n_decay` samples; they are left where there are few."""
    for _ in range(_ROUNDS):
        measured = _decay_time(reflections)
        if not np.isfinite(measured):
            break
        rate = _STEP * 3 * (1 / n_decay - 1 / measured)
        reflections = reflections * 10 ** (-rate * np.arange(len(reflections)))
    return reflections


def _decay_time(reflections):
    """Return the samples of a decay by 60 dB; NaN where there is too little to measure."""
    energy = np.cumsum(reflections[::-1] ** 2)[::-1]
    energy = energy[energy > 0]
    if len(energy) == 0:
        return np.nan
    level = 10 * np.log10(energy / energy[0])
    inside = np.flatnonzero((level <= _DECAY_DB[0]) & (level >= _DECAY_DB[1]))
    if len(inside) < 2:
        return np.nan
    slope = np.polyfit(inside, level[inside], 1)[0]
    return -60 / slope if slope < 0 else np.nan


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
    bounds = [np.atleast_1d(_check_numbers("make_rooms", name, b, n)) for b in (low, high)]
    if (bounds[0] > bounds[1]).any():
        raise _not_bounds(name, value, n)
    return bounds


def _not_bounds(name, value, n):
    what = "a number" if n == 1 else f"{n} numbers"
    return ValueError(
        f"make_rooms: {name}={value!r:.60} must be {what}, or {what} twice: lowest and highest."
    )


def _check_numbers(owner, name, value, n):
    """Return `n` positive numbers as an array."""
    listed = [value] if n == 1 else value
    if (
        not isinstance(listed, (tuple, list, np.ndarray))
        or len(listed) != n
        or not all(isinstance(v, Real) and 0 < float(v) < float("inf") for v in listed)
    ):
        what = "a positive number" if n == 1 else f"{n} positive numbers"
        raise ValueError(f"{owner}: {name}={value!r:.60} must be {what}.")
    return np.array(listed, dtype=np.float64)
