"""The first and last layers that all networks share. Importing this loads Keras."""

import keras
import numpy as np
import tensorflow as tf
from keras import layers, ops


@keras.saving.register_keras_serializable("skse")
class CropLike(layers.Layer):
    """Cut the two axes after the batch of the first input to the size of the second."""

    def call(self, inputs):
        """Crop ``inputs[0]`` at its ends to the height and width of ``inputs[1]``."""
        image, reference = inputs
        shape = ops.shape(reference)
        return image[:, : shape[1], : shape[2]]

    def compute_output_shape(self, input_shape):
        """Height and width of the second input, everything else of the first."""
        image, reference = input_shape
        return (image[0], *reference[1:3], *image[3:])


@keras.saving.register_keras_serializable("skse")
class BatchNormalization(layers.BatchNormalization):
    """Batch normalisation of images whose training step is one operation of TensorFlow.

    Keras writes it as some thirty, each with its gradient, which are traced one by one before a
    network trains. Where it does not fit (other axes and precisions, options of Keras's layer that
    none of ours uses) Keras computes it.

    Notes
    -----
    The moving average is of the variance with Bessel's correction, as PyTorch's is; Keras's own is
    of the one without. They differ by one in as many as a channel has values in a batch.

    References
    ----------
    S. Ioffe and C. Szegedy, "Batch normalization: Accelerating deep network training by reducing
    internal covariate shift", ICML 2015, algorithms 1 and 2.
    """

    def call(self, inputs, training=None, mask=None):
        """Normalise; in training by the moments of the batch, of which it keeps averages."""
        if not (training and self.trainable and self._fits(inputs, mask)):
            return super().call(inputs, training=training, mask=mask)
        normalized, mean, variance, *_ = tf.raw_ops.FusedBatchNormV3(
            x=inputs,
            scale=self.gamma,
            offset=self.beta,
            mean=self.moving_mean,
            variance=self.moving_variance,
            epsilon=self.epsilon,
            exponential_avg_factor=1 - self.momentum,
            is_training=True,
        )
        self.moving_mean.assign(mean)
        self.moving_variance.assign(variance)
        return normalized

    def _fits(self, inputs, mask):
        image = len(inputs.shape) == 4 and self.axis in (-1, 3) and inputs.dtype == "float32"
        plain = self.scale and self.center and not (self.renorm or self.synchronized)
        return image and plain and mask is None


def begin_network(input_shape, statistics=None, *, batch_size=None):
    """Start a network: input, image layout, standardisation.

    Parameters
    ----------
    input_shape : tuple
        Of one sample: ``(n_frequencies,)``, ``(n_frequencies, n_frames)`` or
        ``(n_frequencies, n_frames, n_channels)``; ``n_frames`` may be None.
    statistics : tuple of ndarray or None, default=None
        Mean and standard deviation of the input, each of shape
        ``(n_frequencies, n_channels)``, by which it is standardised.
    batch_size : int or None, default=None
        Rows that a call takes; None takes any number.

    Returns
    -------
    inputs : KerasTensor of shape (None, *input_shape)
    image : KerasTensor of shape (None, n_frequencies, n_frames, n_channels)
    """
    inputs = keras.Input(shape=input_shape, batch_size=batch_size)
    frequencies, frames, channels = image_shape(input_shape)
    image = inputs
    if len(input_shape) < 3:
        frames = -1 if frames is None else frames
        image = layers.Reshape((frequencies, frames, channels))(image)
    if statistics is not None:
        mean, deviation = statistics
        image = layers.Normalization(axis=(1, 3), mean=mean, variance=np.square(deviation))(image)
    return inputs, image


def end_network(image, output_shape, *, output_activation, statistics=None):
    """Finish a network: frequencies, channels, output range, layout.

    A 1×1 convolution makes the channels; where the image has another number of
    frequencies than the output, a learned projection along frequency follows.

    Parameters
    ----------
    image : KerasTensor of shape (None, n_frequencies, n_frames, n_channels)
        Output of the network's body.
    output_shape : tuple
        Of one sample, like `input_shape` of :func:`begin_network`.
    output_activation : {"linear", "sigmoid"}
        Applied last, so that Keras computes cross-entropy from the logits.
    statistics : tuple of ndarray or None, default=None
        Mean and standard deviation of the target, shape
        ``(n_frequencies, n_channels)``: a linear output is learned in standard units.

    Returns
    -------
    outputs : KerasTensor of shape (None, *output_shape)
    """
    frequencies, _, channels = image_shape(output_shape)
    if image.shape[-1] != channels:
        image = layers.Conv2D(channels, 1)(image)
    if image.shape[1] != frequencies:
        image = layers.EinsumDense(
            "bftc,fg->bgtc", output_shape=(frequencies, None, channels), bias_axes="g"
        )(image)
    linear = output_activation == "linear"
    if linear and statistics is not None:
        mean, deviation = statistics
        image = layers.Normalization(
            axis=(1, 3), mean=mean, variance=np.square(deviation), invert=True
        )(image)
    if len(output_shape) < 3:
        shape = tuple(-1 if size is None else size for size in output_shape)
        image = layers.Reshape(shape)(image)
    if not linear:
        image = layers.Activation(output_activation)(image)
    return image


def normalize(image, normalization):
    """Batch normalisation, or nothing. Its averages settle within some 30 steps."""
    return BatchNormalization(momentum=0.9)(image) if normalization else image


def image_shape(shape):
    """``(n_frequencies, n_frames, n_channels)`` of a sample with fewer axes."""
    return (*shape, 1, 1)[:3]


def crop_like(image, reference):
    """Crop an image to another one's size where the two may differ."""
    if None not in image.shape[1:3] and image.shape[1:3] == reference.shape[1:3]:
        return image
    return CropLike()([image, reference])
