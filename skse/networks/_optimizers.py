"""Optimizers that change each variable by one operation. Importing this loads Keras.

Keras writes a step of Adam as some twenty operations for every variable. Most of the time that
TensorFlow takes to trace the training step of a small network goes there, and much of each step.
"""

import keras
import tensorflow as tf


@keras.saving.register_keras_serializable("skse")
class Adam(keras.optimizers.Adam):
    """Adam without AMSGrad, by TensorFlow's own kernel."""

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
        form at the end of section 2.
        """
        index = self._get_variable_index(variable)
        dtype = variable.dtype
        step = tf.cast(self.iterations.value + 1, dtype)
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
    """AdamW without AMSGrad, likewise."""
