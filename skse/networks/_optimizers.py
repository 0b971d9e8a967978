"""Optimizers whose step is an operation of TensorFlow. Importing this loads Keras.

Keras writes a step of Adam as some thirty operations for every variable, and each of them is traced
by TensorFlow before a network begins to train. Here they are some five.
"""

from typing import Any

import keras
import tensorflow as tf


@keras.saving.register_keras_serializable("skse")
class Adam(keras.optimizers.Adam):
    """Adam by TensorFlow's own kernel; with AMSGrad as Keras computes it."""

    _of_step: Any = None  # tensors that all variables of a step share

    def apply(self, grads, trainable_variables=None):
        """Change the variables by a step, as Keras's own does."""
        try:
            return super().apply(grads, trainable_variables)
        finally:
            self._keep(None)  # a graph's tensors must not outlive it

    def update_step(self, gradient, variable, learning_rate):
        """Change a variable and its two moments.

        Parameters
        ----------
        gradient : tensor
            Of the loss.
        variable : tf.Variable
            Of the same shape.
        learning_rate : tensor of shape ()
            As it is in this step.

        References
        ----------
        D. P. Kingma and J. Ba, "Adam: A method for stochastic optimization", ICLR 2015: the
        form just before section 2.1.
        """
        if self.amsgrad:
            return super().update_step(gradient, variable, learning_rate)
        index = self._get_variable_index(variable)
        dtype = variable.dtype
        if self._of_step is None or self._of_step[0] != dtype:
            self._keep((dtype, self._make_of_step(learning_rate, dtype)))
        tf.raw_ops.ResourceApplyAdam(
            var=variable.handle,
            m=self._momentums[index].value.handle,
            v=self._velocities[index].value.handle,
            grad=tf.cast(gradient, dtype),
            **self._of_step[1],
        )

    def _keep(self, of_step):
        # Keras would make a part of checkpoints of what is set in the ordinary way, for good.
        object.__setattr__(self, "_of_step", of_step)

    def _make_of_step(self, learning_rate, dtype):
        step = keras.ops.cast(self.iterations + 1, dtype)
        beta1, beta2 = (tf.constant(x, dtype) for x in (self.beta_1, self.beta_2))
        return {
            "beta1_power": tf.pow(beta1, step),
            "beta2_power": tf.pow(beta2, step),
            "lr": tf.cast(learning_rate, dtype),
            "beta1": beta1,
            "beta2": beta2,
            "epsilon": tf.constant(self.epsilon, dtype),
        }


@keras.saving.register_keras_serializable("skse")
class AdamW(Adam, keras.optimizers.AdamW):
    """AdamW, likewise."""
