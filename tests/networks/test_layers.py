"""The layers that all networks begin and end with."""

import numpy as np
import pytest


@pytest.fixture
def layers():
    from skse.networks import _layers

    return _layers


@pytest.mark.parametrize(
    ("shape", "expected"), [((5,), (5, 1, 1)), ((5, None), (5, None, 1)), ((5, 4, 2), (5, 4, 2))]
)
def test_a_sample_becomes_an_image(shape, expected, layers):
    inputs, image = layers.begin_network(shape, batch_size=3)
    assert layers.image_shape(shape) == expected
    assert image.shape == (3, *expected)
    assert inputs.shape == (3, *shape)


def test_crop_like_cuts_the_ends(layers):
    rng = np.random.default_rng(0)
    image, reference = (rng.random(s, dtype=np.float32) for s in [(2, 7, 6, 3), (2, 5, 6, 1)])
    np.testing.assert_array_equal(layers.CropLike()([image, reference]), image[:, :5, :6])
    import keras

    wide, narrow = keras.Input((7, None, 3)), keras.Input((5, None, 1))
    assert layers.crop_like(wide, narrow).shape == (None, 5, None, 3)
    same = keras.Input((5, 4, 3))
    assert layers.crop_like(same, keras.Input((5, 4, 1))) is same


def test_a_projection_only_where_it_is_needed(layers):
    import keras

    for frequencies, channels, kinds in [
        (5, 2, []),
        (5, 3, ["Conv2D"]),
        (7, 2, ["EinsumDense"]),
        (7, 3, ["Conv2D", "EinsumDense"]),
    ]:
        inputs = keras.Input((5, None, 2))
        outputs = layers.end_network(
            inputs, (frequencies, None, channels), output_activation="linear"
        )
        found = [type(layer).__name__ for layer in keras.Model(inputs, outputs).layers]
        assert found == ["InputLayer", *kinds]


def test_normalisation_is_optional(layers):
    import keras

    image = keras.Input((5, None, 2))
    assert layers.normalize(image, None) is image
    assert layers.normalize(image, "batch") is not image


def passed_through(layer, image, weights):
    """Output, gradients and averages of a layer after a step of training."""
    import keras
    import tensorflow as tf

    layer.build(image.shape)
    layer.set_weights(weights)
    image = tf.constant(image)
    with tf.GradientTape() as tape:
        tape.watch(image)
        normalized = layer(image, training=True)
        loss = keras.ops.sum(keras.ops.cast(normalized, "float32") ** 3)
    gradients = tape.gradient(loss, [image, *(v.value for v in layer.trainable_variables)])
    return [normalized, *gradients], layer.get_weights()


@pytest.mark.parametrize(
    ("shape", "options", "one_operation"),
    [
        ((2, 3, 5, 4), {}, True),
        ((1, 1, 2, 1), {"epsilon": 0.1}, True),
        ((3, 8, 6, 7), {"momentum": 0.5, "axis": 3}, True),
        ((6, 4), {}, False),
        ((2, 3, 5, 4), {"axis": 1}, False),
        ((2, 3, 5, 4), {"scale": False}, False),
        ((2, 3, 5, 4), {"dtype": "mixed_float16"}, False),
        ((2, 3, 5, 4), {"trainable": False}, False),
    ],
    ids=str,
)
def test_batch_normalisation_is_that_of_keras(shape, options, one_operation, layers, rng):
    import keras

    image = (3 * rng.standard_normal(shape) + 1).astype(np.float32)
    weights = [
        rng.uniform(0.5, 2, shape[options.get("axis", -1)]).astype(np.float32)
        for _ in range(4 - (options.get("scale") is False))
    ]
    (own, averages), (theirs, expected) = (
        passed_through(module.BatchNormalization(**options), image, weights)
        for module in (layers, keras.layers)
    )
    for x, y in zip(own, theirs, strict=True):
        scale = max(1, np.abs(y).max())
        np.testing.assert_allclose(x, y, rtol=1e-4, atol=1e-4 * scale)
    if one_operation:  # with Bessel's correction of the variance, Keras without
        n, momentum = image[..., 0].size, options.get("momentum", 0.99)
        before = momentum * weights[-1]
        expected[-1] = before + (expected[-1] - before) * n / (n - 1)
    for x, y in zip(averages, expected, strict=True):
        np.testing.assert_allclose(x, y, rtol=1e-4)


def test_batch_normalisation_predicts_as_that_of_keras(layers, rng):
    import keras

    image = rng.random((2, 3, 5, 4), dtype=np.float32)
    own, theirs = layers.BatchNormalization(), keras.layers.BatchNormalization()
    own.build(image.shape)
    theirs.build(image.shape)
    weights = [rng.uniform(0.5, 2, 4) for _ in range(4)]
    own.set_weights(weights)
    theirs.set_weights(weights)
    np.testing.assert_array_equal(own(image, training=False), theirs(image, training=False))


def test_a_network_that_normalises_is_far_fewer_operations(layers):
    import keras
    import tensorflow as tf

    def n_operations(layer):
        layer.build((None, None, None, 4))

        @tf.function
        def step(image):
            with tf.GradientTape() as tape:
                loss = tf.reduce_sum(layer(image, training=True))
            return tape.gradient(loss, layer.trainable_variables)

        image = tf.TensorSpec((None, None, None, 4))
        return len(step.get_concrete_function(image).graph.get_operations())

    own, theirs = (n_operations(m.BatchNormalization()) for m in (layers, keras.layers))
    assert own < 0.5 * theirs
