#!/usr/bin/env bash
# Keras 3.15.1 on TensorFlow 2.21.0: every trained model leaves the whole graph of its training step
# in the process, for good, on one processor without any distribution.
#
# Models are built, trained for one step and deleted one after the other; garbage is collected after
# keras.backend.clear_session(): two FuncGraphs more stay each time, with some 30,000 objects for a
# network of six convolutions. What holds it is neither the model nor Keras: its optimizer sums
# gradients over replicas even where there is one, by a function with a custom gradient, and
# TensorFlow registers that gradient by a new name ("CustomGradient-N") that it never removes. With
# the sum left out, by an optimizer that returns its gradients as they are, nothing stays, and the
# trained weights are the same to the bit.
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
import gc

import keras
import numpy as np
from keras import layers

images = np.random.default_rng(0).standard_normal((8, 12, 10, 1), dtype=np.float32)


class Alone(keras.optimizers.Adam):
    def _all_reduce_sum_gradients(self, grads_and_vars):
        return list(grads_and_vars)


def trained(optimizer):
    keras.backend.clear_session()
    keras.utils.set_random_seed(0)
    x = image = keras.Input((12, 10, 1))
    for _ in range(5):
        x = layers.BatchNormalization()(layers.Conv2D(4, 3, padding="same")(x))
    model = keras.Model(image, layers.Conv2D(1, 3, padding="same")(x))
    model.compile(optimizer(0.01), "mse")
    model.fit(images, images, verbose=0)
    return model.get_weights()


def left():
    keras.backend.clear_session()
    gc.collect()
    objects = gc.get_objects()
    return sum(type(o).__name__ == "FuncGraph" for o in objects), len(objects)


def after(optimizer, n_fits=4):
    weights, found = trained(optimizer), []
    for _ in range(n_fits):
        found.append(left())
        trained(optimizer)
    return weights, np.diff(found, axis=0)


weights, more = after(keras.optimizers.Adam)
print("Adam: graphs and objects more after each fit:", more.tolist())
same_weights, none = after(Alone)
print("Adam that sums nothing:", none.tolist())
equal = all(map(np.array_equal, weights, same_weights))
print("weights equal to the bit:", equal)
assert (more[:, 0] == 2).all() and (more[:, 1] > 10_000).all()
assert (none[:, 0] == 0).all() and (abs(none[:, 1]) < 1000).all()
assert equal
PYTHON
echo "as described"
