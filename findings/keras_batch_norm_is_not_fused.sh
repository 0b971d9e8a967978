#!/usr/bin/env bash
# Keras 3.15.1 on TensorFlow 2.21.0: a BatchNormalization layer on images never uses the fused
# kernel that TensorFlow has for it.
#
# A training step of one layer on float32 images with channels last, which is what the kernel is
# for, is traced into elementary operations (means, squared differences, products), gradients again
# one by one, and none of the hundred is FusedBatchNormV3. The kernel does the same in two. Output
# and gradients agree; the moving variance does not: Keras averages the biased variance, the kernel
# the one with Bessel's correction, so that a layer moved between them predicts otherwise where a
# channel has few values in a batch: by a third with 4 values. With oneDNN on one core a step of the
# layer took two to three times the processor time of the kernel (printed, not checked).
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
import time
from collections import Counter

import keras
import numpy as np
import tensorflow as tf

rng = np.random.default_rng(0)


def of_keras(layer, image):
    return layer(image, training=True)


def fused(layer, image):
    result = tf.raw_ops.FusedBatchNormV3(
        x=image, scale=layer.gamma, offset=layer.beta, mean=layer.moving_mean,
        variance=layer.moving_variance, epsilon=layer.epsilon,
        exponential_avg_factor=1 - layer.momentum, is_training=True,
    )
    layer.moving_mean.assign(result[1])
    layer.moving_variance.assign(result[2])
    return result[0]


def step_of(normalize, channels):
    layer = keras.layers.BatchNormalization(momentum=0.9)
    layer.build((None, None, None, channels))

    @tf.function
    def step(image):
        with tf.GradientTape() as tape:
            tape.watch(image)
            normalized = normalize(layer, image)
            loss = tf.reduce_sum(normalized**3)
        variables = [image, layer.gamma.value, layer.beta.value]
        return normalized, *tape.gradient(loss, variables)

    return layer, step


small = tf.constant(rng.standard_normal((1, 2, 2, 3)), tf.float32)
large = tf.constant(rng.standard_normal((16, 129, 64, 16)), tf.float32)
outputs, variances = [], []
for name, normalize in (("Keras's layer", of_keras), ("the fused kernel", fused)):
    layer, step = step_of(normalize, 3)
    outputs.append([x.numpy() for x in step(small)])
    variances.append((layer.moving_variance.numpy() - 0.9) / 0.1)
    graph = step.get_concrete_function(small).graph
    kinds = Counter(operation.type for operation in graph.get_operations())
    n_fused = sum(n for kind, n in kinds.items() if kind.startswith("FusedBatchNorm"))
    _, step = step_of(normalize, 16)
    step(large)
    begin = time.process_time()
    for _ in range(10):
        step(large)
    seconds = (time.process_time() - begin) / 10
    number = sum(kinds.values())
    print(f"{name}: {number} operations, {n_fused} of them fused, {seconds:.3f} s a step")
    assert n_fused == (0 if normalize is of_keras else 2), kinds
for x, y in zip(*outputs):
    assert np.allclose(x, y, rtol=1e-3, atol=1e-3), np.abs(x - y).max()
biased = small.numpy().reshape(-1, 3).var(axis=0)
assert np.allclose(variances[0], biased, rtol=1e-3), variances
assert np.allclose(variances[1], biased * 4 / 3, rtol=1e-3), variances
print("variance that is averaged, fused over Keras's, 4 values in a channel:",
      np.round(variances[1] / variances[0], 3))
PYTHON
