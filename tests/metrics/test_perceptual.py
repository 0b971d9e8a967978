import sys
import warnings
from functools import partial

import numpy as np
import pystoi
import pytest
import soundfile
from joblib import parallel_config
from sklearn.exceptions import UndefinedMetricWarning

from skse.metrics import estoi_score, pesq_nb_score, pesq_score, pesq_wb_score, stoi_score


@pytest.fixture
def speech_like(rng):
    envelope = 0.2 * (1 + np.sin(2 * np.pi * 4 * np.arange(12000) / 8000))
    return (envelope * rng.standard_normal((2, 12000))).astype(np.float32)


@pytest.mark.parametrize(("score", "extended"), [(stoi_score, False), (estoi_score, True)])
@pytest.mark.parametrize("sampling_rate", [8000, 10000, 16000.0])
def test_stoi_equals_pystoi(score, extended, sampling_rate, speech_like, rng):
    noisy = speech_like + 0.3 * rng.standard_normal(speech_like.shape).astype(np.float32)
    expected = [
        pystoi.stoi(s.astype(float), x.astype(float), int(sampling_rate), extended=extended)
        for s, x in zip(speech_like, noisy, strict=True)
    ]
    assert max(expected) < 0.9
    np.testing.assert_allclose(
        score(speech_like, noisy, sampling_rate=sampling_rate), expected, rtol=1e-9
    )
    np.testing.assert_allclose(
        score(speech_like, speech_like, sampling_rate=sampling_rate), 1, atol=1e-6
    )


@pytest.mark.parametrize("score", [stoi_score, estoi_score])
def test_stoi_with_too_little_speech_is_nan_without_pystois_warning(score, speech_like):
    clean = speech_like.copy()
    clean[1, 2000:] = 0
    with pytest.warns(UndefinedMetricWarning, match="NaN for 1 of 2 .* fewer than 30") as seen:
        scores = score(clean, speech_like, sampling_rate=8000)
    assert len(seen) == 1
    np.testing.assert_array_equal(np.isnan(scores), [False, True])


@pytest.mark.parametrize("n_times", [3150, *range(3172, 3180), 3189])
def test_stoi_near_its_shortest_length(n_times, speech_like):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = pystoi.stoi(
            speech_like[0, :n_times].astype(float), speech_like[1, :n_times].astype(float), 8000
        )
        score = stoi_score(speech_like[0, :n_times], speech_like[1, :n_times], sampling_rate=8000)
    assert np.isnan(score) if expected == 1e-5 else np.isclose(score, expected)


def test_stoi_refuses_a_fractional_rate(speech_like):
    with pytest.raises(ValueError, match=r"sampling_rate=8000.5 must be a whole number"):
        stoi_score(speech_like, speech_like, sampling_rate=8000.5)


def test_a_silent_enhanced_waveform_is_nan(speech_like):
    for score in (stoi_score, estoi_score):
        with pytest.warns(UndefinedMetricWarning, match="NaN for 2 of 2"):
            score(speech_like, 0 * speech_like, sampling_rate=8000)


def test_pesq_of_a_silent_enhanced_waveform_or_without_speech_is_nan(speech_like):
    pytest.importorskip("pesq")
    with pytest.warns(UndefinedMetricWarning, match="NaN for 2 of 2"):
        pesq_score(speech_like, 0 * speech_like, sampling_rate=8000)
    click = np.zeros(8000)
    click[0] = 1
    with pytest.warns(UndefinedMetricWarning, match="1 of 1 .* holds no speech"):
        assert np.isnan(pesq_score(click, click, sampling_rate=8000))


@pytest.mark.noizeus
@pytest.mark.parametrize(("sampling_rate", "mode"), [(8000, "nb"), (16000, "nb"), (16000, "wb")])
def test_pesq_equals_the_package(sampling_rate, mode, noizeus_home):
    pesq = pytest.importorskip("pesq")
    clean = soundfile.read(noizeus_home / "clean_noizeus/wav/sp01.wav", dtype="float32")[0]
    noisy = soundfile.read(noizeus_home / "car_5dB/wav/sp01_car_sn5.wav", dtype="float32")[0]
    if sampling_rate == 16000:
        clean, noisy = (np.repeat(x, 2) for x in (clean, noisy))
    score = pesq_score(clean, noisy, sampling_rate=sampling_rate, mode=mode)
    assert score == pytest.approx(pesq.pesq(sampling_rate, clean, noisy, mode), abs=1e-5)
    named = {"nb": pesq_nb_score, "wb": pesq_wb_score}[mode]
    assert named(clean, noisy, sampling_rate=sampling_rate) == score
    assert 1 < score < 4.5
    assert pesq_score(clean, clean, sampling_rate=sampling_rate, mode=mode) > 4.5


@pytest.mark.parametrize(
    ("kwargs", "message"),
    [
        ({"mode": "wide", "sampling_rate": 8000}, "mode='wide' is not allowed; choose from 'nb'"),
        ({"sampling_rate": 44100}, "sampling_rate=44100 .* 8000 or 16000 Hz. Resample"),
        ({"mode": "wb", "sampling_rate": 8000}, 'defined at 16000 Hz.* or choose mode="nb"'),
    ],
)
def test_pesq_refuses_bad_parameters(kwargs, message, speech_like):
    with pytest.raises(ValueError, match=message):
        pesq_score(speech_like, speech_like, **kwargs)


def test_wide_band_pesq_has_no_narrow_band_to_score(speech_like):
    with pytest.raises(ValueError, match=r"pesq_wb_score: sampling_rate=8000 .* at 16000 Hz"):
        pesq_wb_score(speech_like, speech_like, sampling_rate=8000)


SCORES = [stoi_score, estoi_score, pesq_nb_score, pesq_wb_score]


def unequal_pairs(n, rng):
    """Modulated noise at 16 kHz, no two of a length or level, with more and more noise."""
    envelope = 0.2 * (1 + np.sin(2 * np.pi * 4 * np.arange(16000) / 16000))
    clean = [(envelope * rng.standard_normal(16000))[: 12000 + 97 * i] for i in range(n)]
    enhanced = [s + 0.05 * i * rng.standard_normal(len(s)) for i, s in enumerate(clean)]
    return [x.astype(np.float32) for x in clean], [x.astype(np.float32) for x in enhanced]


@pytest.mark.parametrize("score", SCORES)
def test_every_number_of_processes_gives_the_same_in_the_same_order(score, rng):
    if score not in SCORES[:2]:
        pytest.importorskip("pesq")
    clean, enhanced = unequal_pairs(11, rng)
    alone = [score(s, x, sampling_rate=16000) for s, x in zip(clean, enhanced, strict=True)]
    assert len(set(alone)) == 11
    for n_jobs in (None, 2, 3, -1):
        side_by_side = score(clean, enhanced, sampling_rate=16000, n_jobs=n_jobs)
        np.testing.assert_allclose(side_by_side, alone, rtol=0, atol=1e-12)
    for config in ({"n_jobs": 2}, {"backend": "threading", "n_jobs": 3}):
        with parallel_config(**config):
            side_by_side = score(clean, enhanced, sampling_rate=16000)
        np.testing.assert_allclose(side_by_side, alone, rtol=0, atol=1e-12)


@pytest.mark.parametrize("score", SCORES)
def test_warnings_and_errors_do_not_depend_on_processes(score, rng):
    if score not in SCORES[:2]:
        pytest.importorskip("pesq")
    clean, enhanced = unequal_pairs(6, rng)
    clean[2] = 0 * clean[2]
    enhanced[4] = 0 * enhanced[4]
    name = score.__name__
    with pytest.warns(UndefinedMetricWarning, match=f"{name} is NaN for 2 of 6 .*: 2") as seen:
        scores = score(clean, enhanced, sampling_rate=16000, n_jobs=2)
    assert len(seen) == 1
    assert seen[0].filename == __file__
    np.testing.assert_array_equal(np.flatnonzero(np.isnan(scores)), [2, 4])
    enhanced[3][7] = np.nan
    with pytest.raises(ValueError, match=r"enhanced\[3\] contains NaN, first at sample 7"):
        score(clean, enhanced, sampling_rate=16000, n_jobs=2)
    with pytest.raises(ValueError, match=f"^{name}: n_jobs=0 must be None, a number of processes"):
        score(clean, clean, sampling_rate=16000, n_jobs=0)


@pytest.mark.parametrize("n_jobs", [None, 2])
def test_pesq_of_many_equals_the_package(n_jobs, rng):
    pesq = pytest.importorskip("pesq")
    clean, enhanced = unequal_pairs(5, rng)
    for rate, mode in ((8000, "nb"), (16000, "nb"), (16000, "wb")):
        expected = [
            pesq.pesq(rate, s.astype(float), x.astype(float), mode)
            for s, x in zip(clean, enhanced, strict=True)
        ]
        scores = pesq_score(clean, enhanced, sampling_rate=rate, mode=mode, n_jobs=n_jobs)
        np.testing.assert_allclose(scores, expected, rtol=0, atol=1e-9)


def test_pesq_not_installed_says_what_to_install(monkeypatch, speech_like):
    monkeypatch.setitem(sys.modules, "pesq", None)
    with pytest.raises(ImportError, match=r"pesq_score needs pesq.*skse\[metrics\]"):
        pesq_score(speech_like, speech_like, sampling_rate=8000)


@pytest.fixture
def sentences(rng):
    """Bursts of something like speech and pauses, 40 s at 8 kHz, clean and with noise."""
    t = np.arange(40 * 8000) / 8000
    voice = sum(np.sin(2 * np.pi * 130 * k * t) / k for k in range(1, 20))
    clean = 0.1 * voice * np.clip(np.sin(2 * np.pi * 0.45 * t), 0, 1)
    return clean, clean + 0.02 * rng.standard_normal(len(t))


@pytest.fixture
def spied_pesq(monkeypatch):
    """What the package is given, and what it answers."""
    pesq = pytest.importorskip("pesq")
    calls, own = [], pesq.pesq

    def spy(rate, s, x, mode):
        calls.append((s, x, own(rate, s, x, mode)))
        return calls[-1][2]

    monkeypatch.setattr(pesq, "pesq", spy)
    return calls


@pytest.mark.parametrize("seconds", [18, 19.01, 33, 40])
def test_pesq_of_a_long_waveform_is_that_of_pieces_cut_in_pauses(sentences, spied_pesq, seconds):
    """The package has no room for much longer ones."""
    clean, noisy = (x[: round(seconds * 8000)] for x in sentences)
    score = pesq_nb_score(clean, noisy, sampling_rate=8000)
    assert score == pytest.approx(np.mean([found for *_, found in spied_pesq]))
    assert len(spied_pesq) == (1 if seconds < 19 else -(-seconds // 14))
    for i, x in enumerate((clean, noisy)):
        np.testing.assert_allclose(np.concatenate([call[i] for call in spied_pesq]), x, atol=1e-6)
    for s, _, _ in spied_pesq:
        assert len(s) <= 19 * 8000
    for s, _, _ in spied_pesq[1:]:
        assert not s[:700].any()  # the border is in a pause


def test_pesq_of_pieces_is_never_longer_than_the_package_has_room_for(rng, monkeypatch):
    pesq = pytest.importorskip("pesq")
    lengths = []
    monkeypatch.setattr(pesq, "pesq", lambda rate, s, x, mode: lengths.append(len(s)) or 2.0)
    for seconds in (20, 28.01, 57, 400):
        x = rng.standard_normal(round(seconds * 8000))
        x[rng.integers(0, len(x), 30)] = 0
        assert pesq_nb_score(x, x, sampling_rate=8000) == 2
    assert max(lengths) <= 19 * 8000


@pytest.mark.parametrize("hiss", [0, 3e-5, 3e-4])
@pytest.mark.parametrize(("rate", "mode"), [(8000, "nb"), (16000, "wb")])
def test_pesq_of_a_long_waveform_counts_pieces_with_speech_alone(rng, rate, mode, hiss):
    """However loud PESQ would make what hisses in a pause; and what is gone is as bad as can be."""
    pytest.importorskip("pesq")
    t = np.arange(40 * rate) / rate
    clean = sum(np.sin(2 * np.pi * 130 * k * t) / k for k in range(1, 20))
    clean *= 0.1 * np.clip(np.sin(2 * np.pi * 0.45 * t), 0, 1) * (t < 24)
    clean += hiss * rng.standard_normal(len(t))
    speech = slice(0, 26 * rate)
    gated = np.where(t < 24, clean, 0)
    score = partial(pesq_score, sampling_rate=rate, mode=mode)
    assert score(clean, gated) > 4.3
    gone = np.where(t < 12.3, clean, 0)  # in a pause
    lowest = {"nb": 1.0168, "wb": 1.0429}[mode]
    assert score(clean, gone) == pytest.approx((score(clean, clean) + lowest) / 2, abs=0.1)
    with pytest.warns(UndefinedMetricWarning):
        assert np.isnan(score(clean, 0 * clean))
    assert score(clean[speech], gated[speech]) > 4.3
