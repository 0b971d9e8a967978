"""Distortions drawn at random."""

import re

import numpy as np
import pytest

from skse.datasets import clip_peaks, distort, load_harvard, reduce_bandwidth

RATE = 8000
KINDS = ("whisper", "bandwidth", "clipping", "chunks")


@pytest.fixture(scope="module")
def speech():
    return load_harvard(noises="white", snr_db=5).clean[:6]


def mix(clean, **arguments):
    arguments = {"whisper_method": "lpc", "random_state": 0, **arguments}
    return distort(clean, sampling_rate=RATE, return_distortions=True, **arguments)


def test_what_is_said_is_what_was_done(speech):
    kinds = ["bandwidth", "clipping", "chunks"]
    distorted, done = mix(speech, kinds=kinds, probability=1.0)
    for x, y, what in zip(speech, distorted, done, strict=True):
        assert list(what) == kinds
        assert what["bandwidth"] in (2, 4, 8)
        assert what["clipping"] in (0.3, 0.4, 0.5)
        expected = clip_peaks(reduce_bandwidth(x, what["bandwidth"]), what["clipping"])
        for begin, end in what["chunks"]:
            expected[begin:end] = 0
        np.testing.assert_array_equal(y, expected)


def test_each_happens_on_its_own():
    clean = [0.1 * np.random.default_rng(0).standard_normal(800).astype(np.float32)] * 400
    distorted, done = mix(clean)
    happened = np.array([[kind in what for kind in KINDS] for what in done])
    np.testing.assert_allclose(happened.mean(axis=0), 0.4, atol=0.08)
    correlations = np.corrcoef(happened.T)
    np.testing.assert_allclose(correlations, np.eye(4), atol=0.15)
    assert happened.any(axis=1).mean() == pytest.approx(1 - 0.6**4, abs=0.05)
    untouched = np.flatnonzero(~happened.any(axis=1))
    assert all(np.array_equal(distorted[i], clean[i]) for i in untouched)
    for kind, values in [("bandwidth", (2, 4, 8)), ("clipping", (0.3, 0.4, 0.5))]:
        drawn = [what[kind] for what in done if kind in what]
        np.testing.assert_allclose([drawn.count(v) / len(drawn) for v in values], 1 / 3, atol=0.1)
    assert {what["whisper"] for what in done if "whisper" in what} == {"lpc"}


def test_one_waveform_or_many(speech):
    many, done = mix(list(speech))
    assert isinstance(many, list)
    assert isinstance(mix(tuple(speech))[0], tuple)
    for n in (1, 3):
        few, some = mix(list(speech[:n]))
        assert [str(what) for what in some] == [str(what) for what in done[:n]]
        assert all(np.array_equal(a, b) for a, b in zip(few, many[:n], strict=True))
    one, what = mix(speech[0])
    np.testing.assert_array_equal(one, many[0])
    assert str(what) == str(done[0])
    of_numbers, _ = mix(speech[0].tolist())
    np.testing.assert_array_equal(of_numbers, one)
    rows = distort(np.stack([x[:4000] for x in speech]), sampling_rate=RATE, random_state=0)
    assert rows.shape == (6, 4000)
    assert all(len(a) == len(b) for a, b in zip(many, speech, strict=True))


def test_leaving_a_kind_out_changes_nothing_else(speech):
    _, both = mix(speech, kinds=["bandwidth", "clipping"])
    _, alone = mix(speech, kinds="clipping")
    assert [w.get("clipping") for w in both] == [w.get("clipping") for w in alone]
    assert any("bandwidth" in what for what in both)


def test_the_seed_draws_all_and_no_global_one_is_touched(speech):
    np.random.seed(3)  # noqa: NPY002
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    one, same, other = (mix(speech, random_state=seed)[0] for seed in (1, 1, 2))
    assert all(np.array_equal(a, b) for a, b in zip(one, same, strict=True))
    assert not all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))
    np.testing.assert_array_equal(np.random.get_state()[1], before)  # noqa: NPY002


def test_silence_stays_silence():
    distorted, done = mix([np.zeros(1000)] * 5, probability=1.0)
    assert not np.any(distorted)
    assert all("chunks" not in what for what in done)


@pytest.mark.parametrize(
    ("arguments", "parts"),
    [
        ({"sampling_rate": 0}, ["distort", "sampling_rate", "0"]),
        ({"probability": 0}, ["distort", "probability", "0"]),
        ({"probability": 1.5}, ["distort", "probability", "1.5"]),
        ({"kinds": "noise"}, ["distort", "kinds", "noise", "whisper"]),
        ({"kinds": ()}, ["distort", "kinds", "empty", "whisper"]),
        ({"whisper_method": "x"}, ["distort", "whisper_method", "x", "lpc"]),
        ({"clean": np.zeros((2, 3, 4))}, ["clean"]),
    ],
)
def test_what_cannot_be_used_is_refused(speech, arguments, parts):
    arguments = {"clean": speech, "sampling_rate": RATE, **arguments}
    with pytest.raises(ValueError, match=".*".join(map(re.escape, parts))):
        distort(arguments.pop("clean"), **arguments)
