"""Networks: regressors from features to targets that own a Keras model."""

from skse.networks._autoencoder import AutoencoderRegressor, build_autoencoder

# For other packages of skse.
from skse.networks._base import BaseNetworkRegressor as BaseNetworkRegressor
from skse.networks._runtime import OnnxNetwork as OnnxNetwork
from skse.networks._runtime import SavedKerasObject as SavedKerasObject
from skse.networks._runtime import check_onnx as check_onnx
from skse.networks._tensorflow import load_tensorflow as load_tensorflow
from skse.networks._unet import UNetRegressor, build_unet

__all__ = ["AutoencoderRegressor", "UNetRegressor", "build_autoencoder", "build_unet"]
