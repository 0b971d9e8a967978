"""Networks: regressors from features to targets that own a Keras model."""

from skse.networks._unet import UNetRegressor, build_unet

__all__ = ["UNetRegressor", "build_unet"]
