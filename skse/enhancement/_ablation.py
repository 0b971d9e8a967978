"""What an environment is worth: enhancement with another one, and with none."""

import numpy as np
from numpy.typing import ArrayLike

from skse.enhancement._enhancer import SpeechEnhancer
from skse.utils import check_waveforms, restore_container
from skse.utils.typing import ArrayOrList, Waveform, Waveforms


def environment_ablation(
    enhancer: SpeechEnhancer,
    X: Waveforms,
    environment: Waveforms | Waveform | None = None,
    *,
    groups: ArrayLike | None = None,
) -> dict[str, ArrayOrList]:
    """Enhance with the environment of each recording, with that of another, and with silence.

    An enhancer that heeds its environment is best with its own. Where another one does as well,
    it has learnt to do without.

    Parameters
    ----------
    enhancer : SpeechEnhancer
        Fitted with an environment.
    X : array-like of shape (n_samples, n_times) or sequence of 1-D arrays
        Noisy waveforms.
    environment : sequence of array-like or ndarray of shape (n_times,), default=None
        As for ``enhancer.predict``.
    groups : array-like of shape (n_samples,) or None, default=None
        What environment each waveform is of, such as the name of its noise: another one is then of
        another group. None takes all for different.

    Returns
    -------
    enhanced : dict of str to list, tuple or ndarray
        "own", "other" (that of the next waveform of another group, the first following the last)
        and "silence", each in the container of `X`.

    Raises
    ------
    ValueError
        For an enhancer without environment, groups of which there is one only, and as
        ``enhancer.predict``.

    Notes
    -----
    Of the three questions that a study of noise embeddings must answer [1]_ this one answers two;
    for the third, enhancement by a network of the same size that is told nothing, fit another
    with ``embedding=None``.

    References
    ----------
    .. [1] G. Keren, J. Han and B. Schuller, "Scaling speech enhancement in unseen environments with
       noise embeddings", CHiME 2018.

    Examples
    --------
    >>> from skse import NoiseEmbeddingRegressor, SpeechEnhancer
    >>> from skse.datasets import load_harvard
    >>> from skse.enhancement import environment_ablation
    >>> data = load_harvard(noises=("white", "car"), snr_db=5)
    >>> network = NoiseEmbeddingRegressor((4, 4), strides=(2, 2), epochs=1, random_state=0)
    >>> enhancer = SpeechEnhancer(
    ...     regressor=network, sampling_rate=8000, environment="auto", environment_seconds=0.3
    ... ).fit(data.noisy[:6], data.clean[:6])
    >>> enhanced = environment_ablation(enhancer, data.noisy[6:], groups=data.noise[6:])
    >>> sorted(enhanced)
    ['other', 'own', 'silence']
    """
    enhancer.check_ready()
    waveforms, chain = check_waveforms(X), enhancer.chain_
    if not chain.environment_frames:
        raise ValueError(
            f"environment_ablation: {enhancer!r:.60} was fitted without an environment; fit it "
            "with one, such as environment='auto'."
        )
    labels = np.arange(len(waveforms)) if groups is None else np.asarray(groups)
    if labels.shape != (len(waveforms),) or (labels == labels[0]).all():
        raise ValueError(
            f"environment_ablation: groups={groups!r:.60} must name the environment of each of the "
            f"{len(waveforms)} waveforms, and at least 2 of them."
        )
    own = enhancer.predict(X, environment=environment)
    stretches = list(enhancer.environments_of(waveforms, environment) or ())
    others = [stretches[_next_other(labels, i)] for i in range(len(labels))]
    silence = [np.zeros(chain.environment_samples, np.float32)] * len(labels)
    enhanced = {"own": own}
    for name, environments in {"other": others, "silence": silence}.items():
        made = chain.enhanced(
            waveforms, enhancer.regressor_, environments=environments, **enhancer.limits()
        )
        enhanced[name] = restore_container(made, X)
    return enhanced


def _next_other(labels, i):
    """Return the number of the next waveform behind the `i`-th that is of another group."""
    following = np.roll(labels, -i) != labels[i]
    return (i + int(np.argmax(following))) % len(labels)
