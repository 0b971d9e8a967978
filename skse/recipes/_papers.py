"""Systems after four papers, in a size for a few processor cores and in that of the paper."""

from sklearn.utils import Bunch

from skse.enhancement import Remix, SpeechEnhancer
from skse.features import (
    FeaturizerUnion,
    MelFeaturizer,
    MFCCFeaturizer,
    SamplesFeaturizer,
    STFTFeaturizer,
)
from skse.networks import (
    DenseNetRegressor,
    NoiseEmbeddingRegressor,
    SEGANRegressor,
    WideResNetRegressor,
)
from skse.targets import (
    IdealMaskTarget,
    SamplesTarget,
    SignalApproximationTarget,
    SpectrumTarget,
    WaveformTarget,
)
from skse.utils import check_choice

_SIZES = ("small", "paper")
_SAMPLING_RATE = 8000  # of NOIZEUS
_N_FRAMES, _HOP_LENGTH = 128, 128  # 2 s: the shortest sentence of NOIZEUS has 2.1
_N_MIXTURES, _EPOCHS = 1600, 8
_LOSSES_ON = ("mask", "spectrum", "waveform")


def paper_02(
    size: str = "small", embedding: str | None = "learned"
) -> tuple[SpeechEnhancer, Bunch]:
    """Noise embeddings: a network that is told of its environment (Keren et al. 2018).

    A second network sees a recording of the environment alone and tells the first one of it,
    which adds a gain in the log domain to the noisy log spectrum.

    Parameters
    ----------
    size : {"small", "paper"}, default="small"
        "paper" has the channels of the paper and far more mixtures: for a GPU.
    embedding : {"learned", "mean"} or None, default="learned"
        What the network is told; see :class:`~skse.NoiseEmbeddingRegressor`.

    Returns
    -------
    enhancer : SpeechEnhancer
        Not fitted.
    protocol : :class:`~sklearn.utils.Bunch`
        As :func:`prepare_pairs` takes it.

    Notes
    -----
    From the paper [1]_, or from the code of its successor where the paper's was not found:

    - both networks: residual blocks, what is added at every convolution, the start at
      "output = noisy";
    - log spectra in and out, and their squared error;
    - the environment recording is of the same noise as the mixture, at the same gain, and is
      no part of it.

    What had to differ, or was not found:

    - 8 kHz in place of 16, frames of 32 ms every 16 ms in place of 25 every 10;
    - all frames at once, Adam, and in the small size a quarter of the channels or less, and few
      rows in a batch, for many steps in little time;
    - NOIZEUS has six training environments, the paper 16,784: mixtures are of its noises through
      random filters, which the environment recording goes through as well;
    - recordings are tested with their own quietest second as environment, because NOIZEUS has
      no other;
    - no word error rate: that needs a recogniser.

    References
    ----------
    .. [1] G. Keren, J. Han and B. Schuller, "Scaling speech enhancement in unseen environments with
       noise embeddings", CHiME 2018.

    Examples
    --------
    >>> from skse.recipes import paper_02
    >>> enhancer, protocol = paper_02()
    >>> enhancer.environment, enhancer.regressor.add_input, protocol.split
    ('auto', True, 'unseen')
    """
    _check_size("paper_02", size)
    network = NoiseEmbeddingRegressor(
        add_input=True, embedding=embedding, epochs=_EPOCHS, batch_size=4, learning_rate=0.002
    )
    if size == "paper":
        network.set_params(
            filters=(64, 64, 128, 128, 256, 256, 512, 512),
            strides=(1, 1, 2, 1, 2, 1, 2, 1),
            kernel_size=(4, 4, 4, 4, 3, 3, 3, 3),
            embedding_filters=(64, 128, 256, 512),
            epochs=300,
            batch_size=16,
            learning_rate=0.003,
        )
    enhancer = _enhancer(
        STFTFeaturizer(256, _HOP_LENGTH, scale="log"), SpectrumTarget(scale="log"), network
    )
    return enhancer.set_params(environment="auto"), _protocol()


def paper_03(size: str = "small", loss_on: str = "waveform") -> tuple[SpeechEnhancer, Bunch]:
    """Consistent spectrogram masking: a complex mask, judged as a waveform (Du et al. 2019).

    A densely connected, fully convolutional network gives a complex mask; the loss stands behind
    the inverse STFT of the masked spectrum.

    Parameters
    ----------
    size : {"small", "paper"}, default="small"
        "paper" is larger, and for a GPU; the paper's own sizes were not found.
    loss_on : {"waveform", "spectrum", "mask"}, default="waveform"
        Where the squared error is taken: on the waveform, as in the paper, or, to compare, on
        the masked spectrum or on the compressed complex mask itself.

    Returns
    -------
    enhancer : SpeechEnhancer
        Not fitted.
    protocol : :class:`~sklearn.utils.Bunch`
        As :func:`prepare_pairs` takes it.

    Notes
    -----
    From the paper [1]_: complex spectra in, a complex mask without a bound, the loss in the time
    domain, a DenseNet as the body.

    What had to differ, or was not found:

    - depth, growth rate, kernels, resolution in the body and its normalisation are ours;
    - frames of 32 ms every 16 ms at 8 kHz; an exponent of 2 in the loss; Adam, with few rows in
      a batch in the small size;
    - the mask begins near 1: a network that has not been trained leaves the noisy speech almost
      as it is;
    - the Fourier kernels stay fixed: :class:`~skse.targets.TrainedFourierTarget` as target trains
      them;
    - data and noises are those of NOIZEUS.

    References
    ----------
    .. [1] X. Du, M. Zhu, X. Shi, X. Zhang, W. Zhang and J. Chen, "End-to-end model for speech
       enhancement by consistent spectrogram masking", arXiv:1901.00295, 2019.

    Examples
    --------
    >>> from skse.recipes import paper_03
    >>> paper_03()[0].target, paper_03(loss_on="mask")[0].target.mask
    (WaveformTarget(bound=None, mask='complex'), 'cirm')
    """
    _check_size("paper_03", size)
    check_choice("paper_03", "loss_on", loss_on, _LOSSES_ON)
    network = DenseNetRegressor(loss="mse", epochs=_EPOCHS, batch_size=4, learning_rate=0.004)
    if size == "paper":
        network.set_params(
            growth_rate=12,
            n_layers=4,
            n_levels=4,
            fold=1,
            epochs=300,
            batch_size=16,
            learning_rate=0.003,
        )
    target = {
        "mask": IdealMaskTarget("cirm"),
        "spectrum": SignalApproximationTarget("complex", mask="complex", bound=None),
        "waveform": WaveformTarget("complex", bound=None),
    }[loss_on]
    featurizer = STFTFeaturizer(256, _HOP_LENGTH, scale="complex")
    return _enhancer(featurizer, target, network), _protocol()


def paper_04(size: str = "small", adversarial: bool = True) -> tuple[SpeechEnhancer, Bunch]:
    """Generalised enhancement: a generative network for any distortion (Pascual et al. 2019).

    Whispered, band-limited, clipped and interrupted speech goes in, and a generator, trained
    against a discriminator with an acoustic branch, makes speech of it.

    Parameters
    ----------
    size : {"small", "paper"}, default="small"
        "paper" has the paper's 65 million weights, and no L1 term: for a GPU.
    adversarial : bool, default=True
        Whether there is a discriminator, or the L1 and power terms alone.

    Returns
    -------
    enhancer : SpeechEnhancer
        Not fitted.
    protocol : :class:`~sklearn.utils.Bunch`
        As :func:`prepare_pairs` takes it.

    Notes
    -----
    From the paper [1]_ and its code: the four distortions, each with a probability of 0.4;
    generator, discriminator, acoustic features, least-squares losses, and training in two steps.

    What had to differ, or was not found:

    - 80 s of speech of NOIZEUS, of 20 sentences in training, in place of hours: the discriminator
      can learn them by heart. This shows that the parts work, not what they are worth;
    - 8 kHz and pieces of 2 s, in place of 16 kHz and 1 s;
    - whispering is made by linear prediction, without a vocoder;
    - in the small size channels are a quarter, and an L1 term is added;
    - each pair is distorted once, not anew in every epoch.

    References
    ----------
    .. [1] S. Pascual, J. Serrà and A. Bonafonte, "Towards generalized speech enhancement with
       generative adversarial networks", arXiv:1904.03418, 2019.

    Examples
    --------
    >>> from skse.recipes import paper_04
    >>> enhancer, protocol = paper_04()
    >>> enhancer.regressor.filters, protocol.condition
    ((16, 32, 64, 128), 'distortions')
    """
    _check_size("paper_04", size)
    network = SEGANRegressor(sampling_rate=_SAMPLING_RATE, epochs=20)
    if size == "paper":
        network.set_params(
            filters=(64, 128, 256, 512, 1024), l1_weight=0.0, warm_up_epochs=150, epochs=300
        )
    if not adversarial:
        network.set_params(adversarial_weight=0.0, acoustic_weight=0.0)
    enhancer = SpeechEnhancer(
        SamplesFeaturizer(256),
        SamplesTarget(),
        network,
        sampling_rate=_SAMPLING_RATE,
        segment_frames=64,
        remix=False,
    )
    return enhancer, _protocol("distortions", n_times=63 * 256)


def paper_05(size: str = "small") -> tuple[SpeechEnhancer, Bunch]:
    """Wide residual network for noise and rooms, by mapping (Ribas et al. 2019).

    Log spectrum, mel bands and cepstrum of three window lengths go in, and the log spectrum of
    dry, clean speech is learned.

    Parameters
    ----------
    size : {"small", "paper"}, default="small"
        "paper" is eight times as wide, and trained for longer: for a GPU. The paper's own width was
        not found.

    Returns
    -------
    enhancer : SpeechEnhancer
        Not fitted.
    protocol : :class:`~sklearn.utils.Bunch`
        As :func:`prepare_pairs` takes it.

    Notes
    -----
    From the paper [1]_: convolutions along time over stacked features of three window lengths;
    the residual blocks and their channels; mapping to the spectrum; simulated rooms in training.

    What had to differ, or was not found:

    - windows of 32, 64 and 96 ms at 8 kHz, a hop of 16 ms, 40 mel bands and 20 cepstral
      coefficients;
    - the squared error of the log spectrum, the noisy phase, Adam;
    - rooms are simulated for the test as well, other ones; real rooms are not in it;
    - a third of the pairs is in noise alone, a third in a room, a third in both.

    References
    ----------
    .. [1] D. Ribas, J. Llombart, A. Miguel and L. Vicente, "Deep speech enhancement for
       reverberated and noisy signals using wide residual networks", arXiv:1901.00660, 2019.

    Examples
    --------
    >>> from skse.recipes import paper_05
    >>> enhancer, protocol = paper_05()
    >>> [name for name, _ in enhancer.featurizer.featurizers], protocol.condition
    (['stft', 'mel', 'mfcc'], 'rooms')
    """
    _check_size("paper_05", size)
    union = FeaturizerUnion(
        [
            ("stft", STFTFeaturizer(256, _HOP_LENGTH)),
            ("mel", MelFeaturizer(_SAMPLING_RATE, 512, _HOP_LENGTH, n_mels=40)),
            ("mfcc", MFCCFeaturizer(_SAMPLING_RATE, 768, _HOP_LENGTH, n_mfcc=20)),
        ]
    )
    network = WideResNetRegressor(epochs=30)
    if size == "paper":
        network.set_params(width_factor=8, epochs=300)
    enhancer = _enhancer(union, SpectrumTarget(scale="log"), network)
    return enhancer.set_params(remix=False), _protocol("rooms")


def _check_size(owner, size):
    check_choice(owner, "size", size, _SIZES)


def _enhancer(featurizer, target, network):
    return SpeechEnhancer(
        featurizer,
        target,
        network,
        sampling_rate=_SAMPLING_RATE,
        segment_frames=_N_FRAMES,
        remix=Remix(n_mixtures=_N_MIXTURES),
    )


def _protocol(condition=None, n_times=(_N_FRAMES - 1) * _HOP_LENGTH):
    return Bunch(split="unseen", sampling_rate=_SAMPLING_RATE, n_times=n_times, condition=condition)
