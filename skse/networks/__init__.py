"""Networks: regressors from features to targets that own a Keras model."""

from skse.networks._autoencoder import AutoencoderRegressor, build_autoencoder
from skse.networks._tensorflow import load_tensorflow as load_tensorflow
from skse.networks._unet import UNetRegressor, build_unet

__all__ = ["AutoencoderRegressor", "UNetRegressor", "build_autoencoder", "build_unet"]

# TEMPORARY
from skse.networks._base import BaseNetworkRegressor
from skse.networks._runtime import exported, OnnxNetwork
from skse.networks._validation import split_groups


def compares(loss):
    name = str(getattr(loss, "name", getattr(loss, "__name__", loss))).replace("_", "").lower()
    for k, v in {
        "crossentropy": "probabilities",
        "dice": "probabilities",
        "compressedspectrum": "spectra",
        "sisdr": "waveforms",
        "snr": "waveforms",
    }.items():
        if k in name:
            return v
    return "anything"


from typing import NamedTuple


class _Network(NamedTuple):
    regressor: type
    label: str


class _Loss(NamedTuple):
    name: str
    label: str


NETWORKS = {
    "unet": _Network(UNetRegressor, "U-Net"),
    "autoencoder": _Network(AutoencoderRegressor, "Autoencoder"),
}
LOSSES = {
    name: _Loss(name, label)
    for name, label in (
        ("bce_dice", "BCE + Dice"),
        ("binary_crossentropy", "BCE"),
        ("compressed_spectrum", "Compressed spectrum"),
        ("dice", "Dice"),
        ("huber", "Huber"),
        ("mae", "MAE"),
        ("mse", "MSE"),
        ("si_sdr", "SI-SDR"),
        ("snr", "SNR"),
    )
}
