"""What a recipe's recordings have gone through beside noise: rooms, or other distortions."""

import numpy as np
from sklearn.utils import Bunch

from skse.datasets import make_rooms, reverberate

_N_ROOMS = {"train": 40, "test": 10}
_RT60_S = (0.2, 0.7)
# What every third pair goes through.
_KINDS = ("noise", "room", "both")


def in_rooms(part, role, *, random_state=0):
    """Put speech into rooms: a third of the pairs in noise alone, a third in a room alone.

    Parameters
    ----------
    part : Bunch
        Pairs of noisy and clean waveforms, with their labels.
    role : {"train", "test"}
        Whose rooms they are: no room is in both.
    random_state : int, default=0
        Draws the rooms, and which pair is in which.

    Returns
    -------
    part : Bunch
        Pairs in the same order. The clean waveforms are without any room; noise is added at the
        level that it had. ``noise`` says "room", or names the noise, "+ room" behind it where
        there are both; ``snr_db`` is NaN in a room alone.
    """
    seed = 2 * random_state + (role == "test")
    rooms = make_rooms(_N_ROOMS[role], rt60=_RT60_S, random_state=seed)
    # Which pair goes through what: all of them in every noise and SNR, whatever their order.
    turn = np.random.default_rng(seed).permutation(len(part.noisy)) % len(_KINDS)
    heard = reverberate(
        part.clean, rooms, sampling_rate=part.sampling_rate, random_state=seed
    ).noisy
    noisy, noise, snr_db = [], [], []
    for i, x in enumerate(part.noisy):
        kind, added = _KINDS[turn[i]], x - part.clean[i]
        noisy.append({"noise": x, "room": heard[i], "both": heard[i] + added}[kind])
        name = str(part.noise[i])
        noise.append({"noise": name, "room": "room", "both": f"{name} + room"}[kind])
        snr_db.append(np.nan if kind == "room" else float(part.snr_db[i]))
    labels = {"noise": np.array(noise), "snr_db": np.array(snr_db)}
    return Bunch(**{**part, **labels, "noisy": noisy})


def distorted(part, role, *, random_state=0):
    """Distort clean speech in place of the noise it was in.

    Parameters
    ----------
    part : Bunch
        Pairs of noisy and clean waveforms, with their labels.
    role : {"train", "test"}
        Whose distortions they are: seeds of their own.
    random_state : int, default=0
        Draws what happens to each.

    Returns
    -------
    part : Bunch
        Pairs in the same order. ``noise`` names what was done, "none" where nothing was;
        ``snr_db`` is NaN.
    """
    from skse.datasets import distort

    noisy, done = distort(
        part.clean,
        sampling_rate=part.sampling_rate,
        whisper_method="lpc",
        random_state=2 * random_state + (role == "test"),
        return_distortions=True,
    )
    noise = np.array([" + ".join(what) or "none" for what in done])
    snr_db = np.full(len(noisy), np.nan)
    return Bunch(**{**part, "noisy": list(noisy), "noise": noise, "snr_db": snr_db})


CONDITIONS = {"rooms": in_rooms, "distortions": distorted}
