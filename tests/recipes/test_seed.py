from itertools import pairwise

import numpy as np
import pytest

from skse.experiments import describe
from skse.recipes import get_recipe

MASK = {"mask": "ibm", "criterion": "mixture_ratio", "part": "real"}
# The table of the seed's experiments: target, activation, dropout, loss, epochs; network.
TABLE = {
    "seed-01": ({"scale": "real", "imaginary": "drop"}, "leaky_relu", 0.0, "mse", 60),
    "seed-02": (
        {**MASK, "mixture_threshold": 0.5, "imaginary": "drop"},
        "leaky_relu",
        0.3,
        "mse",
        50,
    ),
    "seed-03-mse": (
        {**MASK, "mixture_threshold": 0.5, "imaginary": "drop"},
        "relu",
        0.3,
        "mse",
        50,
    ),
    "seed-03-bce": (
        {**MASK, "mixture_threshold": 0.5, "imaginary": "drop"},
        "relu",
        0.3,
        "binary_crossentropy",
        50,
    ),
    "seed-04": (
        {**MASK, "mixture_threshold": 0.8, "imaginary": "drop"},
        "relu",
        0.0,
        "mse",
        50,
    ),
    "seed-05": (
        {**MASK, "mixture_threshold": 0.8, "imaginary": "drop"},
        "relu",
        0.0,
        "bce_dice",
        50,
    ),
}
AUTOENCODER = {
    "filters": (32, 64, 128, 256, 512, 1024),
    "dense_units": (2048, 512, 2048),
    "kernel_size": 3,
    "strides": (2, 2),
    "normalization": "batch",
    "batch_size": 60,
}
UNET = {
    "filters": (32, 64, 128, 256, 512),
    "n_convolutions": 2,
    "downsampling": "max_pool",
    "bottleneck_filters": 256,
    "decoder_filters": (256, 128, 128, 64, 32),
    "head_filters": (16, 4),
    "normalization": None,
    "batch_size": 30,
    "learning_rate": 1e-4,
    "optimizer": "adam",
}


@pytest.mark.parametrize("name", TABLE)
def test_recipe_is_a_row_of_the_table(name):
    recipe = get_recipe(name)
    enhancer, network = recipe.enhancer, recipe.enhancer.regressor
    target, activation, dropout, loss, epochs = TABLE[name]
    expected = AUTOENCODER if name < "seed-04" else UNET
    assert enhancer.target.get_params().items() >= target.items()
    assert network.get_params(deep=False).items() >= expected.items()
    assert (network.activation, network.dropout) == (activation, dropout)
    assert (network.loss, network.epochs) == (loss, epochs)
    assert not network.standardize
    assert network.learning_rate_schedule == "constant"
    if name < "seed-04":
        config = network.optimizer.get_config()
        assert type(network.optimizer).__name__ == "Adam"
        assert config["learning_rate"] == pytest.approx(1.5e-4)
        assert (config["beta_1"], config["beta_2"]) == (0.5, 0.999)
        assert network.output_block == (name == "seed-01")

    assert (enhancer.normalize_level, enhancer.strength) == (False, 1.0)
    assert (enhancer.sampling_rate, enhancer.segment_frames) == (16000, 256)
    featurizer = enhancer.featurizer
    assert (featurizer.n_fft, featurizer.hop_length, featurizer.scale) == (512, 128, "real")
    split = "seed-720-210" if name < "seed-04" else "seed-660-60"
    assert recipe.protocol == {"split": split, "sampling_rate": 16000, "n_times": 255 * 128}
    assert featurizer.stft(np.zeros(recipe.protocol.n_times)).shape == (256, 256)


@pytest.mark.parametrize("name", ["seed-04", "seed-05"])
def test_what_was_meant_differs_behind_the_network_only(name):
    ran, meant = (get_recipe(name, imaginary=x) for x in ("drop", "rescale"))
    one, other = describe(ran.enhancer), describe(meant.enhancer)
    assert {key for key in one if one[key] != other[key]} == {"target__imaginary"}
    assert other["target__imaginary"] == "rescale"
    assert ran.protocol == meant.protocol


def count(layers):
    """Weights of convolutions and dense layers (inputs of a unit, units), biases included."""
    return sum((inputs + 1) * units for inputs, units in layers)


def build(name):
    architecture = get_recipe(name).enhancer.regressor.make_architecture()
    activation = "linear" if name == "seed-01" else "sigmoid"
    return architecture.build((256, 256), (256, 256), output_activation=activation)


def test_autoencoder_has_the_size_of_the_seeds():
    sizes = [1, 32, 64, 128, 256, 512, 1024]
    pairs = list(pairwise(sizes))
    convolutions = [(9 * a, b) for a, b in pairs] + [(9 * b, a) for a, b in pairs]
    dense = [(16384, 2048), (2048, 512), (512, 2048), (2048, 16384)]
    normalized = [32, 64, 128, 256, 512, 2048, 512, 2048, 16384, 512, 256, 128, 64, 32, 1]
    model = build("seed-01")
    assert model.input_shape == model.output_shape == (None, 256, 256)
    assert model.count_params() == count(convolutions + dense) + 4 * sum(normalized)
    assert round(model.count_params() / 1e6, 1) == 81.9
    assert type(model.layers[-2]).__name__ == "Activation"  # before the axis of channels goes


def test_unet_has_the_layers_of_the_seeds():
    def two(a, b):
        return [(9 * a, b), (9 * b, b)]

    down = [1, 32, 64, 128, 256, 512]
    up, skipped = [256, 256, 128, 128, 64, 32], down[:0:-1]
    layers = [layer for a, b in pairwise(down) for layer in two(a, b)]
    layers += two(512, 256)
    model = build("seed-04")
    assert model.input_shape == model.output_shape == (None, 256, 256)
    kinds = [type(layer).__name__ for layer in model.layers]
    assert kinds.count("MaxPooling2D") == 5
    assert kinds.count("Conv2DTranspose") == 5
    assert kinds.count("Concatenate") == 5
    assert "BatchNormalization" not in kinds
    upsampling = [layer for layer in model.layers if type(layer).__name__ == "Conv2DTranspose"]
    assert [layer.filters for layer in upsampling] == up[1:]
    kernel = int(np.prod(upsampling[0].kernel_size))
    for a, b, skip in zip(up[:-1], up[1:], skipped, strict=True):
        layers += [(kernel * a, b), (9 * (b + skip), b)]
    layers += [(32, 16), (16, 4), (4, 1)]
    assert model.count_params() == count(layers)
    assert model.layers[-1].activation.__name__ == "sigmoid"
