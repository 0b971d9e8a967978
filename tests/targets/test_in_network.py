"""Targets whose mask is applied inside the network."""

import numpy as np
import pytest

from skse import SignalApproximationTarget, STFTFeaturizer, WaveformTarget
from skse.targets import TrainedFourierTarget
from skse.utils.estimator_checks import checks_for

VARIANTS = [
    SignalApproximationTarget(),
    SignalApproximationTarget(mask="complex", bound=2.0, compression=0.3),
    SignalApproximationTarget(bound=None, compression=0.5),
    SignalApproximationTarget("magnitude"),
    SignalApproximationTarget("magnitude", compression=0.5, phase_sensitive=True),
    WaveformTarget(),
    WaveformTarget("complex", bound=None),
]


@pytest.fixture
def stfts(rng):
    parts = rng.standard_normal((4, 2, 5, 7))
    clean, noise = parts[0] + 1j * parts[1], parts[2] + 1j * parts[3]
    noise[0, 1, 2] = -clean[0, 1, 2]  # nothing is left to be masked
    return (clean + noise).astype(np.complex64), clean.astype(np.complex64)


def squared_error(a, b):
    return np.sum(np.square(a - b, dtype=float))


@pytest.mark.parametrize("target", VARIANTS, ids=repr)
def test_ideal_prediction_is_the_best_that_a_mask_can_give(target, stfts):
    noisy, clean = stfts
    goal, ideal = target.fit_transform(noisy, clean), target.ideal_prediction(noisy, clean)
    assert ideal.shape == goal.shape
    assert ideal.dtype == np.float32
    enhanced = target.inverse_transform(ideal, noisy)
    gain = np.abs(enhanced) / np.maximum(np.abs(noisy), 1e-9)
    if target.bound is not None:
        assert gain.max() <= target.bound * (1 + 1e-4)
    # A mask that is a little larger, smaller or (where it may be) turned is worse.
    for factor in (0.97, 1.03, *([np.exp(0.03j)] if target.mask == "complex" else [])):
        other = factor * enhanced
        if target.bound is not None:
            other *= np.minimum(1, target.bound / np.maximum(gain * abs(factor), 1e-9))
        assert squared_error(goal, ideal) <= squared_error(goal, forward(target, other, noisy))
    if target.bound is None and target.mask == "complex":
        reached = noisy != 0
        np.testing.assert_allclose(enhanced[reached], clean[reached], atol=1e-5)


def forward(target, enhanced, noisy):
    """What the network would put out for an enhanced STFT."""
    p = target.compression
    if target.domain == "magnitude":
        return np.abs(enhanced) ** p
    compressed = np.abs(enhanced) ** p * np.exp(1j * np.angle(enhanced))
    return np.stack([compressed.real, compressed.imag], axis=-1)


def test_targets_are_compressed_clean_spectra(stfts):
    noisy, clean = stfts
    channels = SignalApproximationTarget(compression=0.3).fit_transform(noisy, clean)
    expected = np.abs(clean) ** 0.3 * np.exp(1j * np.angle(clean))
    np.testing.assert_allclose(channels[..., 0] + 1j * channels[..., 1], expected, atol=1e-6)
    aware = SignalApproximationTarget("magnitude", compression=0.5, phase_sensitive=True)
    cosine = np.cos(np.angle(clean) - np.angle(noisy))
    expected = (np.abs(clean) * np.maximum(cosine, 0)) ** 0.5
    expected[noisy == 0] = 0
    np.testing.assert_allclose(aware.fit_transform(noisy, clean), expected, atol=1e-3)
    plain = SignalApproximationTarget("magnitude", compression=0.5).fit_transform(noisy, clean)
    np.testing.assert_allclose(plain, np.abs(clean) ** 0.5, atol=1e-6)
    waveform = WaveformTarget().fit_transform(noisy, clean)
    np.testing.assert_array_equal(waveform[..., 0] + 1j * waveform[..., 1], clean)


@pytest.mark.parametrize("target", VARIANTS, ids=repr)
def test_lists_and_arrays_agree(target, stfts):
    noisy, clean = stfts
    together = target.ideal_prediction(noisy, clean)
    ragged = [noisy[0], noisy[1, :, :3]], [clean[0], clean[1, :, :3]]
    apart = target.ideal_prediction(*ragged)
    np.testing.assert_array_equal(apart[1], together[1, :, :3])
    back = target.inverse_transform(apart, ragged[0])
    np.testing.assert_allclose(
        back[1], target.inverse_transform(together, noisy)[1, :, :3], rtol=1e-5
    )


@pytest.mark.parametrize("target", VARIANTS, ids=repr)
def test_head_and_channels(target):
    from skse.networks._heads import MaskHead

    head = target.network_head(STFTFeaturizer(n_fft=64, hop_length=16, window=np.hanning(64)))
    istft = head.pop("istft", None)
    assert target.needs_reference
    layer = MaskHead(**head)
    shape = (1, 3, 4, 2 if target.mask == "complex" else 1)
    out = layer([np.ones(shape, "f4"), np.ones((1, 3, 4, 2), "f4")])
    assert out.shape[3:] == ((2,) if target.n_output_channels == 2 else ())
    assert target.gives_waveforms == (istft is not None)
    if istft:
        assert istft == {"n_fft": 64, "hop_length": 16, "window": np.hanning(64).tolist()}


@pytest.mark.parametrize(
    ("target", "message"),
    [
        (SignalApproximationTarget("power"), "domain='power' is not allowed; choose from 'comp"),
        (SignalApproximationTarget(mask="ibm"), "SignalApproximationTarget: mask='ibm' is not"),
        (SignalApproximationTarget(bound=0), "bound == 0, must be > 0"),
        (SignalApproximationTarget(compression=1.5), "compression == 1.5, must be <= 1"),
        (SignalApproximationTarget("magnitude", mask="complex"), "use domain='complex' or mask"),
        (WaveformTarget("irm"), "WaveformTarget: mask='irm' is not allowed"),
        (WaveformTarget(bound=float("nan")), "bound=nan must be a number"),
    ],
)
def test_bad_parameters(target, message, stfts):
    with pytest.raises(ValueError, match=message):
        target.fit(*stfts)
    with pytest.raises(ValueError, match=message):
        target.network_head(STFTFeaturizer())


def test_prediction_without_channels(stfts):
    noisy, clean = stfts
    with pytest.raises(ValueError, match="2 channels behind; got"):
        SignalApproximationTarget().fit(noisy, clean).inverse_transform(np.abs(noisy), noisy)


def test_trained_kernels_are_asked_for():
    featurizer = STFTFeaturizer(n_fft=64, hop_length=16)
    for mask in ("real", "complex"):
        fixed, trained = WaveformTarget(mask), TrainedFourierTarget(mask)
        assert trained.get_params() == fixed.get_params()
        expected = {**fixed.network_head(featurizer), "trains_kernels": True}
        assert trained.network_head(featurizer) == expected
        for check in checks_for(trained):
            check(trained)


@pytest.mark.parametrize(
    ("window", "hop_length", "tight"),
    [("hann", 16, True), (np.sin(np.pi * np.arange(64) / 64), 32, True), ("hann", 32, False)],
    ids=["hann, N/4", "square root of hann, N/2", "hann, N/2"],
)
def test_loss_on_waveforms_is_that_on_spectra_less_the_inconsistent_part(
    rng, window, hop_length, tight
):
    """As the notes of WaveformTarget have it; all spectra are those of whole windows."""
    featurizer = STFTFeaturizer(64, hop_length, window=window)
    n_times, quiet = 1024, np.zeros(64)
    clean = np.concatenate([quiet, rng.standard_normal(n_times - 128), quiet])
    S = featurizer.stft(clean).astype(complex)
    masked = S * rng.uniform(0, 1, S.shape)
    masked[:, np.r_[:5, -5:0]] = 0
    waveform = featurizer.istft(masked, n_times).astype(float)
    projected = featurizer.stft(waveform)

    def energy(X):
        return np.sum(np.abs(X[[0, -1]]) ** 2) + 2 * np.sum(np.abs(X[1:-1]) ** 2)

    spectral, inconsistent = energy(masked - S), energy(masked - projected)
    assert inconsistent > 0.01 * spectral
    assert energy(projected - S) == pytest.approx(spectral - inconsistent, rel=1e-5)
    # Parseval: each frame's spectrum has n_fft times the energy of its windowed samples.
    weight = 64 * np.sum(featurizer.check_params() ** 2) / hop_length
    expected = weight * np.sum((waveform - clean) ** 2)
    assert bool(energy(projected - S) == pytest.approx(expected, rel=1e-5)) == tight
