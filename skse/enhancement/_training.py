"""The training side of SpeechEnhancer: from pairs of waveforms to a fitted regressor.

Every function takes the enhancer whose featurizer, target and windows it uses.
"""

import warnings
from hashlib import sha256

import numpy as np
from sklearn.utils import check_random_state

from skse.enhancement._blocks import n_frames_of
from skse.enhancement._mixer import Mixer
from skse.enhancement._regressors import groups_for, last_step
from skse.enhancement._targets import fit_target

# Beyond this the levels of noisy and clean cannot belong together.
_LEVEL_MISMATCH_DB = 6.0
# Mixtures made at one go for a regressor that takes all rows at once.
_MIXTURES_AT_ONCE = 64


def fit_regressor(enhancer, regressor, noisy, clean):
    """Fit the regressor on rows of the training pairs as they are.

    Parameters
    ----------
    enhancer : SpeechEnhancer
        With its featurizer fitted.
    regressor : object
        Fitted in place.
    noisy, clean : sequence of ndarray of shape (n_times,)
        Training pairs.

    Returns
    -------
    regressor : object
    """
    fit_target(enhancer.target_, _stft_pairs(enhancer, noisy, clean))
    rows, targets, counts = training_rows(enhancer, noisy, clean)
    groups = np.repeat(groups_of(clean), counts)
    return regressor.fit(rows, targets, **groups_for(regressor, groups))


def fit_remixed(enhancer, remix, regressor, noisy, clean):
    """Fit the regressor on speech and noise of the training pairs, mixed anew.

    A network gets other mixtures in every epoch and, for early stopping, held-out pairs
    as they are; speech and noise of these are in no mixture. Any other regressor is
    fitted once on as many mixtures as an epoch has.

    Parameters
    ----------
    enhancer : SpeechEnhancer
        With its featurizer fitted.
    remix : Remix
        Checked.
    regressor : object
        Fitted in place.
    noisy, clean : sequence of ndarray of shape (n_times,)
        Training pairs.

    Returns
    -------
    regressor : object
    """
    seed = _seed_of(remix, regressor)
    held_out = None
    if trains_on_batches(regressor) and regressor.early_stopping:
        train, others = _split(regressor, groups_of(clean))
        held_out = [[x[i] for i in others] for x in (noisy, clean)]
        noisy, clean = ([x[i] for i in train] for x in (noisy, clean))
    fit_target(enhancer.target_, _stft_pairs(enhancer, noisy, clean))
    featurizer, n_frames = enhancer.featurizer_, enhancer.segment_frames
    mixer = Mixer(remix, noisy, clean, (n_frames - 1) * featurizer.hop_length)
    n_mixtures = remix.n_mixtures or sum(
        -(-n_frames_of(len(x), featurizer.hop_length) // n_frames) for x in noisy
    )

    def mixed_rows(step, n):
        rng = np.random.default_rng([seed, step])
        return _rows_of_mixtures(enhancer, *mixer.mix(n, rng))

    if trains_on_batches(regressor):
        validation = held_out and training_rows(enhancer, *held_out)[:2]
        batch_size = regressor.batch_size
        return regressor.fit_batches(
            lambda step: mixed_rows(step, batch_size), n_mixtures, validation
        )
    begins = range(0, n_mixtures, _MIXTURES_AT_ONCE)
    parts = [mixed_rows(i, min(_MIXTURES_AT_ONCE, n_mixtures - i)) for i in begins]
    rows, targets = (np.concatenate(part) for part in zip(*parts, strict=True))
    return regressor.fit(rows, targets)


def trains_on_batches(regressor):
    """Tell whether a regressor takes rows that are made while it trains."""
    return hasattr(regressor, "fit_batches")


def check_remix(enhancer, regressor):
    """Raise a ValueError where the regressor cannot be trained on mixtures."""
    if enhancer.segment_frames < 2:
        raise ValueError(
            f"SpeechEnhancer: remix makes mixtures of segment_frames={enhancer.segment_frames!r} "
            "frames; expected at least 2."
        )
    network = last_step(regressor)
    if network is not regressor and trains_on_batches(network):
        raise ValueError(
            f"SpeechEnhancer: remix cannot train {type(network).__name__} inside a Pipeline, "
            "whose other steps want all rows at once. Pass the network itself as regressor "
            "(it standardizes its features), or use remix=False."
        )


def training_rows(enhancer, noisy, clean):
    """Rows of training pairs, filled one utterance at a time.

    Parameters
    ----------
    enhancer : SpeechEnhancer
        With its featurizer and target fitted.
    noisy, clean : sequence of ndarray of shape (n_times,)
        Training pairs.

    Returns
    -------
    rows, targets : ndarray
        float32.
    counts : ndarray of int
        Rows of every pair.
    """
    windows = enhancer._windows
    hop_length = enhancer.featurizer_.hop_length
    n_frames = [max(n_frames_of(len(x), hop_length), windows.min_frames) for x in noisy]
    counts = np.array([windows.n_rows(n) for n in n_frames])
    rows = targets = None
    pairs = _stft_pairs(enhancer, noisy, clean)
    for (y_stft, s_stft), end, count in zip(pairs, np.cumsum(counts), counts, strict=True):
        y_stft, s_stft = (enhancer._pad(stft, windows) for stft in (y_stft, s_stft))
        new_rows = windows.training_rows(enhancer._network_input(y_stft))
        new_targets = windows.training_targets(enhancer.target_.transform(y_stft, s_stft))
        if rows is None:
            rows = np.empty((counts.sum(), *new_rows.shape[1:]), dtype=np.float32)
            targets = np.empty((counts.sum(), *new_targets.shape[1:]), dtype=np.float32)
        rows[end - count : end] = new_rows
        targets[end - count : end] = new_targets
    return rows, targets, counts


def groups_of(clean):
    """Label every pair by its clean recording: one label for one sentence in many noises."""
    digests = [sha256(np.ascontiguousarray(s)).hexdigest() for s in clean]
    return np.unique(digests, return_inverse=True)[1]


def match_levels(noisy, clean):
    """Scale each clean waveform by the least-squares gain that fits it into the noisy one."""
    return [s * np.float32(_level_in(x, s)) for x, s in zip(noisy, clean, strict=True)]


def warn_of_other_level(noisy, clean):
    """Warn the caller of the caller where clean and noisy were recorded at different levels."""
    gains = np.abs([_level_in(x, s) for x, s in zip(noisy, clean, strict=True)])
    median = 20 * np.log10(max(float(np.median(gains)), 1e-10))
    if abs(median) > _LEVEL_MISMATCH_DB:
        warnings.warn(
            f"The clean waveforms are contained in the noisy ones at {median:+.1f} dB (median); "
            "targets expect 0 dB. Pass match_level=True if a step or a recorder changed the "
            "level.",
            stacklevel=3,
        )


def _stft_pairs(enhancer, noisy, clean):
    return enhancer._stft_pairs(noisy, clean, enhancer.featurizer_)


def _rows_of_mixtures(enhancer, noisy, clean):
    """Rows of mixtures that are one segment long, all together."""
    featurizer = enhancer.featurizer_
    gains = np.array([[enhancer._gain(x)] for x in noisy], dtype=np.float32)
    if featurizer.n_fft % 2:  # a sample more, as Recording has it
        noisy, clean = (np.pad(w, [(0, 0), (0, 1)]) for w in (noisy, clean))
    y_stfts, s_stfts = (featurizer.stft(w * gains) for w in (noisy, clean))
    features = [enhancer._network_input(stft) for stft in y_stfts]
    targets = enhancer.target_.transform(y_stfts, s_stfts)
    windows = enhancer._windows
    return (
        np.concatenate([windows.training_rows(f) for f in features]),
        np.concatenate([windows.training_targets(t) for t in targets]),
    )


def _split(network, groups):
    """Numbers of the pairs to train on and of those held out, by whole groups."""
    from skse.networks import split_groups

    return split_groups(
        groups,
        len(groups),
        network.validation_fraction,
        check_random_state(network.random_state),
        owner=network,
    )


def _seed_of(remix, regressor):
    random_state = remix.random_state
    if random_state is None:
        random_state = last_step(regressor).get_params(deep=False).get("random_state")
    return int(check_random_state(random_state).randint(2**31 - 1))


def _level_in(noisy, clean):
    """Least-squares gain of the clean waveform in the noisy one."""
    energy = float(np.dot(clean, clean))
    return float(np.dot(noisy, clean)) / energy if energy > 0 else 1.0
