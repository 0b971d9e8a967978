"""The autoencoder's shapes and its fixed number of frames."""

from itertools import pairwise

import numpy as np
import pytest

from skse.networks import Autoencoder, build_autoencoder


@pytest.mark.parametrize("strides", [(2, 2), (2, 1), (3, 2)])
def test_any_size_in_same_size_out(strides):
    for shape in [(1, 1), (2, 1), (9, 4), (40, 13)]:
        model = build_autoencoder(
            shape, shape, filters=(2, 3, 2), dense_units=(4,), strides=strides
        )
        assert model(np.zeros((2, *shape), np.float32)).shape == (2, *shape)


def test_the_seeds_network():
    """Six levels down to 4 × 4 × 1024, four dense layers: 81.9 million parameters."""
    architecture = Autoencoder(
        (32, 64, 128, 256, 512, 1024),
        dense_units=(2048, 512, 2048),
        dropout=0.3,
        output_block=True,
    )
    model = architecture.build((256, 256), (256, 256))
    # Weights and biases, and four numbers of batch normalisation a channel: after
    # every strided convolution but the last, every dense and every transposed one.
    levels, dense = [1, 32, 64, 128, 256, 512, 1024], [16384, 2048, 512, 2048, 16384]
    expected = sum(9 * a * b + b + 4 * b for a, b in pairwise(levels)) - 4 * 1024
    expected += sum(a * b + b + 4 * b for a, b in pairwise(dense))
    expected += sum(9 * a * b + b + 4 * b for a, b in pairwise(levels[::-1]))
    assert model.count_params() == expected == pytest.approx(81.9e6, rel=1e-3)
    kinds = [type(layer).__name__ for layer in model.layers]
    assert kinds.count("Dropout") == kinds.count("Dense") == 4
    assert not {"CropLike", "Normalization"} & set(kinds)


def test_output_block_ends_in_normalisation_and_activation():
    sizes = {"filters": (2, 3), "dense_units": (4,), "activation": "relu"}
    plain, finished = (
        build_autoencoder((8, 8), (8, 8), **sizes, output_block=block) for block in (False, True)
    )
    kinds = [type(layer).__name__ for layer in finished.layers]
    last = len(kinds) - 1 - kinds[::-1].index("Conv2DTranspose")
    assert kinds[last + 1 : last + 3] == ["BatchNormalization", "Activation"]
    assert finished.count_params() == plain.count_params() + 4
    image = np.random.default_rng(0).standard_normal((4, 8, 8)).astype(np.float32)
    assert np.min(finished(image)) == 0
    assert np.min(plain(image)) < 0


@pytest.mark.parametrize(
    ("X_shape", "y_shape"), [((257, 65), (257, 65)), ((13, 9, 2), (13, 9)), ((6, 9), (11, 9, 3))]
)
def test_frequencies_and_channels(X_shape, y_shape, make_network, rng):
    X = rng.standard_normal((3, *X_shape)).astype(np.float32)
    y = rng.standard_normal((3, *y_shape)).astype(np.float32)
    network = make_network("AutoencoderRegressor", dropout=0.3).fit(X, y)
    assert network.predict(X).shape == y.shape


def test_other_number_of_frames_is_refused(make_network, rng):
    X = rng.standard_normal((3, 9, 5)).astype(np.float32)
    network = make_network("AutoencoderRegressor").fit(X, X)
    with pytest.raises(ValueError, match="takes only the number of frames that it was trained"):
        network.predict(X[:, :, :4])


def test_bad_dense_units(make_network):
    with pytest.raises(ValueError, match="dense_units=8 must be a sequence of at least 0 positive"):
        make_network("AutoencoderRegressor", dense_units=8).fit([[1.0], [2.0]], [1.0, 2.0])
