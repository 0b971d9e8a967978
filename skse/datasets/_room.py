"""A simulated room: the impulse response from a voice to a microphone."""

from dataclasses import dataclass
from numbers import Real

import numpy as np

from skse.utils import check_number, check_sampling_rate, import_optional

_SPEED = 343.0  # of sound, in m/s
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
            check_numbers("Room", name, getattr(self, name), 3)
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


def check_numbers(owner, name, value, n):
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
