"""Layers that tell of environment and frequency: closed forms, and what they keep."""

import keras
import numpy as np
import pytest

from skse.networks._conditioning import (
    FrequencyPosition,
    SplitEnvironment,
    beside,
    environment_frames_of,
)


@pytest.mark.parametrize("shape", [(2, 5, 9), (2, 5, 9, 3)])
def test_frames_of_the_environment_come_first(shape, rng):
    rows = rng.standard_normal(shape).astype(np.float32)
    environment, others = SplitEnvironment(4)(rows)
    np.testing.assert_array_equal(environment, rows[:, :, :4])
    np.testing.assert_array_equal(others, rows[:, :, 4:])


def test_position_starts_as_nothing_and_then_depends_on_frequency_alone(rng):
    image = rng.standard_normal((2, 6, 4, 3)).astype(np.float32)
    layer = FrequencyPosition(7)
    np.testing.assert_array_equal(layer(image), image)
    layer.linear.set_weights([rng.standard_normal(w.shape) for w in layer.linear.get_weights()])
    added = np.asarray(layer(image)) - image
    np.testing.assert_allclose(added, np.broadcast_to(added[:1, :, :1], added.shape), atol=1e-5)
    assert np.std(added[0, :, 0], axis=0).min() > 0
    # By hand: from -1 to 1 through two hidden layers.
    values = np.linspace(-1, 1, 6)[:, None]
    for dense in layer.hidden:
        values = np.maximum(values @ dense.kernel.numpy() + dense.bias.numpy(), 0)
    values = values @ layer.linear.kernel.numpy() + layer.linear.bias.numpy()
    np.testing.assert_allclose(added[0, :, 0], values, atol=1e-5)


def test_layers_are_kept_by_keras(tmp_path, rng):
    inputs = keras.Input((6, None, 2))
    environment, image = SplitEnvironment(3)(inputs)
    mean = keras.ops.mean(environment, axis=2, keepdims=True)
    model = keras.Model(inputs, FrequencyPosition(4)(beside(image, mean)))
    assert environment_frames_of(model) == 3
    for layer in model.layers:
        layer.set_weights([rng.standard_normal(w.shape) for w in layer.get_weights()])
    rows = rng.standard_normal((2, 6, 8, 2)).astype(np.float32)
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(again(rows), model(rows), atol=1e-6)


def test_values_beside_an_image_are_the_same_in_all_frames(rng):
    inputs, values = keras.Input((6, None, 2)), keras.Input((6, 1, 3))
    model = keras.Model([inputs, values], beside(inputs, values))
    image = rng.standard_normal((2, 6, 5, 2)).astype(np.float32)
    frame = rng.standard_normal((2, 6, 1, 3)).astype(np.float32)
    expected = np.concatenate([image, np.repeat(frame, 5, axis=2)], axis=-1)
    np.testing.assert_array_equal(model([image, frame]), expected)
    assert environment_frames_of(model) == 0
