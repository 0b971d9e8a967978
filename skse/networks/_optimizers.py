"""Optimizers whose step is an operation of TensorFlow. Importing this loads Keras.

Keras writes a step of Adam as some thirty operations for every variable, and each of them is traced
by TensorFlow before a network begins to train. Here they are some ten.
"""

import keras
import tensorflow as tf


@keras.saving.register_keras_serializable("skse")
class Adam(keras.optimizers.Adam):
    """Adam by TensorFlow's own kernel; with AMSGrad as Keras computes it."""

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
        step = keras.ops.cast(self.iterations + 1, dtype)
        tf.raw_ops.ResourceApplyAdam(
            var=variable.handle,
            m=self._momentums[index].value.handle,
            v=self._velocities[index].value.handle,
            beta1_power=tf.pow(tf.constant(self.beta_1, dtype), step),
            beta2_power=tf.pow(tf.constant(self.beta_2, dtype), step),
            lr=tf.cast(learning_rate, dtype),
            beta1=tf.constant(self.beta_1, dtype),
            beta2=tf.constant(self.beta_2, dtype),
            epsilon=tf.constant(self.epsilon, dtype),
            grad=tf.cast(gradient, dtype),
        )


@keras.saving.register_keras_serializable("skse")
class AdamW(Adam, keras.optimizers.AdamW):
    """AdamW, likewise."""
