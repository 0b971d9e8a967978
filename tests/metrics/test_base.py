import math
import sys
import warnings

import numpy as np
import pandas as pd
import pytest
from joblib import Parallel, delayed
from sklearn.exceptions import UndefinedMetricWarning

from skse import metrics
from skse.metrics import _base
from skse.metrics._base import mean_of_defined, product, ratio_db, score_utterances
from skse.utils import WaveformHandle

try:  # joblib before 1.6 brings its own
    from joblib.externals import cloudpickle
except ImportError:
    import cloudpickle

RATE = 8000
METRICS = {
    "rmse_error": {},
    "snr_score": {},
    "si_sdr_score": {},
    "log_spectral_distance_error": {},
    "segmental_snr_score": {"sampling_rate": RATE},
    "cepstral_distance_error": {"sampling_rate": RATE},
    "log_likelihood_ratio_error": {"sampling_rate": RATE},
    "fw_segmental_snr_score": {"sampling_rate": RATE},
    "stoi_score": {"sampling_rate": RATE},
    "estoi_score": {"sampling_rate": RATE},
    "pesq_score": {"sampling_rate": RATE},
    "pesq_nb_score": {"sampling_rate": RATE},
    "pesq_wb_score": {"sampling_rate": 16000},
    "snr_gain_score": {},
    "si_sdr_gain_score": {},
}


def call(name, clean, enhanced, noisy=None):
    if name.startswith("pesq"):
        pytest.importorskip("pesq")
    kwargs = dict(METRICS[name])
    if "gain" in name:
        kwargs["noisy"] = enhanced if noisy is None else noisy
    return getattr(metrics, name)(clean, enhanced, **kwargs)


@pytest.fixture
def pairs(rng):
    """Return two utterances of one second, modulated noise, and the same with noise added."""
    envelope = 0.2 * (1 + np.sin(2 * np.pi * 3 * np.arange(RATE) / RATE))
    clean = envelope * rng.standard_normal((2, RATE))
    return clean, clean + 0.05 * rng.standard_normal((2, RATE))


@pytest.mark.parametrize("name", METRICS)
def test_array_list_and_single_waveform_agree(name, pairs):
    clean, enhanced = pairs
    scores = call(name, clean, enhanced)
    assert scores.shape == (2,)
    assert scores.dtype == np.float64
    ragged = call(name, [clean[0], clean[1][:-7]], [enhanced[0], enhanced[1][:-7]])
    assert ragged[0] == pytest.approx(scores[0], rel=1e-12)  # pystoi draws noise of 1e-16
    single = call(name, clean[0], enhanced[0])
    assert isinstance(single, float)
    assert single == pytest.approx(scores[0], rel=1e-12)


@pytest.mark.parametrize("name", [name for name in METRICS if name != "rmse_error"])
def test_a_silent_utterance_is_nan_and_counted_once(name, pairs):
    clean, enhanced = pairs
    clean = np.stack([clean[0], np.zeros(RATE), clean[1], np.zeros(RATE)])
    enhanced = np.stack([enhanced[0], enhanced[0], enhanced[1], np.zeros(RATE)])
    with pytest.warns(UndefinedMetricWarning, match=f"{name} is NaN for 2 of 4 .*first: 1") as seen:
        scores = call(name, clean, enhanced)
    assert len(seen) == 1
    np.testing.assert_array_equal(np.isnan(scores), [False, True, False, True])


@pytest.mark.parametrize("name", ["snr_score", "stoi_score"])
def test_the_warning_points_at_the_caller(name):
    with pytest.warns(UndefinedMetricWarning) as seen:
        getattr(metrics, name)(np.zeros(9), np.ones(9), **METRICS[name])
    assert seen[0].filename == __file__


@pytest.mark.parametrize("name", METRICS)
@pytest.mark.parametrize("n_times", [1, 100])
def test_a_short_utterance_neither_raises_nor_vanishes(name, n_times, pairs):
    clean, enhanced = (np.asarray(w) for w in pairs)
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        scores = call(name, [clean[0], clean[1][:n_times]], [enhanced[0], enhanced[1][:n_times]])
    assert scores.shape == (2,)
    assert np.isfinite(scores[0])
    needs_length = name.startswith(("log", "seg", "ceps", "fw", "stoi", "estoi", "pesq"))
    assert np.isnan(scores[1]) == needs_length
    assert len(seen) == needs_length


@pytest.mark.parametrize("name", METRICS)
def test_bad_input_is_an_error_not_a_nan(name, pairs):
    clean, enhanced = pairs
    broken = enhanced.copy()
    broken[1, 5] = np.nan
    with pytest.raises(ValueError, match=r"enhanced\[1\] contains NaN"):
        call(name, clean, broken, noisy=enhanced)
    with pytest.raises(ValueError, match=r"clean\[0\] and enhanced\[0\] must be equally long"):
        call(name, clean, enhanced[:, :-1], noisy=enhanced)
    with pytest.raises(ValueError, match="clean and enhanced must hold the same number"):
        call(name, clean, enhanced[:1], noisy=enhanced)


@pytest.mark.parametrize("name", METRICS)
def test_pcm_is_scaled_or_refused_and_columns_are_channels(name, pairs):
    clean, enhanced = (list(x / (2 * np.abs(x).max())) for x in pairs)
    pcm = [np.round(x * 32768).astype("i2") for x in enhanced]
    expected = call(name, clean, [x / 32768 for x in pcm])
    for dtype in (">i2", "i8"):
        scores = call(name, clean, [x.astype(dtype) for x in pcm])
        # Equal but for rounding: numpy sums an array in an order that hangs on where it lies.
        np.testing.assert_allclose(scores, expected, rtol=1e-12)
    np.testing.assert_allclose(call(name, pd.Series(clean), pd.Series(pcm)), expected, rtol=1e-12)
    for bad in (pcm[0].astype("u2"), pcm[0] * np.int32(65536), np.stack(pcm[:2]).mean(axis=0)):
        with pytest.raises(ValueError, match=r"enhanced\[0\] (holds|reaches) .*full scale ±1"):
            call(name, clean[:1], [bad])
    with pytest.raises(ValueError, match=r"clean has shape .* recording of 3 channels"):
        call(name, np.stack(clean[:1] * 3, 1), np.stack(clean[:1] * 3, 1))


def fail_on_the_loud(s, x):
    if s.max() > 5:
        raise ArithmeticError("too loud")
    return s[0]


@pytest.fixture
def sent_to_workers():
    """Send functions of this module as they are, for workers cannot import tests."""
    cloudpickle.register_pickle_by_value(sys.modules[__name__])


@pytest.mark.parametrize("n_jobs", [1, 2])
@pytest.mark.usefixtures("sent_to_workers")
def test_an_error_in_a_process_is_that_error(n_jobs):
    quiet = [np.full(3, float(i)) for i in range(5)]
    options = {"n_jobs": n_jobs, "enhanced": quiet}
    with pytest.raises(ArithmeticError, match="too loud"):
        score_utterances("f", fail_on_the_loud, "", [*quiet[:4], np.full(3, 6.0)], **options)
    scores = score_utterances("f", fail_on_the_loud, "", quiet, **options)
    assert scores.tolist() == [0, 1, 2, 3, 4]


@pytest.mark.usefixtures("sent_to_workers")
def test_workers_of_a_search_start_no_processes_of_their_own(pairs):
    def score(n_jobs):
        jobs = []
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(_base, "Parallel", lambda n, **_: jobs.append(n))
            metrics.stoi_score(*pairs, sampling_rate=RATE, n_jobs=n_jobs)
        return jobs

    assert Parallel(2)(delayed(score)(n_jobs) for n_jobs in (None, 2, -1)) == [[], [], []]


@pytest.mark.parametrize("n_jobs", [2, 3, 8])
def test_parts_are_alike_and_all_there(n_jobs, rng, monkeypatch):
    lengths = [*rng.integers(1, 2000, 40), 20000, 1, 1]
    for most in (10**9, 5000):
        monkeypatch.setattr(_base, "_PART_TIMES", most)
        parts = _base._split(lengths, n_jobs)
        assert [i for part in parts for i in range(43)[part]] == list(range(43))
        target = min(sum(lengths) / n_jobs, most)
        assert max(sum(lengths[part]) for part in parts) <= target + max(lengths)
    monkeypatch.setattr(_base, "_PART_TIMES", 10**9)
    for n, expected in ((24, [24 // n_jobs] * n_jobs), (2, [1, 1])):
        parts = _base._split([100] * n, n_jobs)
        assert [len(range(n)[part]) for part in parts] == expected


class Made(WaveformHandle):
    """A handle to noise, which knows how much of it is in memory."""

    alive = most = 0

    def __init__(self, seed, n_times=8000):
        self.address = seed, n_times

    def __len__(self):
        return self.address[1]

    def read(self, start=0, stop=None):
        class Counted(np.ndarray):
            def __del__(self):
                Made.alive -= 1

        Made.alive += 1
        Made.most = max(Made.most, Made.alive)
        seed, n_times = self.address
        x = np.random.default_rng(seed).standard_normal(n_times).astype(np.float32)
        return x[start:stop].view(Counted)


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_handles_are_scored_as_arrays_and_few_at_a_time(n_jobs, monkeypatch):
    monkeypatch.setattr(_base, "_PART_TIMES", 20_000)
    clean, enhanced = ([Made(10 * k + i) for i in range(100)] for k in (1, 2))
    arrays = [[np.asarray(x) for x in waveforms] for waveforms in (clean, enhanced)]
    expected = metrics.stoi_score(*arrays, sampling_rate=RATE)
    del arrays
    Made.alive = Made.most = 0
    scores = metrics.stoi_score(clean, enhanced, sampling_rate=RATE, n_jobs=n_jobs)
    np.testing.assert_allclose(scores, expected, rtol=1e-12)
    assert Made.most < 100


@pytest.mark.parametrize("n_times", [1, 7, 20001])
def test_product(n_times, rng):
    x, y = rng.standard_normal((2, n_times))
    assert product(x, y) == pytest.approx(math.fsum(x * y), rel=1e-11)


def test_ratio_db():
    np.testing.assert_allclose(
        ratio_db(np.array([1.0, 1.0, 1.0, 0.0]), np.array([0.01, 1.0, 0.0, 1.0])),
        [20.0, 0.0, 100.0, -100.0],
    )
    assert np.isnan(ratio_db(0.0, 0.0))


def test_mean_of_what_is_defined():
    nan = float("nan")
    assert mean_of_defined([1.0, nan, 4.0]) == 2.5
    assert mean_of_defined(3.0) == 3.0
    assert mean_of_defined([1.0, nan, 4.0], weights=[3, 100, 1]) == 1.75
    assert np.isnan(mean_of_defined([nan, nan]))
    assert np.isnan(mean_of_defined([], weights=[]))
