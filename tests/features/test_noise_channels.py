"""The noise channels: against plain recursions, piece by piece, and on noise of a known level."""

import numpy as np
import pytest

from skse.features import NoiseTracker, STFTFeaturizer
from skse.features._noise_channels import NOISE_CHANNELS, NoiseChannels

SIZES = [(256, 64), (256, 128), (512, 128), (63, 20)]
MOST = 50 / 20 * np.log(10)


def spectra(rng, n_samples=2, n_frequencies=129, n_frames=120):
    """STFTs of noise whose level changes, with a loud stretch and a silent one."""
    S = rng.standard_normal((2, n_samples, n_frequencies, n_frames)).astype(np.float32)
    S = S[0] + 1j * S[1]
    S[..., 60:75] *= 20
    S[..., 90:95] = 0
    return S


def make(S, names=NOISE_CHANNELS, n_fft=256, hop_length=64):
    return NoiseChannels(names, n_fft, hop_length, len(S), S.shape[1])


@pytest.mark.parametrize(("n_fft", "hop_length"), SIZES)
def test_channels_are_the_logs_of_noise_and_snrs(rng, n_fft, hop_length):
    n_frequencies = 1 + n_fft // 2
    S = spectra(rng, n_frequencies=n_frequencies)
    channels = make(S, n_fft=n_fft, hop_length=hop_length).push(S)
    assert channels.dtype == np.float32
    tracker = NoiseTracker(n_fft, hop_length, 1e-10 * n_frequencies)
    state = tracker.start(2, n_frequencies)
    speech = state["noise"].astype(float)
    for t in range(S.shape[2]):
        power = np.abs(S[:, :, t]).astype(float) ** 2
        tracker.update(power.astype(np.float32), state)
        unknown = ~state["noise_known"][:, None]
        noise = np.maximum(state["noise"], unknown * state["noise_mean"]).astype(float)
        prior = 0.98 * speech / noise + 0.02 * np.maximum(power / noise - 1, 0)
        prior = np.maximum(prior, 10**-2.5)
        speech = (prior / (1 + prior)) ** 2 * power
        with np.errstate(divide="ignore"):
            posterior = np.clip(0.5 * np.log(power / noise), -MOST, MOST)
        prior = np.clip(0.5 * np.log(prior), -MOST, MOST)
        expected = np.stack([0.5 * np.log(noise), posterior, prior], axis=-1)
        np.testing.assert_allclose(channels[:, :, t], expected, atol=1e-4)


@pytest.mark.parametrize("size", [1, 7, 64, 500])
def test_pieces_and_recordings_abreast_change_nothing(rng, size):
    S = spectra(rng)
    whole = make(S).push(S)
    stream = make(S)
    pieces = [stream.push(S[:, :, i : i + size]) for i in range(0, S.shape[2], size)]
    np.testing.assert_array_equal(np.concatenate(pieces, axis=2), whole)
    for i in range(len(S)):
        np.testing.assert_array_equal(make(S[:1]).push(S[i : i + 1])[0], whole[i])


def test_no_frame_depends_on_a_later_one(rng):
    S = spectra(rng)
    changed = S.copy()
    changed[..., 80:] *= 3
    np.testing.assert_array_equal(make(S).push(S)[:, :, :80], make(S).push(changed)[:, :, :80])


@pytest.mark.parametrize("names", [("prior_snr",), ("posterior_snr", "noise"), ()])
def test_channels_come_in_the_order_asked_for(rng, names):
    S = spectra(rng)
    all_of_them = make(S).push(S)
    chosen = [NOISE_CHANNELS.index(name) for name in names]
    np.testing.assert_array_equal(make(S, names).push(S), all_of_them[..., chosen])


@pytest.mark.parametrize("level_db", [-40, -10, 0])
def test_stationary_noise_is_known_after_half_a_second(rng, level_db):
    """Its power in a unit is the sum of the squared window; half of it is speech to nobody."""
    level = 10 ** (level_db / 20)
    noise = level * rng.standard_normal((4, 16000)).astype(np.float32)
    featurizer = STFTFeaturizer(hop_length=64, noise_channels=NOISE_CHANNELS).fit(noise)
    _, tracked, posterior, prior = np.moveaxis(featurizer.transform(noise)[:, 2:-2, 100:-5], -1, 0)
    true_log = 0.5 * np.log(96.0) + np.log(level)
    assert abs(np.log(np.exp(2 * tracked).mean()) / 2 - true_log) < 0.23  # 2 dB
    assert abs(np.log(np.exp(2 * posterior).mean())) < 0.4
    assert np.median(prior) < -1.5
