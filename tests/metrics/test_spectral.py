import librosa
import numpy as np
import pytest
import scipy.signal
from sklearn.exceptions import UndefinedMetricWarning

from skse import MelFeaturizer, STFTFeaturizer
from skse.metrics import fw_segmental_snr_score, inconsistency, log_spectral_distance_error


def test_a_level_is_its_own_distance(rng):
    clean = rng.standard_normal((2, 4000))
    for gain_db in (-6.0, 0.0, 3.0):
        error = log_spectral_distance_error(clean, 10 ** (gain_db / 20) * clean, floor_db=-200)
        np.testing.assert_allclose(error, abs(gain_db), atol=1e-3)


@pytest.mark.parametrize("kwargs", [{}, {"n_fft": 128, "hop_length": 48, "floor_db": -20}])
def test_against_scipy(rng, kwargs):
    clean, noise = rng.standard_normal((2, 4000))
    clean[:1500] = 0  # the floor decides
    n_fft, hop_length = kwargs.get("n_fft", 256), kwargs.get("hop_length", 128)
    S, X = (
        np.abs(
            scipy.signal.stft(
                x,
                window="hann",
                nperseg=n_fft,
                noverlap=n_fft - hop_length,
                boundary=None,
                padded=False,
            )[2]
        )
        for x in (clean, clean + noise)
    )
    floor = S.max() * 10 ** (kwargs.get("floor_db", -60) / 20)
    difference = 20 * np.log10(np.maximum(S, floor) / np.maximum(X, floor))
    expected = np.sqrt((difference**2).mean(0)).mean()
    error = log_spectral_distance_error(clean, clean + noise, **kwargs)
    np.testing.assert_allclose(error, expected, rtol=1e-5)


def test_one_frame_is_enough_and_what_no_frame_holds_is_not(rng):
    clean = rng.standard_normal(256)
    assert log_spectral_distance_error(clean, 0.1 * clean, floor_db=-200) == pytest.approx(20)
    with pytest.warns(UndefinedMetricWarning, match="1 of 1"):
        assert np.isnan(log_spectral_distance_error(clean[1:], clean[1:]))
    click = np.zeros(300)
    click[-1] = 1  # the only frame ends at sample 256
    with pytest.warns(UndefinedMetricWarning, match="1 of 1"):
        assert np.isnan(log_spectral_distance_error(click, click))


def test_the_floor_bounds_the_distance_to_silence(rng):
    clean = rng.standard_normal(4000)
    silence = np.zeros(4000)
    assert log_spectral_distance_error(clean, silence, floor_db=-40) <= 40
    assert log_spectral_distance_error(clean, silence, floor_db=-80) > 60


def test_scaling_both_changes_nothing(rng):
    clean, enhanced = rng.standard_normal((2, 4000))
    np.testing.assert_allclose(
        log_spectral_distance_error(1e-3 * clean, 1e-3 * enhanced),
        log_spectral_distance_error(clean, enhanced),
        rtol=1e-5,
    )


@pytest.mark.parametrize(
    ("kwargs", "message"),
    [
        ({"n_fft": 1}, "n_fft == 1"),
        ({"hop_length": 0}, "hop_length == 0"),
        ({"floor_db": 0.0}, "floor_db == 0.0"),
    ],
)
def test_refuses_bad_parameters(kwargs, message):
    with pytest.raises(ValueError, match=message):
        log_spectral_distance_error(np.ones(999), np.ones(999), **kwargs)


def fw_segmental_snr_by_loops(s, x, rate, frame, hop):
    """Band by band and frame by frame, in Hz."""
    widths = [70] * 7 + [77.3724, 86.0056, 95.3398, 105.411, 116.256, 127.914, 140.423, 153.823]
    widths += [168.154, 183.457, 199.776, 217.153, 235.631, 255.255, 276.072, 298.126, 321.465]
    widths += [346.136]
    n_fft = 2
    while n_fft < 2 * frame:
        n_fft *= 2
    frequencies = np.arange(n_fft // 2) * rate / n_fft
    window = scipy.signal.windows.hann(frame + 2)[1:-1]
    scores = []
    for i in range(0, len(s) - frame + 1, hop):
        S, X = (np.abs(np.fft.fft(z[i : i + frame] * window, n_fft))[: n_fft // 2] for z in (s, x))
        S, X = S / S.sum(), X / X.sum()
        centre, above, below = 50.0, 0.0, 0.0
        for width in widths:
            nearest = frequencies[frequencies <= centre][-1]
            band = 70 / width * np.exp(-11 * ((frequencies - nearest) / width) ** 2)
            band[band < 10 ** (-30 / 10.6066)] = 0  # exp(-30 / 4.606)
            clean, enhanced = np.sum(band * S), np.sum(band * X)
            above += clean**0.2 * 10 * np.log10(clean**2 / (clean - enhanced) ** 2)
            below += clean**0.2
            centre += width
        scores.append(min(35, max(-10, above / below)))
    return np.mean(scores)


@pytest.mark.parametrize(("rate", "frame", "hop"), [(8000, 240, 60), (16000, 480, 120)])
def test_fw_segmental_snr_against_loops(rng, rate, frame, hop):
    clean = scipy.signal.lfilter([1], [1, -0.9], rng.standard_normal(rate // 2))
    for level in (0.1, 1.0):
        enhanced = clean + level * rng.standard_normal(len(clean))
        expected = fw_segmental_snr_by_loops(clean, enhanced, rate, frame, hop)
        score = fw_segmental_snr_score(clean, enhanced, sampling_rate=rate)
        assert score == pytest.approx(expected, abs=1e-4)


def test_fw_segmental_snr_at_its_limits(rng):
    clean = rng.standard_normal(8000)
    for gain in (1, -0.01, 20):
        assert fw_segmental_snr_score(clean, gain * clean, sampling_rate=8000) == 35
    assert fw_segmental_snr_score(clean, clean, sampling_rate=8000, max_db=20) == 20
    assert fw_segmental_snr_score(clean, 0 * clean, sampling_rate=8000) == pytest.approx(0)
    low, high = (np.sin(2 * np.pi * f * np.arange(8000) / 8000) for f in (300, 3000))
    score = fw_segmental_snr_score(low, high, sampling_rate=8000, min_db=-3.0)
    assert score < 0
    assert fw_segmental_snr_score(low, high, sampling_rate=8000, min_db=score + 1) == score + 1


@pytest.mark.parametrize("ratio", [0.2, 0.5, 0.8, 3])
def test_fw_segmental_snr_of_two_tones(ratio):
    """Where one of two equal tones changes, both bands' shares err by as much of themselves."""
    times = np.arange(8000) / 8000
    one, other = np.sin(2 * np.pi * 400 * times), np.sin(2 * np.pi * 2400 * times)
    score = fw_segmental_snr_score(one + other, one + ratio * other, sampling_rate=8000)
    assert score == pytest.approx(20 * np.log10((1 + ratio) / abs(1 - ratio)), abs=0.3)


def test_fw_segmental_snr_falls_with_noise_and_has_no_band_above_4_khz(rng):
    clean, noise = rng.standard_normal((2, 16000))
    scores = [
        fw_segmental_snr_score(clean, clean + 10 ** (-snr / 20) * noise, sampling_rate=16000)
        for snr in (20, 10, 0)
    ]
    assert scores == sorted(scores, reverse=True)
    tone = np.sin(2 * np.pi * 1000 * np.arange(16000) / 16000)
    whistle = np.sin(2 * np.pi * 6000 * np.arange(16000) / 16000)
    options = {"sampling_rate": 16000, "max_db": 90}
    # The share of the tone falls by half, in every band alike; louder whistles take more.
    score = fw_segmental_snr_score(tone, tone + whistle, **options)
    assert score == pytest.approx(20 * np.log10(2), abs=0.3)
    score = fw_segmental_snr_score(tone, tone + 9 * whistle, **options)
    assert score == pytest.approx(20 * np.log10(1 / 0.9), abs=0.3)


def test_fw_segmental_snr_of_silent_frames_and_low_rates(rng):
    clean, noise = rng.standard_normal((2, 8000))
    clean[2000:6000] = 0
    enhanced = clean.copy()
    enhanced[2240:5760] = noise[2240:5760]
    assert fw_segmental_snr_score(clean, enhanced, sampling_rate=8000) == 35
    for rate in (4000, 1000, 500):
        assert fw_segmental_snr_score(clean, clean, sampling_rate=rate) == 35
    with pytest.warns(UndefinedMetricWarning, match="shorter than a frame .240 samples"):
        assert np.isnan(fw_segmental_snr_score(noise[:239], noise[:239], sampling_rate=8000))
    with pytest.raises(ValueError, match="fw_segmental_snr_score: max_db == -11"):
        fw_segmental_snr_score(noise, noise, sampling_rate=8000, max_db=-11)


@pytest.mark.parametrize("n_times", [8000, 8001, 8063, 300])
@pytest.mark.parametrize("featurizer", [STFTFeaturizer(), MelFeaturizer(hop_length=64)])
def test_the_stft_of_a_waveform_is_consistent(rng, n_times, featurizer):
    S = featurizer.stft(0.1 * rng.standard_normal((2, n_times)))
    assert (inconsistency(S, featurizer, n_times) == -100).all()
    assert inconsistency(S[0], featurizer, n_times) == -100


@pytest.mark.parametrize(("hop_length", "window"), [(128, "hann"), (64, "hann"), (64, "boxcar")])
def test_what_is_left_of_noise_is_the_redundancy_of_the_stft(rng, hop_length, window):
    """A waveform of n samples fills n of the dimensions that its STFT has."""
    n_times = 20000
    featurizer = STFTFeaturizer(hop_length=hop_length, window=window)
    S = featurizer.stft(np.zeros((1, n_times)))
    S = rng.standard_normal(S.shape) + 1j * rng.standard_normal(S.shape)
    expected = 10 * np.log10(1 - n_times / (256 * S.shape[2]))
    found = inconsistency(S, featurizer, n_times)
    assert found == pytest.approx([expected], abs=0.05)
    assert inconsistency(100 * S, featurizer, n_times) == pytest.approx(found)


def test_inconsistency_against_librosa(rng):
    featurizer = STFTFeaturizer(n_fft=256, hop_length=64)
    x = rng.standard_normal((3, 6400))
    S = np.abs(featurizer.stft(x)) * np.exp(2j * np.pi * rng.random((3, 129, 101)))
    expected = []
    for one in S:
        x = librosa.istft(one, hop_length=64, n_fft=256, length=6400)
        rest = one - librosa.stft(x, hop_length=64, n_fft=256)
        expected.append(10 * np.log10(np.sum(np.abs(rest) ** 2) / np.sum(np.abs(one) ** 2)))
    np.testing.assert_allclose(inconsistency(S, featurizer, 6400), expected, atol=1e-3)
    ragged = inconsistency([S[0], S[1][:, :80]], featurizer, [6400, 5080])
    assert ragged[0] == pytest.approx(expected[0], abs=1e-3)
    assert ragged.shape == (2,)


def test_inconsistency_of_what_has_none():
    featurizer = STFTFeaturizer()
    S = np.zeros((1, 129, 63), np.complex64)
    assert np.isnan(inconsistency(S, featurizer, 8000)).all()
    with pytest.raises(ValueError, match=r"S\[0\] has 63 frames, but n_times fills 32"):
        inconsistency(S, featurizer, 4000)
    with pytest.raises(ValueError, match=r"S\[0\] must be complex"):
        inconsistency(np.abs(S), featurizer, 8000)
