"""The noisy STFT as reference for a target's head: what a network sees beside the features."""

import numpy as np
from sklearn.pipeline import Pipeline

from skse.enhancement._regressors import last_step

N_CHANNELS = 2  # real and imaginary part


def network_input(featurizer, target, stft):
    """Compute what the regressor sees of an STFT.

    Parameters
    ----------
    featurizer : object
        Makes the features.
    target : object
        Says whether it needs the reference.
    stft : ndarray of shape (n_frequencies, n_frames)
        Noisy STFT, padded to the frames that a segment needs.

    Returns
    -------
    seen : ndarray of shape (n_bands, n_frames[, n_channels])
        The features; for a target with reference
        ``(max(n_bands, n_frequencies), n_frames, n_channels + 2)``: the features, then
        real and imaginary part of the STFT, the shorter of the two padded with zeros.
    """
    features = featurizer.features(stft)
    if not target.needs_reference:
        return features
    if features.ndim == 2:
        features = features[..., None]
    n_bands, n_frames, n_channels = features.shape
    n_rows = max(n_bands, len(stft))
    seen = np.zeros((n_rows, n_frames, n_channels + N_CHANNELS), dtype=np.float32)
    seen[:n_bands, :, :n_channels] = features
    seen[: len(stft), :, -2], seen[: len(stft), :, -1] = stft.real, stft.imag
    return seen


def set_head(regressor, target, featurizer, segment_frames):
    """Give a regressor the head that the target needs, or say why it cannot have one.

    Parameters
    ----------
    regressor : object
        A network, or a Pipeline that ends in one; changed in place.
    target : object
        Has ``network_head``.
    featurizer : object
        Makes the features.
    segment_frames : int
        Frames in a row.

    Raises
    ------
    ValueError
        Naming both sides and what would fit.
    """
    network = last_step(regressor)
    if "head" not in network.get_params(deep=False):
        raise ValueError(
            f"{target!r} is applied inside the network, but {type(network).__name__} has no "
            "parameter 'head' for it. Use UNetRegressor or AutoencoderRegressor, or a target that "
            "any regressor can predict: IdealMaskTarget or SpectrumTarget."
        )
    if target.gives_waveforms and segment_frames < 2:
        raise ValueError(
            f"{target!r} needs segments of at least 2 frames, but SpeechEnhancer has "
            f"segment_frames={segment_frames!r}."
        )
    for name, step in regressor.steps[:-1] if isinstance(regressor, Pipeline) else ():
        if step in (None, "passthrough"):
            continue
        if "n_reference_channels" not in step.get_params(deep=False):
            raise ValueError(
                f"{target!r} needs the noisy STFT inside the network, but step {name!r} before it, "
                f"{type(step).__name__}, would change it. Use FeatureScaler, or the network alone: "
                "it standardises what it sees (standardize=True)."
            )
        step.set_params(n_reference_channels=N_CHANNELS)
    silence = np.zeros((1 + featurizer.n_fft // 2, 1), dtype=np.complex64)
    n_bands = len(featurizer.features(silence))
    network.set_params(head={**target.network_head(featurizer), "n_bands": n_bands})
