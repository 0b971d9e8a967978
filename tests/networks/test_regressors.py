"""The flat regressors have every parameter of architecture and training, with one default."""

import pytest

from skse import AutoencoderRegressor, NetworkRegressor, UNetRegressor
from skse.networks import NETWORKS, Autoencoder, BaseNetworkRegressor, UNet


@pytest.mark.parametrize(
    ("regressor", "architecture"), [(UNetRegressor, UNet), (AutoencoderRegressor, Autoencoder)]
)
def test_parameters_are_those_of_architecture_and_training(regressor, architecture):
    training = NetworkRegressor().get_params()
    del training["architecture"]
    assert regressor().get_params() == {**architecture().get_params(), **training}
    assert regressor((3, 5)).filters == (3, 5)
    made = regressor((3, 5), strides=[3, 2]).make_architecture()
    assert repr(made) == repr(architecture((3, 5), strides=[3, 2]))


def test_error_names_the_regressor():
    with pytest.raises(ValueError, match=r"^UNetRegressor: filters=\(\)"):
        UNetRegressor(()).receptive_field()


def test_table_of_networks():
    assert {name: entry.label for name, entry in NETWORKS.items()} == {
        "unet": "U-Net",
        "autoencoder": "Autoencoder",
    }
    for name, entry in NETWORKS.items():
        assert issubclass(entry.regressor, BaseNetworkRegressor)
        assert type(entry.regressor().make_architecture()).__name__.lower() == name


def test_old_joblib_files_find_the_classes():
    from skse.networks import _autoencoder, _unet

    assert _unet.UNetRegressor is UNetRegressor
    assert _autoencoder.AutoencoderRegressor is AutoencoderRegressor
