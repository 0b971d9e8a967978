"""The losses that Keras lacks. Importing this loads Keras."""

import keras
from keras import ops

from skse.networks._loss_table import LOSSES

# Energy per value below which nothing counts as signal: 80 dB below an RMS of 1,
# the level at which an enhancer trains.
_SILENCE = 1e-8
# Exponent of the power-law compression, and the part of the complex error.
_COMPRESSION = 0.3
_COMPLEX_PART = 0.3


@keras.saving.register_keras_serializable("skse")
def dice(y_true, y_pred):
    r"""Soft Dice loss of each row: what two masks do not share.

    .. math:: 1 - \frac{2 \sum m \hat m + 1}{\sum m + \sum \hat m + 1}

    over all units of a row. The 1 (a single unit) makes the loss of a silent
    mask go to 0 with the prediction.

    Parameters
    ----------
    y_true, y_pred : tensor of shape (batch_size, ...)
        Masks in [0, 1].

    Returns
    -------
    loss : tensor of shape (batch_size,)
        In [0, 1].

    References
    ----------
    F. Milletari, N. Navab and S.-A. Ahmadi, "V-Net: Fully convolutional neural
    networks for volumetric medical image segmentation", 3DV 2016. The sums in the
    denominator are plain as in C. H. Sudre et al., "Generalised Dice overlap as a
    deep learning loss function", DLMIA 2017, not squared.
    """
    y_true, y_pred = _rows(y_true, y_pred)
    shared = ops.sum(y_true * y_pred, axis=1)
    return 1 - (2 * shared + 1) / (ops.sum(y_true, axis=1) + ops.sum(y_pred, axis=1) + 1)


@keras.saving.register_keras_serializable("skse")
def bce_dice(y_true, y_pred):
    r"""Binary cross-entropy, mean over the units of a row, plus :func:`dice`.

    Parameters
    ----------
    y_true, y_pred : tensor of shape (batch_size, ...)
        Masks in [0, 1].

    Returns
    -------
    loss : tensor of shape (batch_size,)

    References
    ----------
    F. Isensee et al., "nnU-Net: Self-adapting framework for U-Net-based medical
    image segmentation", 2018 (the sum of the two, with equal weights).
    """
    entropy = keras.losses.binary_crossentropy(y_true, y_pred)
    entropy = ops.mean(ops.reshape(entropy, (ops.shape(y_pred)[0], -1)), axis=1)
    return entropy + dice(y_true, y_pred)


@keras.saving.register_keras_serializable("skse")
def compressed_spectrum(y_true, y_pred):
    r"""Squared error of compressed spectra, with their phase and without.

    .. math::
        \alpha \big| |S|^c e^{j \varphi} - |\hat S|^c e^{j \hat \varphi} \big|^2
        + (1 - \alpha) \big( |S|^c - |\hat S|^c \big)^2,
        \quad c = 0.3, \; \alpha = 0.3

    mean over all units of a row. The compression gives faint units, most of
    speech, a say beside the few loud ones.

    Parameters
    ----------
    y_true, y_pred : tensor of shape (batch_size, ..., 2)
        Real and imaginary part of :math:`S` and :math:`\hat S`. Each
        :math:`|S|^2` is raised by 1e-8, which keeps the gradient finite in silence.

    Returns
    -------
    loss : tensor of shape (batch_size,)

    References
    ----------
    S. Braun and I. Tashev, "A consolidated view of loss functions for supervised
    deep learning-based speech enhancement", TSP 2021 (the sum and its weights);
    A. Ephrat et al., "Looking to listen at the cocktail party", ACM Trans. Graph.
    37(4), 2018 (the power-law compression of a complex spectrum).
    """
    y_true = ops.cast(y_true, y_pred.dtype)
    compressed, magnitudes = [], []
    for spectrum in (y_true, y_pred):
        power = ops.sum(ops.square(spectrum), axis=-1, keepdims=True) + _SILENCE
        compressed.append(spectrum * ops.power(power, (_COMPRESSION - 1) / 2))
        magnitudes.append(ops.power(power, _COMPRESSION / 2))
    complex_error = ops.sum(ops.square(compressed[0] - compressed[1]), axis=-1, keepdims=True)
    magnitude_error = ops.square(magnitudes[0] - magnitudes[1])
    error = _COMPLEX_PART * complex_error + (1 - _COMPLEX_PART) * magnitude_error
    return ops.mean(ops.reshape(error, (ops.shape(y_pred)[0], -1)), axis=1)


@keras.saving.register_keras_serializable("skse")
def si_sdr(y_true, y_pred):
    r"""Negative scale-invariant signal-to-distortion ratio of each row, in dB.

    .. math::
        -10 \log_{10} \frac{\|\alpha s\|^2}{\|\alpha s - \hat s\|^2},
        \quad \alpha = \frac{\langle s, \hat s \rangle}{\|s\|^2}

    It leaves the level of the output free. Both energies, taken per sample, are
    raised by 1e-8: where :math:`s` is silent, the loss falls with what is left
    of :math:`\hat s`.

    Parameters
    ----------
    y_true, y_pred : tensor of shape (batch_size, ...)
        Waveforms :math:`s` and :math:`\hat s`.

    Returns
    -------
    loss : tensor of shape (batch_size,)
        At least -80 dB for an RMS of 1.

    References
    ----------
    J. Le Roux, S. Wisdom, H. Erdogan and J. R. Hershey, "SDR - half-baked or well
    done?", ICASSP 2019, equation 3.
    """
    y_true, y_pred = _rows(y_true, y_pred)
    product = ops.mean(y_true * y_pred, axis=1, keepdims=True)
    energy = ops.mean(ops.square(y_true), axis=1, keepdims=True)
    # A silent s has no projection; the small number only keeps 0 / 0 away.
    scaled = y_true * product / ops.maximum(energy, 1e-30)
    return _negative_ratio_db(scaled, y_pred)


@keras.saving.register_keras_serializable("skse")
def snr(y_true, y_pred):
    r"""Negative signal-to-noise ratio of each row, in dB.

    .. math:: -10 \log_{10} \frac{\|s\|^2}{\|s - \hat s\|^2}

    As :func:`si_sdr`, but the level counts: what `snr_gain_score` measures.

    Parameters
    ----------
    y_true, y_pred : tensor of shape (batch_size, ...)
        Waveforms :math:`s` and :math:`\hat s`.

    Returns
    -------
    loss : tensor of shape (batch_size,)
        At least -80 dB for an RMS of 1.

    References
    ----------
    J. Le Roux, S. Wisdom, H. Erdogan and J. R. Hershey, "SDR - half-baked or well
    done?", ICASSP 2019, equation 1.
    """
    return _negative_ratio_db(*_rows(y_true, y_pred))


def _rows(y_true, y_pred):
    """Both as (batch_size, n_values), in the precision of the prediction."""
    n_rows = ops.shape(y_pred)[0]
    y_true = ops.cast(y_true, y_pred.dtype)
    return ops.reshape(y_true, (n_rows, -1)), ops.reshape(y_pred, (n_rows, -1))


def _negative_ratio_db(signal, estimate):
    noise = ops.mean(ops.square(signal - estimate), axis=1) + _SILENCE
    return 10 * ops.log10(noise / (ops.mean(ops.square(signal), axis=1) + _SILENCE))


_OWN = {loss.__name__: loss for loss in (bce_dice, compressed_spectrum, dice, si_sdr, snr)}
for _name, _loss in _OWN.items():
    _loss.compares = LOSSES[_name].compares


def named_loss(loss):
    """Return what Keras compiles for a parameter `loss`: a name, a function or a Loss."""
    return _OWN.get(loss, loss) if isinstance(loss, str) else loss


def check_loss_object(owner, loss):
    """Raise a ValueError unless a saved model can find this loss again."""
    kind = loss if not isinstance(loss, keras.losses.Loss) else type(loss)
    if not callable(loss):
        raise ValueError(
            f"{owner}: loss={loss!r} must be one of {', '.join(map(repr, LOSSES))}, a Keras loss "
            "or a function of (y_true, y_pred)."
        )
    if getattr(kind, "__module__", "").startswith("keras."):
        return
    registered = keras.saving.get_registered_name(kind)
    if keras.saving.get_registered_object(registered) is not kind:
        raise ValueError(
            f"{owner}: loss={loss!r} could not be loaded again from a saved model; decorate "
            f"{getattr(kind, '__name__', kind)} with @skse.networks.register_loss(), or with "
            "@keras.saving.register_keras_serializable()."
        )
