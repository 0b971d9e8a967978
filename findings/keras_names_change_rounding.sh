#!/usr/bin/env bash
# Keras 3.15.1 on TensorFlow 2.21.0: what a network learns depends, by rounding, on how many layers
# the process has made before.
#
# A model is built, given some weights and trained on one thread, without anything random: training
# it again gives the same weights to the bit. A second model, built by the same lines, given the same
# weights and trained on the same data, ends with others; a third ends like the second. What differs
# is the names that Keras counts up (conv2d_9, conv2d_10, ...): TensorFlow orders operations by them, and
# where several gradients are added up, the order of the sum follows. After
# keras.backend.clear_session(), which counts from the beginning, a fourth ends like the first.
# Neither a seed nor enable_op_determinism has a part in it.
#
# Needs Python 3.11 to 3.13 and the package index. Fails where any of this has changed.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
"${PYTHON:-python3}" -m venv "$scratch/venv"
"$scratch/venv/bin/python" -m pip install --quiet tensorflow==2.21.0 keras==3.15.1
cd "$scratch"
export TF_CPP_MIN_LOG_LEVEL=3 CUDA_VISIBLE_DEVICES=-1 KERAS_BACKEND=tensorflow
export TF_NUM_INTRAOP_THREADS=1 TF_NUM_INTEROP_THREADS=1 OMP_NUM_THREADS=1
"$scratch/venv/bin/python" - 2>/dev/null <<'PYTHON'
import keras
import numpy as np
import tensorflow as tf
from keras import layers

tf.config.experimental.enable_op_determinism()
keras.utils.set_random_seed(0)
rng = np.random.default_rng(0)
images = rng.standard_normal((8, 24, 20, 1), dtype=np.float32)
vectors = rng.standard_normal((8, 6), dtype=np.float32)
targets = rng.standard_normal((8, 24, 20, 1), dtype=np.float32)


def build():
    image, vector = keras.Input((24, 20, 1)), keras.Input((6,))
    told, x = layers.Dense(6)(vector), image
    for _ in range(10):
        x = layers.Conv2D(4, 3, padding="same")(x)
        more = layers.Dense(4, use_bias=False)(told)
        x = layers.Activation("relu")(layers.Add()([x, layers.Reshape((1, 1, 4))(more)]))
    return keras.Model([image, vector], layers.Conv2D(1, 1)(x))


def trained(model, weights):
    model.set_weights(weights)
    model.compile(keras.optimizers.Adam(0.01), "mse")
    options = {"batch_size": 4, "epochs": 3, "shuffle": False, "verbose": 0}
    model.fit([images, vectors], targets, **options)
    return model.get_weights()


def difference(some, others):
    return max(float(np.abs(a - b).max()) for a, b in zip(some, others, strict=True))


first = build()
weights = first.get_weights()
expected = trained(first, weights)
again, second, third = (trained(model, weights) for model in (first, build(), build()))
keras.backend.clear_session()
fourth = trained(build(), weights)
found = {
    "the same model again": difference(expected, again),
    "a second model": difference(expected, second),
    "a third, from the second": difference(second, third),
    "after clear_session": difference(expected, fourth),
}
print(found)
assert 0 < found.pop("a second model") < 1e-5
assert not any(found.values())
print("as described")
PYTHON
