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
