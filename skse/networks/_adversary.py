"""A generator that is trained against a discriminator. Importing this loads TensorFlow."""

from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from skse.networks._acoustics import POWER_FLOOR
from skse.networks._scikeras import without_replicas

FAKE, REAL, WANTED = -1.0, 1.0, 0.0  # a, b and c of the paper's code
_BETAS = {"beta_1": 0.0, "beta_2": 0.9}
_FRAME, _HOP = 0.02, 0.01  # s, of the power loss


def make_adam(learning_rate):
    """Return the optimizer of the paper: Adam with momenta of 0 and 0.9.

    Parameters
    ----------
    learning_rate : float

    Returns
    -------
    optimizer : keras.optimizers.Adam
    """
    return without_replicas(keras.optimizers.Adam(learning_rate, **_BETAS))


def least_squares(scores, wanted):
    r"""Half the mean squared distance of scores from a label, :math:`(D - c)^2 / 2`.

    Parameters
    ----------
    scores : tensor of shape (batch_size, ...)
        What the discriminator gives, or acoustic features.
    wanted : float or tensor
        The label, or the features.

    Returns
    -------
    loss : tensor
        A number.
    """
    return 0.5 * ops.mean(ops.square(scores - wanted))


def log_power(waveforms, sampling_rate):
    r"""Power spectra of frames in dB, :math:`10 \log_{10} (|X|^2 + 10^{-6})`.

    Parameters
    ----------
    waveforms : tensor of shape (batch_size, n_times)
        Full scale 1.
    sampling_rate : float
        Hz. Frames have 20 ms, and 10 ms lie from one to the next, as in the paper; the
        transform has the next power of 2 (2048 in the paper, which shows no more).

    Returns
    -------
    spectra : tensor of shape (batch_size, n_frames, n_frequencies)
    """
    length, hop = (max(2, round(s * sampling_rate)) for s in (_FRAME, _HOP))
    spectra = tf.signal.stft(
        waveforms, length, hop, 2 ** int(np.ceil(np.log2(length))), pad_end=True
    )
    power = ops.square(ops.real(spectra)) + ops.square(ops.imag(spectra))
    return 10 * ops.log10(power + POWER_FLOOR)


def to_waveforms(rows):
    """Join frames of samples: ``(batch_size, hop_length, n_frames)`` to ``(batch_size, n_times)``.

    Rows that are waveforms already stay as they are.
    """
    if len(rows.shape) == 2:
        return rows
    hop_length, n_frames = rows.shape[1:]
    return ops.reshape(ops.transpose(rows, (0, 2, 1)), (-1, hop_length * n_frames))


@keras.saving.register_keras_serializable("skse")
class Generator(keras.Model):
    """A model that an :class:`Adversary` trains; alone it predicts, and is all that is kept."""

    # Not a layer, so that Keras does not take its weights for those of the generator.
    adversary: Any = None

    @property
    def metrics(self):
        """Means over an epoch."""
        return [] if self.adversary is None else self.adversary.metrics

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        """Return nothing of worth: Keras asks before the first step."""
        return ops.mean(y_pred)

    def train_step(self, data):
        """Train discriminator and generator on one batch."""
        return self.adversary.train_step(self, *data[:2])

    def test_step(self, data):
        """Compare power spectra of held-out rows."""
        return self.adversary.test_step(self, *data[:2])


class Adversary:
    """What trains a generator, and is gone with the training.

    Parameters
    ----------
    discriminator : keras.Model or None
        As `build_discriminator` makes it; None where neither of its terms counts.
    optimizer : keras.optimizers.Optimizer or None
        Of the discriminator; None makes a new one.
    learning_rate : float
        Of a new one.
    sizes : dict or None
        What the discriminator was built with.
    weights : dict of str to float
        Of the terms "l1", "power", "acoustic" and "adversarial".
    scales : tuple of (float, float)
        What rows of `X`, and of the prediction, are divided by.
    n_times : int
        Samples of a row.
    acoustics : tuple of int or None
        Shape of the acoustic features of a row.
    statistics : tuple of ndarray or None
        By which the acoustic features are standardised.
    sampling_rate : float
        Hz.
    """

    def __init__(
        self,
        discriminator,
        optimizer,
        learning_rate,
        *,
        sizes,
        weights,
        scales,
        n_times,
        acoustics,
        statistics,
        sampling_rate,
    ):
        self.discriminator, self.optimizer, self.sizes = discriminator, optimizer, sizes
        self.weights, self.scales = weights, scales
        self.n_times, self.acoustics = n_times, acoustics
        self.statistics, self.sampling_rate = statistics, sampling_rate
        self.n_padded = n_times if discriminator is None else discriminator.input_shape[1]
        self.acoustic_on = tf.Variable(1.0, trainable=False)
        self._means = {
            name: keras.metrics.Mean(name)
            for name in ("loss", "discriminator", *self.terms, "held_out")
        }
        if discriminator is not None and optimizer is None:
            self.optimizer = make_adam(learning_rate)
            self.optimizer.build(discriminator.trainable_variables)

    @property
    def terms(self):
        """Names of the terms that count."""
        return [name for name, weight in self.weights.items() if weight > 0]

    @property
    def metrics(self):
        """Means over an epoch, of which the generator tells Keras."""
        return list(self._means.values())

    def train_step(self, generator, rows, packed):
        """Train the discriminator, then the generator, on one batch.

        Parameters
        ----------
        generator : Generator
        rows : tensor of shape (batch_size, hop_length, n_frames) or (batch_size, n_times)
            Distorted.
        packed : tensor of shape (batch_size, n_times + n_acoustic_values)
            Clean waveforms, at full scale, and their standardised acoustic features.

        Returns
        -------
        means : dict of str to tensor
        """
        distorted = to_waveforms(rows) / self.scales[0]
        clean, features = self._parted(packed)
        with tf.GradientTape() as tape:
            made = to_waveforms(generator(rows, training=True)) / self.scales[1]
            if self.discriminator is not None:
                with tape.stop_recording():
                    self._train_discriminator(made, distorted, clean, features)
            losses = self.losses_of(made, distorted, clean, features)
            loss = sum(self.weights[name] * losses[name] for name in losses)
        variables = generator.trainable_variables
        generator.optimizer.apply(tape.gradient(loss, variables), variables)
        for name, value in {"loss": loss, **losses}.items():
            self._means[name].update_state(value)
        names = ["loss", *losses, *(["discriminator"] if self.discriminator is not None else [])]
        return {name: self._means[name].result() for name in names}

    def test_step(self, generator, rows, packed):
        """Return the mean distance of power spectra in dB, which no discriminator judges."""
        made = to_waveforms(generator(rows, training=False)) / self.scales[1]
        self._means["held_out"].update_state(self._power(made, self._parted(packed)[0]))
        return {"loss": self._means["held_out"].result()}

    def _parted(self, packed):
        clean, features = packed[:, : self.n_times], None
        if self.acoustics is not None:
            features = ops.reshape(packed[:, self.n_times :], (-1, *self.acoustics))
        return clean, features

    def losses_of(self, made, distorted, clean, features):
        """Return the terms of the generator's loss, without their weights.

        Parameters
        ----------
        made, distorted, clean : tensor of shape (batch_size, n_times)
            What the generator makes of what, and what it should; at full scale.
        features : tensor of shape (batch_size, n_frames, n_features) or None
            Acoustic features of `clean`, standardised.

        Returns
        -------
        losses : dict of str to tensor
            A number for each term that counts.
        """
        losses = {}
        if self.weights["l1"] > 0:
            losses["l1"] = ops.mean(ops.abs(made - clean))
        if self.weights["power"] > 0:
            losses["power"] = self._power(made, clean)
        if self.discriminator is not None:
            score, *told = self._judge([made], [distorted], training=False)
            if self.weights["adversarial"] > 0:
                losses["adversarial"] = least_squares(score, WANTED)
            if told:
                losses["acoustic"] = self.acoustic_on * least_squares(told[0], features)
        return losses

    def _power(self, made, clean):
        made, clean = (log_power(x, self.sampling_rate) for x in (made, clean))
        return ops.mean(ops.abs(made - clean))

    def _train_discriminator(self, made, distorted, clean, features):
        """Take one step of the discriminator."""
        variables = self.discriminator.trainable_variables
        with tf.GradientTape() as tape:
            # The last is real speech that does not belong to what was distorted.
            signals = [clean, made, clean]
            conditions = [distorted, distorted, ops.roll(distorted, 1, axis=0)]
            scores, *told = self._judge(signals, conditions, training=True)
            real, fake, mismatched = ops.split(scores, 3)
            loss = discriminator_loss(real, fake, mismatched) * (self.weights["adversarial"] > 0)
            if told:
                real = ops.split(told[0], 3)[0]
                loss = loss + 0.5 * self.acoustic_on * least_squares(real, features)
        self.optimizer.apply(tape.gradient(loss, variables), variables)
        self._means["discriminator"].update_state(loss)

    def _judge(self, signals, conditions, training):
        """Return scores and acoustic features of signals, each beside what it was distorted to."""
        pairs = ops.stack([ops.concatenate(signals), ops.concatenate(conditions)], axis=-1)
        pairs = ops.pad(pairs, [(0, 0), (0, self.n_padded - self.n_times), (0, 0)])
        out = self.discriminator(pairs, training=training)
        return out if isinstance(out, (list, tuple)) else [out]


def discriminator_loss(real, fake, mismatched):
    r"""Return the least-squares loss of a discriminator.

    .. math:: \tfrac14 (D(x, \tilde x) - b)^2 + \tfrac14 (D(G, \tilde x) - a)^2
        + \tfrac14 (D(x, \tilde x') - a)^2

    means over the batch, with a = -1 and b = 1; the distorted :math:`\tilde x'` is that of
    another row. A batch of one row has no other, and none is asked for.

    Parameters
    ----------
    real, fake, mismatched : tensor of shape (batch_size, 1)
        Scores.

    Returns
    -------
    loss : tensor
        A number.
    """
    several = ops.cast(ops.shape(real)[0] > 1, real.dtype)
    return 0.5 * (
        least_squares(real, REAL)
        + least_squares(fake, FAKE)
        + several * least_squares(mismatched, FAKE)
    )


class Confronts(keras.callbacks.Callback):
    """Confront the generator with an adversary, whose acoustic branch warms up first.

    Parameters
    ----------
    make_adversary : callable
        Returns a new :class:`Adversary`; it is given the one before, or None.
    warm_up_epochs : int
        Epochs, from the first of all trainings on, without the acoustic term.
    """

    def __init__(self, make_adversary, warm_up_epochs):
        super().__init__()
        self._make, self.warm_up_epochs = make_adversary, warm_up_epochs

    def on_train_begin(self, logs=None):
        """Give the generator its adversary, of which the step has to be traced anew."""
        self.model.adversary = self._make(self.model.adversary)
        self.model.make_train_function(force=True)
        self.model.make_test_function(force=True)

    def on_epoch_begin(self, epoch, logs=None):
        """Switch the acoustic branch on when it is time."""
        self.model.adversary.acoustic_on.assign(float(epoch >= self.warm_up_epochs))
