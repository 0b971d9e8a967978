"""The ceiling of a featurizer and a target."""

from skse.enhancement._enhancer import SpeechEnhancer
from skse.enhancement._pairs import match_levels
from skse.utils import check_waveform_pairs, restore_container
from skse.utils.typing import ArrayOrList, Waveforms


def oracle_predict(enhancer: SpeechEnhancer, X: Waveforms, y: Waveforms) -> ArrayOrList:
    """Enhance with the true target in place of a prediction.

    The scores of the result are the ceiling of the enhancer's featurizer, target,
    `match_level`, `strength` and `mask_floor_db`: no regressor can do better. A target
    that learns from clean speech (the target binary mask) learns from all of `y`.

    Parameters
    ----------
    enhancer : SpeechEnhancer
        Need not be fitted; its regressor is not used.
    X : array-like of shape (n_samples, n_times) or sequence of 1-D arrays
        Noisy waveforms.
    y : array-like of shape (n_samples, n_times) or sequence of 1-D arrays
        Clean waveforms.

    Returns
    -------
    enhanced : list, tuple or ndarray
        float32 waveforms, in the container and of the lengths of `X`.

    Raises
    ------
    ValueError
        As :meth:`skse.SpeechEnhancer.fit`, and for another kind of estimator.

    Examples
    --------
    >>> import numpy as np
    >>> from skse import IdealMaskTarget, SpeechEnhancer, oracle_predict
    >>> rng = np.random.default_rng(0)
    >>> clean = np.sin(np.arange(4000) / 3)[None]
    >>> noisy = clean + rng.standard_normal(clean.shape)
    >>> best = oracle_predict(SpeechEnhancer(target=IdealMaskTarget("irm")), noisy, clean)
    >>> bool(np.sum((best - clean) ** 2) < 0.2 * np.sum((noisy - clean) ** 2))
    True
    """
    if not isinstance(enhancer, SpeechEnhancer):
        raise ValueError(
            f"oracle_predict: enhancer={enhancer!r:.60} must be a SpeechEnhancer, whose target has "
            "a ceiling. Of a Pipeline pass the last step, and as X what the steps before make; of "
            "a search pass its best_estimator_."
        )
    noisy, clean = check_waveform_pairs(X, y, two_rows_are="stereo")
    chain = enhancer.make_chain()
    if enhancer.match_level:
        clean = match_levels(noisy, clean)
    enhanced = list(chain.fit(noisy, clean).ideal(noisy, clean, **enhancer.limits()))
    return restore_container(enhanced, X)
