"""WPE against its formula, and in rooms."""

import sys

import numpy as np
import pytest
from scipy.signal import fftconvolve

import skse
from skse import WPE, STFTFeaturizer
from skse.datasets import load_harvard, make_rooms, reverberate
from skse.enhancement import _wpe
from skse.metrics import cepstral_distance_error, si_sdr_score, srmr_score

RATE = 8000


@pytest.fixture(autouse=True)
def _package(request):
    if "without" not in request.node.name:
        pytest.importorskip("nara_wpe")


@pytest.fixture(scope="module")
def speech():
    return load_harvard(noises="white", snr_db=5).clean[:6]


@pytest.fixture(scope="module")
def echoing(speech):
    rng = np.random.default_rng(0)
    tail = rng.standard_normal(4000) * 10 ** (-3 * np.arange(4000) / 4000)
    tail[:80], tail[0] = 0, 10
    return [fftconvolve(x, tail / 10)[: len(x)].astype(np.float32) for x in speech]


def by_formula(S, taps, delay, iterations):
    """Least squares for one frequency after another, weighted by the power of what is left."""
    left = S.copy()
    for f, Y in enumerate(S):
        earlier = np.stack([np.pad(Y, (delay + k, 0))[: len(Y)] for k in range(taps)], axis=1)
        for _ in range(iterations):
            power = np.abs(left[f]) ** 2
            weights = 1 / np.sqrt(np.maximum(power, 1e-10 * power.max()))
            g = np.linalg.lstsq(earlier * weights[:, None], Y * weights, rcond=None)[0]
            left[f] = Y - earlier @ g
    return left


@pytest.mark.parametrize(("taps", "delay", "iterations"), [(20, 2, 3), (5, 3, 1), (8, 1, 2)])
def test_against_the_formula(echoing, taps, delay, iterations):
    x = echoing[0][: 16 * 1024]  # whole frames
    featurizer = STFTFeaturizer(n_fft=256, hop_length=64)
    S = featurizer.stft(x).astype(np.complex128)
    expected = featurizer.istft(by_formula(S, taps, delay, iterations), len(x))
    options = {"taps": taps, "delay": delay, "iterations": iterations}
    enhancer = WPE(RATE, n_fft=256, hop_length=64, **options).fit([x])
    np.testing.assert_allclose(enhancer.predict([x])[0], expected, atol=1e-3 * np.abs(x).max())


def test_echo_goes_and_speech_stays(speech, echoing):
    enhanced = WPE(RATE).fit(echoing).predict(echoing)
    assert (
        srmr_score(enhanced, sampling_rate=RATE).mean()
        > 1.1 * srmr_score(echoing, sampling_rate=RATE).mean()
    )
    assert si_sdr_score(speech, enhanced).mean() > 0.5 + si_sdr_score(speech, echoing).mean()
    rng = np.random.default_rng(0)
    noise = rng.standard_normal((1, 40000)).astype(np.float32)  # nothing follows from before
    kept = WPE(RATE).fit(noise).predict(noise)
    assert si_sdr_score(noise, kept)[0] > 8


def test_in_simulated_rooms(speech):
    pytest.importorskip("pyroomacoustics")
    rooms = make_rooms(2, rt60=0.4, distance=(1, 2), random_state=0)
    data = reverberate(speech, rooms, sampling_rate=RATE, random_state=0)
    enhanced = WPE(RATE).fit(data.noisy, data.clean).predict(data.noisy)
    before, after = (
        cepstral_distance_error(data.clean, x, sampling_rate=RATE) for x in (data.noisy, enhanced)
    )
    assert after.mean() < before.mean() - 0.2
    assert [len(x) for x in enhanced] == [len(x) for x in speech]


@pytest.mark.parametrize("n_times", [1, 5, 300, 1500, 4000])
def test_short_waveforms_and_silence(rng, n_times):
    x = rng.standard_normal(n_times).astype(np.float32)
    enhancer = WPE(RATE).fit([x])
    enhanced = enhancer.predict([x, 0 * x])
    assert enhanced[0].shape == x.shape
    assert np.isfinite(enhanced[0]).all()
    assert not enhanced[1].any()
    if n_times <= 300:  # too few frames to predict one from
        np.testing.assert_allclose(enhanced[0], x, atol=1e-5)
    click = np.zeros(8000, np.float32)
    click[4000] = 1
    assert np.isfinite(enhancer.predict([click])[0]).all()


def test_the_level_does_not_count(echoing):
    enhancer = WPE(RATE).fit(echoing)
    loud, faint = (enhancer.predict([level * echoing[0]])[0] for level in (1, 1e-4))
    np.testing.assert_allclose(1e4 * faint, loud, atol=1e-3 * np.abs(loud).max())


def test_long_recordings_are_filtered_block_by_block(echoing, monkeypatch):
    x = np.concatenate(echoing)
    enhancer = WPE(RATE).fit([x])
    whole = enhancer.predict([x])[0]
    monkeypatch.setattr(_wpe, "_BLOCK", 300)
    monkeypatch.setattr(_wpe, "_BEFORE", 100)
    blocks = enhancer.predict([x])[0]
    assert blocks.shape == x.shape
    assert si_sdr_score(whole, blocks) > 8  # every block has its own filters
    seam = 300 * 128
    step = np.abs(np.diff(blocks[seam - 200 : seam + 200])).max()
    assert step < 2 * np.abs(np.diff(blocks)).max()


def test_it_is_cloned_saved_and_loaded(echoing, tmp_path):
    enhancer = WPE(RATE, taps=6).fit(echoing)
    skse.save(enhancer, tmp_path / "wpe.skse")
    loaded = skse.load(tmp_path / "wpe.skse")
    np.testing.assert_array_equal(loaded.predict(echoing)[0], enhancer.predict(echoing)[0])


@pytest.mark.parametrize("name", ["taps", "delay", "iterations"])
def test_refuses_bad_parameters(echoing, name):
    with pytest.raises(ValueError, match=f"WPE: {name} == 0, must be >= 1"):
        WPE(RATE, **{name: 0}).fit(echoing)
    with pytest.raises(ValueError, match="hop_length=400 cannot be inverted"):
        WPE(RATE, hop_length=400).fit(echoing)


def test_without_the_package_fit_says_how_to_install_it(monkeypatch, echoing):
    monkeypatch.setitem(sys.modules, "nara_wpe", None)
    with pytest.raises(ImportError, match=r'WPE needs nara_wpe, .* pip install "skse\[rooms\]"'):
        WPE(RATE).fit(echoing)
