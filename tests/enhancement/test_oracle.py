"""The ceilings, from the formulas alone."""

from functools import lru_cache

import librosa
import numpy as np
import pytest
import soundfile

from skse import (
    IdealMaskTarget,
    SignalApproximationTarget,
    SpectrumTarget,
    SpeechEnhancer,
    STFTFeaturizer,
    WaveformTarget,
    oracle_predict,
)

# A ceiling beyond this is perfect: what is left of the error is float32's rounding.
PERFECT_DB = 60


def over(a, b):
    """a / b, and 0 where b is 0."""
    return np.divide(
        a, b, out=np.zeros(np.broadcast(a, b).shape, np.result_type(a, b)), where=b != 0
    )


def irm(S, D, beta=1):
    return over(abs(S) ** 2, abs(S) ** 2 + abs(D) ** 2) ** beta


def phase(Y):
    return np.exp(1j * np.angle(Y))


def compressed_and_back(M, k, c):
    """Both parts through the formulas, up to the largest float32 in the range."""
    parts = []
    for part in (M.real, M.imag):
        part = np.clip(part, -99 / c, 99 / c)
        compressed = k * (1 - np.exp(-c * part)) / (1 + np.exp(-c * part))
        compressed = np.clip(compressed, -k * (1 - 2.0**-24), k * (1 - 2.0**-24))
        parts.append(-1 / c * np.log((k - compressed) / (k + compressed)))
    return parts[0] + 1j * parts[1]


def limited(ratio):
    return np.clip(ratio, -1, 1)


# name -> target, and enhanced STFT as a function of noisy Y, clean S and LTASS L.
CEILINGS = {
    "irm": (IdealMaskTarget("irm"), lambda Y, S, L: irm(S, Y - S) * Y),
    "irm, gentle": (IdealMaskTarget("irm", beta=0.5), lambda Y, S, L: irm(S, Y - S, 0.5) * Y),
    "irm, mixture": (IdealMaskTarget("irm", ratio_to="mixture"), lambda Y, S, L: irm(S, Y) * Y),
    "irm, real": (
        IdealMaskTarget("irm", part="real"),
        lambda Y, S, L: irm(S.real, Y.real - S.real) * Y,
    ),
    "irm, real, dropped": (
        IdealMaskTarget("irm", part="real", imaginary="drop"),
        lambda Y, S, L: irm(S.real, Y.real - S.real) * Y.real + 0j,
    ),
    "ibm": (IdealMaskTarget("ibm"), lambda Y, S, L: (abs(S) > abs(Y - S)) * Y),
    "ibm, 6 dB": (
        IdealMaskTarget("ibm", local_criterion=6),
        lambda Y, S, L: (20 * np.log10(abs(S) + 1e-30) - 20 * np.log10(abs(Y - S) + 1e-30) > 6) * Y,
    ),
    "ibm, mixture": (
        IdealMaskTarget("ibm", criterion="mixture_ratio", mixture_threshold=0.8),
        lambda Y, S, L: (over(abs(S), abs(Y)) >= 0.8) * Y,
    ),
    "ibm, mixture, real": (
        IdealMaskTarget("ibm", criterion="mixture_ratio", part="real"),
        lambda Y, S, L: (over(abs(S.real), abs(Y.real)) >= 0.5) * Y,
    ),
    "tbm": (IdealMaskTarget("tbm"), lambda Y, S, L: (abs(S) ** 2 > L) * Y),
    "tbm, -10 dB": (
        IdealMaskTarget("tbm", local_criterion=-10),
        lambda Y, S, L: (abs(S) ** 2 > L / 10) * Y,
    ),
    "smm": (IdealMaskTarget("smm"), lambda Y, S, L: np.minimum(over(abs(S), abs(Y)), 1) * Y),
    "smm to 10": (
        IdealMaskTarget("smm", bound=10),
        lambda Y, S, L: np.minimum(over(abs(S), abs(Y)), 10) * Y,
    ),
    "psm": (
        IdealMaskTarget("psm"),
        lambda Y, S, L: np.clip(over(abs(S), abs(Y)) * np.cos(np.angle(S) - np.angle(Y)), 0, 1) * Y,
    ),
    "psm to ±2": (
        IdealMaskTarget("psm", bound=2, truncate=False),
        lambda Y, S, L: (
            np.clip(over(abs(S), abs(Y)) * np.cos(np.angle(S) - np.angle(Y)), -2, 2) * Y
        ),
    ),
    "psm, real": (
        IdealMaskTarget("psm", part="real"),
        lambda Y, S, L: np.clip(over(S.real, Y.real), 0, 1) * Y,
    ),
    "cirm": (IdealMaskTarget("cirm"), lambda Y, S, L: over(S, Y) * Y),
    "cirm, narrow": (
        IdealMaskTarget("cirm", compression_k=1.0, compression_c=8.0),
        lambda Y, S, L: compressed_and_back(over(S, Y), 1, 8) * Y,
    ),
    "magnitude": (SpectrumTarget("magnitude"), lambda Y, S, L: abs(S) * phase(Y)),
    "log": (
        SpectrumTarget("log", floor_db=-20),
        lambda Y, S, L: np.exp(np.log(np.maximum(abs(S), 0.1))) * phase(Y),
    ),
    "power": (SpectrumTarget("power"), lambda Y, S, L: np.sqrt(abs(S) ** 2) * phase(Y)),
    "compressed": (SpectrumTarget("compressed"), lambda Y, S, L: abs(S) * phase(Y)),
    "real": (
        SpectrumTarget("real"),
        lambda Y, S, L: S.real + 1j * limited(over(S.real, Y.real)) * Y.imag,
    ),
    "real, dropped": (SpectrumTarget("real", imaginary="drop"), lambda Y, S, L: S.real + 0j),
    "complex": (SpectrumTarget("complex"), lambda Y, S, L: S),
    "approximation": (
        SignalApproximationTarget(),
        lambda Y, S, L: np.clip(over(abs(S), abs(Y)) * np.cos(np.angle(S) - np.angle(Y)), 0, 1) * Y,
    ),
    "approximation, compressed": (
        SignalApproximationTarget(bound=2, compression=0.5),
        lambda Y, S, L: (
            np.clip(over(abs(S), abs(Y)) ** 0.5 * np.cos(np.angle(S) - np.angle(Y)), 0, 2**0.5) ** 2
            * Y
        ),
    ),
    "approximation, magnitude": (
        SignalApproximationTarget("magnitude", compression=0.5),
        lambda Y, S, L: np.minimum(abs(S), abs(Y)) * phase(Y),
    ),
    "waveform": (
        WaveformTarget("complex", bound=1.5),
        lambda Y, S, L: over(S, Y) * np.minimum(1, over(1.5, abs(over(S, Y)))) * Y,
    ),
}


def synthetic():
    """Harmonic tones that swell and glide, in white noise, at three SNRs; one has silence."""
    rng = np.random.default_rng(0)
    noisy, clean = [], []
    for n_times, level in [(4000, 0.1), (4096, 0.5), (6001, 2.0)]:
        times = np.arange(n_times) / 8000
        turns = np.cumsum(150 + 100 * np.sin(2 * np.pi * 3 * times)) / 8000
        s = sum(np.sin(2 * np.pi * k * turns) / k for k in range(1, 12)) * np.hanning(n_times)
        s[:700] = 0
        x = s + level * rng.standard_normal(n_times)
        x[:400] = 0
        clean.append(s.astype(np.float32))
        noisy.append(x.astype(np.float32))
    return noisy, clean


@lru_cache(maxsize=4)
def stfts(corpus, hop_length):
    """librosa's, in double precision, of every pair at the level that the enhancer works at."""
    spectra = []
    for x, s in zip(*corpus(), strict=True):
        n_times = -(-len(x) // hop_length) * hop_length
        level = np.sqrt(np.mean(x.astype(float) ** 2))
        Y, S = (
            librosa.stft(
                np.pad(w.astype(float) / level, (0, n_times - len(w))),
                n_fft=256,
                hop_length=hop_length,
                dtype=np.complex128,
            )
            for w in (x, s)
        )
        spectra.append((level, Y, S))
    return spectra


def by_hand(corpus, hop_length, formula):
    spectra = stfts(corpus, hop_length)
    ltass = np.concatenate([abs(S) ** 2 for _, _, S in spectra], axis=1).mean(1, keepdims=True)
    for x, (level, Y, S) in zip(corpus()[0], spectra, strict=True):
        enhanced = formula(Y, S, ltass)
        yield level * librosa.istft(enhanced, n_fft=256, hop_length=hop_length, length=len(x))


def snr_db(clean, x):
    clean = clean.astype(float)
    return min(10 * np.log10(np.sum(clean**2) / np.sum((clean - x) ** 2)), PERFECT_DB)


def check_ceiling(corpus, name, hop_length):
    target, formula = CEILINGS[name]
    noisy, clean = corpus()
    enhancer = SpeechEnhancer(STFTFeaturizer(hop_length=hop_length), target)
    enhanced = oracle_predict(enhancer, noisy, clean)
    expected = list(by_hand(corpus, hop_length, formula))
    for s, out, reference in zip(clean, enhanced, expected, strict=True):
        assert snr_db(s, out) == pytest.approx(snr_db(s, reference), abs=0.05)
        assert snr_db(reference, out) > 40


@pytest.mark.parametrize("name", CEILINGS)
@pytest.mark.parametrize("hop_length", [64, 128])
def test_oracle_agrees_with_the_formulas(name, hop_length):
    check_ceiling(synthetic, name, hop_length)


@pytest.fixture(scope="module")
def speech(noizeus_home):
    """Three pairs of NOIZEUS, one of which begins with exact zeros."""
    names = [("babble", 0, "sp01"), ("car", 5, "sp11"), ("train", 10, "sp21")]
    folders = [
        (
            f"{noise}_{level}dB/wav/{sentence}_{noise}_sn{level}.wav",
            f"clean_noizeus/wav/{sentence}.wav",
        )
        for noise, level, sentence in names
    ]
    sides = zip(*folders, strict=True)
    pairs = [[soundfile.read(noizeus_home / x, dtype="float32")[0] for x in side] for side in sides]
    return lambda: pairs


@pytest.mark.noizeus
@pytest.mark.parametrize("name", CEILINGS)
@pytest.mark.parametrize("hop_length", [64, 128])
def test_oracle_agrees_with_the_formulas_on_speech(speech, name, hop_length):
    check_ceiling(speech, name, hop_length)


def test_every_mask_and_scale_has_a_ceiling_here():
    from skse.targets._records import MASKS, SPECTRA

    targets = [target for target, _ in CEILINGS.values()]
    assert {t.mask for t in targets if isinstance(t, IdealMaskTarget)} == set(MASKS)
    assert {t.scale for t in targets if isinstance(t, SpectrumTarget)} == set(SPECTRA)


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
