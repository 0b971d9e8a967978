"""Network ends that combine what the network says with the noisy STFT. This loads Keras."""

import keras
from keras import layers, ops

from skse.networks._convolutions import fold_frequencies, unfold_frequencies
from skse.networks._losses import named_loss
from skse.networks._waveform_loss import WaveformLoss


@keras.saving.register_keras_serializable("skse")
class SplitReference(layers.Layer):
    """Part the features from the reference that was appended to them.

    Parameters
    ----------
    n_bands : int
        Rows of the features along frequency; the rest is padding.
    n_frequencies : int
        The same of the reference.
    **options : dict
        Of `keras.layers.Layer`.
    """

    def __init__(self, n_bands, n_frequencies, **options):
        super().__init__(**options)
        self.n_bands, self.n_frequencies = n_bands, n_frequencies

    def call(self, inputs):
        """Return features ``(..., n_channels - 2)`` and reference ``(..., 2)``."""
        return inputs[:, : self.n_bands, :, :-2], inputs[:, : self.n_frequencies, :, -2:]

    def get_config(self):
        """Everything that makes an equal layer."""
        sizes = {"n_bands": self.n_bands, "n_frequencies": self.n_frequencies}
        return {**super().get_config(), **sizes}


@keras.saving.register_keras_serializable("skse")
class MaskHead(layers.Layer):
    r"""Apply a mask to the noisy STFT, inside the network.

    .. math:: M \, |Y|^p e^{j \theta} \quad \text{or} \quad M \, |Y|^p

    Parameters
    ----------
    mask : {"real", "complex"}
        Whether :math:`M` is a gain or also turns the phase.
    bound : float or None
        Largest :math:`|M|^{1/p}`: the mask is a sigmoid, and a complex one has the
        hyperbolic tangent as its magnitude. None: the mask is `offset`, plus `scale` times what
        comes in.
    output : {"complex", "magnitude"}
        Real and imaginary part as two channels, or the magnitude without channels.
    compression : float
        Exponent :math:`p`.
    offset, scale : float, default=0.0, 1.0
        Of a mask without bound. With 1 and little, a network that has not been trained leaves
        the noisy speech almost as it is.
    **options : dict
        Of `keras.layers.Layer`.
    """

    def __init__(self, mask, bound, output, compression, offset=0.0, scale=1.0, **options):
        super().__init__(**options)
        self.mask, self.bound = mask, bound
        self.output_kind, self.compression = output, compression
        self.offset, self.scale = offset, scale

    def call(self, inputs):
        """Combine the body's output and the reference, ``[(..., 1 or 2), (..., 2)]``."""
        image, noisy = inputs
        mask = self._mask(image)
        power = ops.sum(ops.square(noisy), axis=-1, keepdims=True)
        if self.output_kind == "magnitude":
            return (mask * ops.power(power, self.compression / 2))[..., 0]
        if self.compression != 1:
            loud = ops.where(power > 0, power, 1)
            noisy = noisy * ops.power(loud, (self.compression - 1) / 2)
        if self.mask == "real":
            return mask * noisy
        a, b, x, y = mask[..., :1], mask[..., 1:], noisy[..., :1], noisy[..., 1:]
        return ops.concatenate([a * x - b * y, a * y + b * x], axis=-1)

    def _mask(self, image):
        if self.bound is None:
            offset = [self.offset, 0.0][: image.shape[-1]]
            return self.scale * image + ops.convert_to_tensor(offset, dtype=image.dtype)
        largest = self.bound**self.compression
        if self.mask == "real":
            return largest * ops.sigmoid(image)
        length = ops.sqrt(ops.sum(ops.square(image), axis=-1, keepdims=True) + 1e-12)
        return largest * image * (ops.tanh(length) / length)

    def get_config(self):
        """Everything that makes an equal layer."""
        return {
            **super().get_config(),
            "mask": self.mask,
            "bound": self.bound,
            "output": self.output_kind,
            "compression": self.compression,
            "offset": self.offset,
            "scale": self.scale,
        }


def build_with_head(
    input_shape, output_shape, *, build, head, make_model=keras.Model, batch_size=None, n_before=0
):
    """Build a network that sees the features alone and ends in a head.

    Parameters
    ----------
    input_shape : tuple
        ``(n_rows, n_frames, n_channels + 2)`` of one sample: the features and, as its last
        two channels, real and imaginary part of the noisy STFT, each padded to ``n_rows``.
    output_shape : tuple
        ``(n_frequencies, n_frames, 2)``, or without channels for magnitudes.
    build : callable
        ``build(input_shape, output_shape)`` gives the network in between, the body.
    head : dict
        As a target's ``network_head`` gives it.
    make_model : callable, default=keras.Model
        ``make_model(inputs, outputs, name=name)`` gives the whole; a class of its own trains
        the whole in its own way.
    batch_size : int or None, default=None
        Rows that a call takes; None takes any number.
    n_before : int, default=0
        Frames of the environment that rows begin with, which the output has not.

    Returns
    -------
    model : keras.Model
        Not compiled.
    """
    inputs = keras.Input(shape=input_shape, batch_size=batch_size)
    frequencies, frames = output_shape[:2]
    features, reference = SplitReference(head["n_bands"], frequencies)(inputs)
    if n_before:
        reference = reference[:, :, n_before:]
    body = build(
        (head["n_bands"], input_shape[1], input_shape[2] - 2),
        (frequencies, frames, 2 if head["mask"] == "complex" else 1),
    )
    names = ("mask", "bound", "output", "compression", "offset", "scale")
    options = {name: head[name] for name in names if name in head}
    trains = head.get("trains_kernels", False)
    noisy = map_frames(reference) if trains else reference
    outputs = MaskHead(**options)([body(features), noisy])
    if trains:
        outputs = map_frames(outputs)
    return make_model(inputs, outputs, name=body.name)


def map_frames(spectra):
    """Map every frame of an STFT by a trained matrix that starts as the identity.

    A Fourier kernel maps the windowed samples of a frame, which are as many numbers as its
    spectrum has degrees of freedom: a trained kernel is such a matrix behind the fixed one, or, on
    the way back, before it.

    Parameters
    ----------
    spectra : KerasTensor of shape (None, n_frequencies, n_frames, 2)
        Real and imaginary part.

    Returns
    -------
    spectra : KerasTensor of shape (None, n_frequencies, n_frames, 2)
    """
    _, n_frequencies, _, n_channels = spectra.shape
    frames = fold_frequencies(spectra, n_frequencies)
    size = n_frequencies * n_channels
    frames = layers.Dense(size, use_bias=False, kernel_initializer="identity")(frames)
    return unfold_frequencies(frames, n_frequencies, n_frequencies)


def features_of(X, head, n_before=0):
    """Return the part of `X` that the body of a network sees, behind its first `n_before` frames.

    Rows without an axis of frames are returned as they are.
    """
    if n_before:
        X = X[:, :, n_before:]
    return X if head is None else X[:, : head["n_bands"], :, :-2]


def compiled_loss(loss, head):
    """Return what Keras compiles: the loss itself, or the loss on waveforms."""
    if head is None or head.get("istft") is None:
        return named_loss(loss)
    return WaveformLoss(loss, **head["istft"])


def check_head(owner, X, y):
    """Raise a ValueError where the parameter `head` cannot work, or not with `X` and `y`."""
    head, name = owner.head, type(owner).__name__
    if not isinstance(head, dict) or not {"mask", "bound", "output", "n_bands"} <= head.keys():
        raise ValueError(
            f"{name}: head={head!r} must be None or what a target's network_head gives; "
            "SpeechEnhancer sets it."
        )
    if owner.output_activation not in ("auto", "linear"):
        raise ValueError(
            f"{name}: output_activation={owner.output_activation!r} cannot be followed by a head, "
            "which has an activation of its own; use output_activation='auto'."
        )
    rows = (2,) if head["output"] == "complex" else ()
    if X.ndim != 4 or X.shape[3] < 3 or y.shape[3:] != rows or y.ndim < 3:
        raise ValueError(
            f"{name}: with this head X must be (n_samples, n_frequencies, n_frames, n_channels), "
            "real and imaginary part of the noisy STFT as the last two channels, and y "
            f"(n_samples, n_frequencies, n_frames{', 2' if rows else ''}); got {X.shape} and "
            f"{y.shape}."
        )
    if head.get("istft") is not None and y.shape[2] < 2:
        raise ValueError(
            f"{name}: a loss on waveforms needs rows of at least 2 frames, got {y.shape[2]}; "
            "raise segment_frames."
        )
