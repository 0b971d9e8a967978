"""Networks: regressors from features to targets that own a Keras model."""

from importlib import import_module

from skse.networks._architecture import BaseArchitecture
from skse.networks._autoencoder import Autoencoder, build_autoencoder
from skse.networks._base import BaseNetworkRegressor
from skse.networks._densenet import DenseNet, DenseNetRegressor
from skse.networks._loss_table import compares, register_loss
from skse.networks._network import NetworkRegressor
from skse.networks._noise_embedding import NoiseEmbedding
from skse.networks._noise_regressor import NoiseEmbeddingRegressor
from skse.networks._regressors import AutoencoderRegressor, UNetRegressor

# For the other packages of skse.
from skse.networks._runtime import OnnxNetwork as OnnxNetwork
from skse.networks._runtime import SavedKerasObject as SavedKerasObject
from skse.networks._runtime import check_onnx as check_onnx
from skse.networks._runtime import exported as exported
from skse.networks._runtime import in_half as in_half
from skse.networks._runtime import is_kernel as is_kernel
from skse.networks._runtime import step_form_of as step_form_of
from skse.networks._segan import SEGAN
from skse.networks._segan_regressor import SEGANRegressor
from skse.networks._steps import NotSteppableError as NotSteppableError
from skse.networks._tensorflow import check_keras as check_keras
from skse.networks._tensorflow import load_tensorflow as load_tensorflow
from skse.networks._unet import UNet, build_unet
from skse.networks._wideresnet import WideResNet, WideResNetRegressor

__all__ = [
    "Autoencoder",
    "AutoencoderRegressor",
    "BaseArchitecture",
    "BaseNetworkRegressor",
    "DenseNet",
    "DenseNetRegressor",
    "NetworkRegressor",
    "NoiseEmbedding",
    "NoiseEmbeddingRegressor",
    "SEGAN",
    "SEGANRegressor",
    "UNet",
    "UNetRegressor",
    "WideResNet",
    "WideResNetRegressor",
    "build_autoencoder",
    "build_unet",
    "compares",
    "register_loss",
]

# For the other packages of skse: where the name is. The modules of the last two load Keras.
_SHARED = {
    "LOSSES": "_loss_table",
    "NETWORKS": "_regressors",
    "from_arguments": "_training",
    "split_groups": "_rows",
    "describe_keras_object": "_scikeras",
    "to_runtime": "_export",
}


def __getattr__(name):
    if name in _SHARED:
        return getattr(import_module(f"skse.networks.{_SHARED[name]}"), name)
    raise AttributeError(f"module 'skse.networks' has no attribute {name!r}")
