"""A network that carries a state predicts a recording in pieces as it does at one go."""

import pickle
from itertools import pairwise

import numpy as np
import pytest

from skse import NetworkRegressor
from skse.networks import to_runtime

HEAD = {"mask": "real", "bound": 1.0, "output": "complex", "compression": 1.0, "n_bands": 5}
TRAINING = {"epochs": 3, "batch_size": 8, "random_state": 0, "learning_rate": 0.03}


def in_pieces(stream, rows, sizes):
    starts = np.cumsum([0, *sizes])
    assert starts[-1] == rows.shape[2]
    pieces = [stream.push(rows[:, :, a:b]) for a, b in pairwise(starts)]
    return np.concatenate(pieces, axis=2)


@pytest.fixture
def trained(recurrent, smooth_problem):
    return NetworkRegressor(recurrent, **TRAINING).fit(*smooth_problem)


def test_pieces_of_any_size_equal_the_whole(trained, rng):
    rows = rng.standard_normal((1, 12, 40)).astype(np.float32)
    whole = trained.predict(rows)
    # The state counts: what the second half is alone, is something else.
    assert np.abs(trained.predict(rows[:, :, 20:]) - whole[:, :, 20:]).max() > 1e-3
    stream = trained.open_stream()
    for sizes in ([40], [1] * 40, [3, 7, 1, 29]):
        np.testing.assert_allclose(in_pieces(stream, rows, sizes), whole, atol=1e-5, rtol=1e-6)
        stream.reset()
    stream.push(rows)
    other = trained.open_stream()
    np.testing.assert_allclose(other.push(rows), whole, atol=1e-5, rtol=1e-6)
    assert np.abs(stream.push(rows) - whole).max() > 1e-3  # it went on


def test_after_pickle_and_from_a_model_file(trained, rng):
    rows = rng.standard_normal((1, 12, 9)).astype(np.float32)
    whole = trained.predict(rows)
    again = pickle.loads(pickle.dumps(trained))
    np.testing.assert_allclose(again.open_stream().push(rows), whole, atol=1e-5)
    again.regressor_ = to_runtime(trained.regressor_)
    np.testing.assert_allclose(again.predict(rows), whole, atol=1e-5)
    np.testing.assert_allclose(in_pieces(again.open_stream(), rows, [4, 5]), whole, atol=1e-5)


def test_behind_a_head(recurrent, rng):
    X = rng.standard_normal((8, 9, 7, 3)).astype(np.float32)
    y = rng.standard_normal((8, 9, 7, 2)).astype(np.float32)
    network = NetworkRegressor(recurrent, **TRAINING, head=HEAD).fit(X, y)
    stream = network.open_stream()
    got = in_pieces(stream, X[:1], [2, 5])
    np.testing.assert_allclose(got, network.predict(X[:1]), atol=1e-5)


@pytest.mark.parametrize("shape", [(12, 4), (2, 12, 4), (1, 11, 4), (1, 12, 0), (1, 12, 4, 2)])
def test_other_rows_are_refused(shape, trained):
    with pytest.raises(ValueError, match=r"rows has shape .*; expected \(1, 12, n_frames\)"):
        trained.open_stream().push(np.zeros(shape))


def test_finish_begins_another_recording(trained, rng):
    rows = rng.standard_normal((1, 12, 9)).astype(np.float32)
    stream = trained.open_stream()
    first = stream.push(rows)
    assert (stream.ahead, stream.finish().shape) == (0, (1, 12, 0))
    np.testing.assert_array_equal(stream.push(rows), first)
