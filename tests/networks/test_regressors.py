"""The flat regressors have every parameter of architecture and training, with one default."""

from inspect import signature

import pytest

from skse import (
    AutoencoderRegressor,
    DenseNetRegressor,
    NetworkRegressor,
    NoiseEmbeddingRegressor,
    UNetRegressor,
    WideResNetRegressor,
)
from skse.networks import (
    NETWORKS,
    Autoencoder,
    BaseNetworkRegressor,
    DenseNet,
    NoiseEmbedding,
    UNet,
    WideResNet,
)


@pytest.mark.parametrize(
    ("regressor", "architecture", "first", "options"),
    [
        (UNetRegressor, UNet, (3, 5), {"strides": [3, 2]}),
        (AutoencoderRegressor, Autoencoder, (3, 5), {"strides": [3, 2]}),
        (DenseNetRegressor, DenseNet, 5, {"dilations": [3, 2]}),
        (WideResNetRegressor, WideResNet, (3, 5), {"width_factor": 2}),
        (NoiseEmbeddingRegressor, NoiseEmbedding, (3,) * 6, {"environment_frames": 2}),
    ],
)
def test_parameters_are_those_of_architecture_and_training(regressor, architecture, first, options):
    training = NetworkRegressor().get_params()
    del training["architecture"]
    if regressor is UNetRegressor:  # its steps are dearer, and no fit takes longer for it
        training["epochs"] = 25
    assert regressor().get_params() == {**architecture().get_params(), **training}
    assert next(iter(signature(regressor).parameters)) == next(
        iter(signature(architecture).parameters)
    )
    made = regressor(first, **options).make_architecture()
    assert repr(made) == repr(architecture(first, **options))


def test_error_names_the_regressor():
    with pytest.raises(ValueError, match=r"^UNetRegressor: filters=\(\)"):
        UNetRegressor(()).receptive_field()


def test_table_of_networks():
    assert {name: entry.label for name, entry in NETWORKS.items()} == {
        "unet": "U-Net",
        "autoencoder": "Autoencoder",
        "densenet": "DenseNet",
        "wideresnet": "Wide ResNet",
        "noiseembedding": "Noise embedding",
    }
    for name, entry in NETWORKS.items():
        assert issubclass(entry.regressor, BaseNetworkRegressor)
        assert type(entry.regressor().make_architecture()).__name__.lower() == name


def test_old_joblib_files_find_the_classes():
    from skse.networks import _autoencoder, _unet

    assert _unet.UNetRegressor is UNetRegressor
    assert _autoencoder.AutoencoderRegressor is AutoencoderRegressor
