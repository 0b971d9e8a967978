"""Networks: regressors from features to targets that own a Keras model."""

from skse.networks._autoencoder import AutoencoderRegressor, build_autoencoder
from skse.networks._tensorflow import load_tensorflow as load_tensorflow
from skse.networks._unet import UNetRegressor, build_unet

__all__ = ["AutoencoderRegressor", "UNetRegressor", "build_autoencoder", "build_unet"]
