"""The ceiling of a featurizer and a target."""

from skse.utils import check_waveform_pairs, restore_container


def oracle_predict(enhancer, X, y):
    """Enhance with the true target in place of a prediction.

    The scores of the result are the ceiling of the enhancer's featurizer,
    target, `strength` and `mask_floor_db`: no regressor can do better. A target
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
        As :meth:`skse.SpeechEnhancer.fit`.

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
    noisy, clean = check_waveform_pairs(X, y, two_rows_are="stereo")
    return restore_container(list(enhancer._oracle(noisy, clean)), X)
