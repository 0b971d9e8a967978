import numpy as np
import pytest
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import make_pipeline

from skse import PeakNormalize, Resample


def sine(sampling_rate, n_times, hertz=440.0):
    return np.sin(2 * np.pi * hertz * np.arange(n_times) / sampling_rate).astype(np.float32)


@pytest.mark.parametrize("step", [Resample(16000, 8000), PeakNormalize()], ids=repr)
class TestEveryStep:
    def test_container_is_kept(self, step, rng):
        ragged = [rng.uniform(-1, 1, n) for n in (1000, 700)]
        objects = np.empty(2, dtype=object)
        objects[:] = ragged
        for X in (ragged, tuple(ragged), objects, rng.uniform(-1, 1, (2, 1000))):
            out = step.fit_transform(X)
            assert type(out) is type(X)
            assert all(x.dtype == np.float32 for x in out)
        assert out.ndim == 2

    def test_ragged_and_rectangular_agree(self, step, rng):
        X = rng.uniform(-1, 1, (3, 1000))
        ragged = step.fit_transform([*X, X[0, :500]])
        for a, b in zip(step.fit_transform(X), ragged, strict=False):
            np.testing.assert_array_equal(a, b)

    def test_silence_and_one_sample(self, step):
        silence, one = step.fit_transform([np.zeros(1000), np.full(1, 0.5)])
        np.testing.assert_array_equal(silence, 0)
        assert np.isfinite(one).all()

    def test_output_shares_no_memory_with_the_input(self, step):
        X = [np.zeros(1000, np.float32), np.ones(500, np.float32)]
        for x, out in zip(X, step.fit_transform(X), strict=True):
            assert not np.shares_memory(x, out)

    def test_not_fitted_and_bad_input(self, step):
        with pytest.raises(NotFittedError):
            type(step)().transform(np.zeros((2, 300)))
        with pytest.raises(ValueError, match=r"X\[0\] contains NaN"):
            step.fit([np.full(5, np.nan)])


@pytest.mark.parametrize(
    ("original_rate", "target_rate"), [(16000, 8000), (8000, 16000), (44100, 8000), (8000, 8000)]
)
def test_resample_keeps_a_sine(original_rate, target_rate):
    out = Resample(original_rate, target_rate).fit_transform([sine(original_rate, original_rate)])
    assert out[0].shape == (target_rate,)
    inner = slice(target_rate // 10, -target_rate // 10)
    np.testing.assert_allclose(out[0][inner], sine(target_rate, target_rate)[inner], atol=1e-3)


@pytest.mark.parametrize("n_times", [1, 2, 3, 999, 1000, 1001])
def test_resample_rounds_the_length(n_times):
    X = np.ones((2, n_times))
    assert Resample(16000, 8000).fit_transform(X).shape == (2, max(1, round(n_times / 2)))
    assert Resample(8000, 22050).fit_transform(X).shape == (2, round(n_times * 22050 / 8000))


def test_resample_removes_what_aliases():
    out = Resample(16000, 8000).fit_transform([sine(16000, 16000, hertz=6000.0)])[0]
    assert np.abs(out[800:-800]).max() < 1e-3


@pytest.mark.parametrize("name", ["original_rate", "target_rate"])
def test_resample_names_a_bad_rate(name):
    with pytest.raises(ValueError, match=f"{name}=-1 must be a positive"):
        Resample(**{name: -1}).fit(np.zeros((1, 300)))


def test_peak_is_reached(rng):
    X = rng.uniform(-3, 3, (3, 1000))
    out = PeakNormalize(peak=0.5).fit_transform(X)
    np.testing.assert_allclose(np.abs(out).max(axis=1), 0.5, rtol=1e-6)
    expected = X * (0.5 / np.abs(X).max(axis=1, keepdims=True))
    np.testing.assert_allclose(out, expected, rtol=1e-5)


def test_faintest_waveform_is_normalised_without_overflow():
    tiny = np.float32(1e-44)
    np.testing.assert_array_equal(PeakNormalize().fit_transform([[tiny, -tiny]]), [[1, -1]])


@pytest.mark.parametrize("peak", [0, -1.0, "loud"])
def test_bad_peak_is_named(peak):
    with pytest.raises(ValueError, match="peak"):
        PeakNormalize(peak=peak).fit(np.zeros((1, 300)))


def test_steps_chain_in_a_pipeline(rng):
    X = [rng.uniform(-1, 1, n) for n in (1600, 1000)]
    out = make_pipeline(Resample(16000, 8000), PeakNormalize(0.5)).fit_transform(X)
    assert [len(x) for x in out] == [800, 500]
    np.testing.assert_allclose([np.abs(x).max() for x in out], 0.5, rtol=1e-6)
