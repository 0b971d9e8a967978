"""From pairs of waveforms to a fitted regressor, over a chain."""

import shutil
import tempfile
from contextlib import nullcontext

import numpy as np
from sklearn.utils import check_random_state

from skse.enhancement._blocks import n_frames_of
from skse.enhancement._further import fit_further
from skse.enhancement._mixer import Mixer, can_mix
from skse.enhancement._regressors import fit_rows, last_step, network_of, search_in
from skse.enhancement._remix import Remix
from skse.enhancement._reverberation import follow_from_speech
from skse.networks import BaseNetworkRegressor, split_groups
from skse.utils import Ahead, FileArray, UnreadWaveforms, lengths_of, pick

# Mixtures made at one go for a regressor that takes all rows at once.
_MIXTURES_AT_ONCE = 64
# Frames of a segment that remix="auto" asks for: in fewer there is a syllable at most.
_LEAST_FRAMES = 16


def train(
    chain,
    regressor,
    noisy,
    clean,
    groups,
    *,
    environments=None,
    remix=None,
    mixture_frames=None,
    further=False,
):
    """Fit a regressor on the training pairs as they are, or mixed anew.

    Parameters
    ----------
    chain : Chain
        Not fitted; or fitted, with `further`.
    regressor : object
        Fitted in place.
    noisy, clean : sequence of ndarray of shape (n_times,)
        Training pairs.
    groups : ndarray of int, shape (n_pairs,)
        Which pairs must not be on both sides of a split.
    environments : sequence of ndarray of shape (environment_samples,) or None, default=None
        Of the pairs that are taken as they are, where the chain asks for it.
    remix : Remix or None, default=None
        How they are mixed, checked; None takes them as they are.
    mixture_frames : int or None, default=None
        Frames in a mixture.
    further : bool, default=False
        Whether to go on with a trained chain and regressor.

    Returns
    -------
    regressor : object
    """
    if remix is not None:
        return _train_on_mixtures(
            chain, regressor, noisy, clean, groups, environments, remix, mixture_frames, further
        )
    if not further:
        chain.fit(noisy, clean)
    network = isinstance(regressor, BaseNetworkRegressor)
    allocate = RowsInFiles() if network and is_unread(noisy, clean) else np.empty
    rows, targets, counts = chain.rows(noisy, clean, allocate, environments)
    fit = fit_further if further else fit_rows
    return fit(regressor, rows, targets, np.repeat(groups, counts))


def is_unread(noisy, clean):
    """Whether there are handles among checked waveforms."""
    return any(isinstance(waveforms, UnreadWaveforms) for waveforms in (noisy, clean))


class RowsInFiles:
    """Makes the arrays that rows of handles are written to: temporary files."""

    def __init__(self):
        self._n_bytes = 0

    def __call__(self, shape, dtype):
        """Return an array, or raise a ValueError where the disk has no room for all so far."""
        array = FileArray(shape, dtype)
        self._n_bytes += array.nbytes
        folder = tempfile.gettempdir()
        if self._n_bytes > (free := shutil.disk_usage(folder).free):
            raise ValueError(
                f"SpeechEnhancer: {shape[0]} rows of handles take {self._n_bytes / 1e9:.3g} GB in "
                f"temporary files, but {folder} has {free / 1e9:.3g} GB left. Set the environment "
                "variable TMPDIR to a folder with more, or train on mixtures (remix=True), of "
                "which only the held-out rows are written."
            )
        return array


def check_remix(regressor, segment_frames):
    """Raise a ValueError where the regressor cannot be trained on mixtures."""
    if segment_frames < 2:
        raise ValueError(
            f"SpeechEnhancer: remix makes mixtures of segment_frames={segment_frames!r} "
            "frames; expected at least 2."
        )
    search = search_in(regressor)
    if search is not None:
        raise ValueError(
            f"SpeechEnhancer: remix cannot train inside a {type(search).__name__}: mixtures share "
            "their sentences, and no folds of them are apart. Search over the SpeechEnhancer, "
            "or use remix=False."
        )
    network = network_of(regressor)
    if network is not regressor and isinstance(network, BaseNetworkRegressor):
        raise ValueError(
            f"SpeechEnhancer: remix cannot train {type(network).__name__} inside a "
            f"{type(regressor).__name__}, which wants all rows at once. Pass the network itself "
            "as regressor (it standardizes its features), or use remix=False."
        )


def choose_remix(remix, regressor, windows, noisy, clean, groups):
    """Return how the pairs are mixed anew; None where they are taken as they are.

    Parameters
    ----------
    remix : "auto", bool or Remix
        As of the enhancer, checked.
    regressor : object
        What is trained.
    windows : Segments or ContextFrames
        What it is given.
    noisy, clean : sequence of ndarray of shape (n_times,)
        Training pairs.
    groups : ndarray of int, shape (n_pairs,)
        Which pairs must not be on both sides of a split.

    Returns
    -------
    remix : Remix or None

    Raises
    ------
    ValueError
        Where `remix` is not "auto" and takes for noise what is none.
    """
    auto = isinstance(remix, str)
    if remix is False or (auto and not _suits_remix(regressor, windows, noisy, clean, groups)):
        return None
    chosen = remix if isinstance(remix, Remix) else Remix()
    takes_noise = chosen.babble + chosen.coloured_noise < 1
    if not takes_noise or not follow_from_speech(noisy, clean):
        return chosen
    if auto:
        return None
    raise ValueError(
        "SpeechEnhancer: remix takes noisy minus clean for noise, but here much of it is made from "
        "the speech, as by a room, a delay, an equaliser or another level; speech mixed anew would "
        "be without it. Use remix=False (skse.datasets.reverberate makes more pairs in rooms), or "
        "match_level=True where it is the level alone."
    )


def _suits_remix(regressor, windows, noisy, clean, groups):
    """Tell whether ``remix="auto"`` mixes anew, as far as noise is noise."""
    if not isinstance(regressor, BaseNetworkRegressor) or windows.n_frames < _LEAST_FRAMES:
        return False
    # Of those that are held out, nothing is mixed: others must remain.
    n_held_out = np.ceil(regressor.validation_fraction * len(np.unique(groups)))
    return bool(len(np.unique(groups[can_mix(noisy, clean)])) > n_held_out)


def _train_on_mixtures(
    chain, regressor, noisy, clean, groups, environments, remix, n_frames, further
):
    """Fit on speech and noise of the pairs, mixed anew in every epoch.

    A network validates on held-out pairs as they are; speech and noise of these are in no
    mixture. Any other regressor is fitted once on as many mixtures as an epoch has.
    """
    network = regressor if isinstance(regressor, BaseNetworkRegressor) else None
    seed, held_out = _seed_of(remix, regressor), None
    several = further and len(np.unique(groups)) > 1
    if network is not None and (network.early_stopping or several):
        train, others = split_groups(
            groups,
            len(groups),
            network.validation_fraction,
            check_random_state(network.random_state),
            owner=network,
        )
        around = None if environments is None else [environments[i] for i in others]
        held_out = [pick(x, others) for x in (noisy, clean)]
        noisy, clean = (pick(x, train) for x in (noisy, clean))
    if not further:
        chain.fit(noisy, clean)
    hop_length = chain.featurizer.hop_length
    n_segments = chain.mixture_segments
    n_times = (n_segments * n_frames - 1) * hop_length
    mixer = Mixer(remix, noisy, clean, n_times, chain.environment_samples)
    n_mixtures = remix.n_mixtures or sum(
        -(-n_frames_of(n_times, hop_length) // n_frames) for n_times in lengths_of(noisy)
    )

    def mixed_rows(step, n):
        n_mixtures = -(-n // n_segments)
        made = chain.mixture_rows(*mixer.mix(n_mixtures, np.random.default_rng([seed, step])))
        # Of a surplus, now the first segments and now the last are left out.
        begin = step % (n_mixtures * n_segments - n + 1)
        begin, end = (i * chain.windows.n_rows(n_frames) for i in (begin, begin + n))
        return [rows[begin:end] for rows in made]

    if network is not None:
        batch_size, unread = network.batch_size, is_unread(noisy, clean)
        fit_batches = network.partial_fit_batches if further else network.fit_batches
        allocate = RowsInFiles() if unread else np.empty
        validation = None if held_out is None else chain.rows(*held_out, allocate, around)[:2]

        def make_batch(step):
            return mixed_rows(step, batch_size)

        with Ahead(make_batch) if unread else nullcontext(make_batch) as make:
            return fit_batches(make, n_mixtures, validation)
    begins = range(0, n_mixtures, _MIXTURES_AT_ONCE)
    parts = [mixed_rows(i, min(_MIXTURES_AT_ONCE, n_mixtures - i)) for i in begins]
    rows, targets = (np.concatenate(part) for part in zip(*parts, strict=True))
    fit = fit_further if further else fit_rows
    return fit(regressor, rows, targets, np.arange(len(rows)))


def _seed_of(remix, regressor):
    random_state = remix.random_state
    if random_state is None:
        random_state = last_step(regressor).get_params(deep=False).get("random_state")
    return int(check_random_state(random_state).randint(2**31 - 1))
