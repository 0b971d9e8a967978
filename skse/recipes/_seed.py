"""The five experiments of the seed."""

from sklearn.utils import Bunch

from skse.enhancement import SpeechEnhancer
from skse.features import STFTFeaturizer
from skse.networks import AutoencoderRegressor, UNetRegressor
from skse.targets import IdealMaskTarget, SpectrumTarget

_SAMPLING_RATE = 16000
_HOP_LENGTH = 128
_N_FRAMES = 256


def seed_01() -> tuple[SpeechEnhancer, Bunch]:
    """Clean real spectrum (mapping), autoencoder, mean squared error.

    The autoencoder sees the real part of the noisy STFT and learns that of the clean one;
    the imaginary part is dropped.

    Returns
    -------
    enhancer : SpeechEnhancer
        Not fitted.
    protocol : :class:`~sklearn.utils.Bunch`
        As :func:`prepare_pairs` takes it.

    Notes
    -----
    What had to differ from the published experiment, here and in the other recipes at 16 kHz:

    - Its STFT, of 257 frequencies and 265 frames, was cropped to 256 × 256. Here the
      waveforms are cut to the 32640 samples that 256 frames span and the highest frequency
      is left out by the featurizer. The cut is silence beyond the last frame's centre,
      where the published crop still saw speech. The highest frequency is 0 in the output.
    - The files are resampled from 8 to 16 kHz with the soxr library.
    - It tested on seven noises without saying which of the eight was missing; here train
      noise is.
    - What it does not state is as in Keras (Adam's beta_2 and epsilon, initial weights),
      except for the slope of the leaky ReLU, 0.2, and the momentum of the batch
      normalisation's averages, 0.9 in place of 0.99: with 12 steps an epoch those
      would lag behind by eight epochs.
    - Its metric in training, the root of the summed squared error over the number of
      spectrograms in a batch, is reported beside ours as ``seed_rmse``.

    Examples
    --------
    >>> from skse.recipes import seed_01
    >>> enhancer, protocol = seed_01()
    >>> enhancer.target
    SpectrumTarget(imaginary='drop', scale='real')
    >>> protocol.split, protocol.sampling_rate
    ('seed-720-210', 16000)
    """
    target = SpectrumTarget(scale="real", imaginary="drop")
    network = _autoencoder("leaky_relu", epochs=60, output_block=True)
    return _enhancer(target, network), _protocol("seed-720-210")


def seed_02() -> tuple[SpeechEnhancer, Bunch]:
    """Ideal binary mask, autoencoder with leaky ReLU, mean squared error.

    The mask is 1 where the real part of the clean STFT has at least half the size of the
    noisy one's; it is applied to the real part, the imaginary part is dropped.

    Returns
    -------
    enhancer : SpeechEnhancer
        Not fitted.
    protocol : :class:`~sklearn.utils.Bunch`
        As :func:`prepare_pairs` takes it.

    Notes
    -----
    For what had to differ see :func:`seed_01`.

    Examples
    --------
    >>> from skse.recipes import seed_02
    >>> enhancer, protocol = seed_02()
    >>> enhancer.target.mixture_threshold, enhancer.regressor.dropout
    (0.5, 0.3)
    """
    return _mask_by_autoencoder("leaky_relu", "mse")


def seed_03_mse() -> tuple[SpeechEnhancer, Bunch]:
    """Ideal binary mask, autoencoder with ReLU, mean squared error.

    As :func:`seed_02` with another activation.

    Returns
    -------
    enhancer : SpeechEnhancer
        Not fitted.
    protocol : :class:`~sklearn.utils.Bunch`
        As :func:`prepare_pairs` takes it.

    Notes
    -----
    For what had to differ see :func:`seed_01`.

    Examples
    --------
    >>> from skse.recipes import seed_03_mse
    >>> enhancer, protocol = seed_03_mse()
    >>> enhancer.regressor.activation, enhancer.regressor.loss
    ('relu', 'mse')
    """
    return _mask_by_autoencoder("relu", "mse")


def seed_03_bce() -> tuple[SpeechEnhancer, Bunch]:
    """Ideal binary mask, autoencoder with ReLU, binary cross-entropy.

    As :func:`seed_03_mse` with another loss.

    Returns
    -------
    enhancer : SpeechEnhancer
        Not fitted.
    protocol : :class:`~sklearn.utils.Bunch`
        As :func:`prepare_pairs` takes it.

    Notes
    -----
    For what had to differ see :func:`seed_01`.

    Examples
    --------
    >>> from skse.recipes import seed_03_bce
    >>> enhancer, protocol = seed_03_bce()
    >>> enhancer.regressor.loss, enhancer.regressor.batch_size
    ('binary_crossentropy', 60)
    """
    return _mask_by_autoencoder("relu", "binary_crossentropy")


def seed_04(imaginary: str = "drop") -> tuple[SpeechEnhancer, Bunch]:
    """Ideal binary mask, U-Net, mean squared error.

    The mask is 1 where the real part of the clean STFT has at least 0.8 times the size of the
    noisy one's; it is applied to the real part.

    Parameters
    ----------
    imaginary : {"drop", "rescale"}, default="drop"
        What becomes of the noisy imaginary part: nothing, as in the published experiment, or
        it is multiplied by the mask too, as was meant for :func:`seed_05`. The network is the
        same.

    Returns
    -------
    enhancer : SpeechEnhancer
        Not fitted.
    protocol : :class:`~sklearn.utils.Bunch`
        As :func:`prepare_pairs` takes it.

    Notes
    -----
    For what had to differ see :func:`seed_01`. The published 660 training and 60 test files
    are 22 and 2 of each sentence's 24 at 0, 5 and 10 dB; which 2 is drawn at random.

    Examples
    --------
    >>> from skse.recipes import seed_04
    >>> enhancer, protocol = seed_04()
    >>> enhancer.target.mixture_threshold, enhancer.regressor.filters
    (0.8, (32, 64, 128, 256, 512))
    """
    return _enhancer(_binary_mask(0.8, imaginary), unet("mse")), _protocol("seed-660-60")


def seed_05(imaginary: str = "drop") -> tuple[SpeechEnhancer, Bunch]:
    """Ideal binary mask, U-Net, binary cross-entropy + soft dice.

    As :func:`seed_04` with another loss.

    Parameters
    ----------
    imaginary : {"drop", "rescale"}, default="drop"
        As for :func:`seed_04`. The published experiment meant to rescale the imaginary part,
        but took it from what had lost it already, so that it was 0 there too.

    Returns
    -------
    enhancer : SpeechEnhancer
        Not fitted.
    protocol : :class:`~sklearn.utils.Bunch`
        As :func:`prepare_pairs` takes it.

    Notes
    -----
    For what had to differ see :func:`seed_01` and :func:`seed_04`.

    Examples
    --------
    >>> from skse.recipes import seed_05
    >>> enhancer, protocol = seed_05()
    >>> enhancer.regressor.loss, enhancer.target.imaginary
    ('bce_dice', 'drop')
    """
    return _enhancer(_binary_mask(0.8, imaginary), unet("bce_dice")), _protocol("seed-660-60")


def unet(loss):
    """Return the U-Net of experiments 04 and 05, with its training."""
    return UNetRegressor(
        filters=(32, 64, 128, 256, 512),
        downsampling="max_pool",
        strides=(2, 2),
        kernel_size=3,
        first_kernel_size=3,
        n_convolutions=2,
        residual=False,
        dilations=(),
        bottleneck_filters=256,
        bottleneck_units=None,
        dropout=0.0,
        decoder_filters=(256, 128, 128, 64, 32),
        head_filters=(16, 4),
        input_skip=False,
        skip="concatenate",
        activation="relu",
        normalization=None,
        standardize=False,
        loss=loss,
        optimizer="adam",
        learning_rate=1e-4,
        learning_rate_schedule="constant",
        batch_size=30,
        epochs=50,
    )


def _mask_by_autoencoder(activation, loss):
    network = _autoencoder(activation, epochs=50, dropout=0.3, loss=loss)
    return _enhancer(_binary_mask(0.5, "drop"), network), _protocol("seed-720-210")


def _binary_mask(threshold, imaginary):
    return IdealMaskTarget(
        mask="ibm",
        criterion="mixture_ratio",
        mixture_threshold=threshold,
        part="real",
        imaginary=imaginary,
    )


def _autoencoder(activation, **parameters):
    from keras.optimizers import Adam

    return AutoencoderRegressor(
        filters=(32, 64, 128, 256, 512, 1024),
        dense_units=(2048, 512, 2048),
        kernel_size=3,
        strides=(2, 2),
        activation=activation,
        normalization="batch",
        standardize=False,
        optimizer=Adam(1.5e-4, beta_1=0.5),
        learning_rate_schedule="constant",
        batch_size=60,
        **parameters,
    )


def _enhancer(target, regressor):
    return SpeechEnhancer(
        STFTFeaturizer(n_fft=512, hop_length=_HOP_LENGTH, scale="real", drop_nyquist=True),
        target,
        regressor,
        sampling_rate=_SAMPLING_RATE,
        segment_frames=_N_FRAMES,
        normalize_level=False,
        remix=False,
    )


def _protocol(split):
    return Bunch(split=split, sampling_rate=_SAMPLING_RATE, n_times=(_N_FRAMES - 1) * _HOP_LENGTH)
