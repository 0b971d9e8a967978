"""The ceilings, from the formulas alone."""

import librosa
import numpy as np
import pytest

from skse import IdealMaskTarget, SpectrumTarget, SpeechEnhancer, STFTFeaturizer, oracle_predict


def by_hand(noisy, clean, kind):
    """librosa and the definitions, at the level that the enhancer works at."""
    n_times = -(-len(noisy) // 128) * 128
    level = np.sqrt(np.mean(noisy.astype(float) ** 2))
    Y, S = (
        librosa.stft(np.pad(x / level, (0, n_times - len(x))), n_fft=256, hop_length=128)
        for x in (noisy.astype(float), clean.astype(float))
    )
    if kind == "irm":
        enhanced = Y * np.sqrt(abs(S) ** 2 / (abs(S) ** 2 + abs(Y - S) ** 2))
    elif kind == "ibm":
        enhanced = Y * (abs(S) > abs(Y - S))
    else:
        enhanced = abs(S) * np.exp(1j * np.angle(Y))
    wave = librosa.istft(enhanced, n_fft=256, hop_length=128, length=n_times)
    return level * wave[: len(noisy)]


TARGETS = {
    "irm": IdealMaskTarget("irm"),
    "ibm": IdealMaskTarget("ibm"),
    "magnitude": SpectrumTarget("magnitude"),
}


def snr_db(clean, x):
    return 10 * np.log10(np.sum(clean**2) / np.sum((clean - x) ** 2))


@pytest.mark.parametrize("kind", TARGETS)
@pytest.mark.parametrize("n_times", [4000, 4096])
def test_oracle_agrees_with_the_formulas(rng, kind, n_times):
    times = np.arange(n_times) / 8000
    clean = np.sin(2 * np.pi * 440 * times) * np.hanning(n_times) + 0.01 * rng.standard_normal(
        n_times
    )
    noisy = clean + 0.5 * rng.standard_normal(n_times)
    enhancer = SpeechEnhancer(STFTFeaturizer(), TARGETS[kind])
    out = oracle_predict(enhancer, [noisy], [clean])[0]
    expected = by_hand(noisy, clean, kind)
    np.testing.assert_allclose(out, expected, atol=1e-4)
    assert snr_db(clean, out) == pytest.approx(snr_db(clean, expected), abs=0.05)


def test_strength_and_floor_lower_the_ceiling(rng):
    clean = np.sin(np.arange(8000) / 4)[None]
    noisy = clean + rng.standard_normal(clean.shape)
    full = oracle_predict(SpeechEnhancer(), noisy, clean)
    half = oracle_predict(SpeechEnhancer(strength=0.5), noisy, clean)
    np.testing.assert_allclose(half, (noisy + full) / 2, atol=1e-5)
    floor = oracle_predict(SpeechEnhancer(mask_floor_db=0), noisy, clean)
    np.testing.assert_allclose(floor, noisy, atol=1e-5)


def test_bad_pairs():
    with pytest.raises(ValueError, match=r"X\[0\] and y\[0\] must be equally long"):
        oracle_predict(SpeechEnhancer(), [np.ones(5)], [np.ones(4)])
