"""Networks: regressors from features to targets that own a Keras model."""

from importlib import import_module

from skse.networks._architecture import BaseArchitecture
from skse.networks._autoencoder import Autoencoder, build_autoencoder
from skse.networks._base import BaseNetworkRegressor
from skse.networks._loss_table import compares, register_loss
from skse.networks._network import NetworkRegressor
from skse.networks._regressors import AutoencoderRegressor, UNetRegressor
from skse.networks._unet import UNet, build_unet

__all__ = [
    "Autoencoder",
    "AutoencoderRegressor",
    "BaseArchitecture",
    "BaseNetworkRegressor",
    "NetworkRegressor",
    "UNet",
    "UNetRegressor",
    "build_autoencoder",
    "build_unet",
    "compares",
    "register_loss",
]

# For the other packages of skse. The last two modules load Keras.
_SHARED = {
    "_loss_table": ["LOSSES"],
    "_regressors": ["NETWORKS"],
    "_rows": ["split_groups"],
    "_runtime": ["OnnxNetwork", "SavedKerasObject", "check_onnx", "exported"],
    "_training": ["from_arguments"],
    "_scikeras": ["describe_keras_object"],
    "_export": ["to_runtime"],
}


def __getattr__(name):
    for module, names in _SHARED.items():
        if name in names:
            return getattr(import_module(f"skse.networks.{module}"), name)
    raise AttributeError(f"module 'skse.networks' has no attribute {name!r}")
