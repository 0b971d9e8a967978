"""Frames of one recording, one after the other, from networks of every kind."""

import copy
import pickle
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from skse import NetworkRegressor
from skse.networks import NotSteppableError, to_runtime


@pytest.fixture
def network(make_network, smooth_problem):
    return make_network(epochs=2).fit(*smooth_problem)


def test_a_stream_equals_predict(network, rng):
    rows = rng.standard_normal((1, 12, 30)).astype(np.float32)
    whole = network.predict(rows)
    stream = network.open_stream()
    assert (0, stream.ahead) == (0, network.receptive_field()[1])
    for network_ in (network, pickle.loads(pickle.dumps(network))):
        stream = network_.open_stream()
        got = np.concatenate([stream.push(rows), stream.finish()], axis=2)
        np.testing.assert_allclose(got, whole, atol=1e-5)
    network.regressor_ = to_runtime(network.regressor_)
    other = network.open_stream()
    stream.push(rows)
    got = np.concatenate([other.push(rows), other.finish()], axis=2)
    np.testing.assert_allclose(got, whole, atol=1e-5)


def test_training_further_is_heard(network, smooth_problem):
    rows = smooth_problem[0][:1]
    first = network.open_stream()
    assert network.open_stream().form is first.form  # made once
    network.partial_fit(*smooth_problem)
    stream = network.open_stream()
    got = np.concatenate([stream.push(rows), stream.finish()], axis=2)
    np.testing.assert_allclose(got, network.predict(rows), atol=1e-5)
    assert np.abs(got - np.concatenate([first.push(rows), first.finish()], axis=2)).max() > 1e-4


@pytest.mark.parametrize("shape", [(12, 4), (2, 12, 4), (1, 11, 4), (1, 12, 0), (1, 12, 4, 2)])
def test_other_rows_are_refused(shape, network, rng):
    stream = network.open_stream()
    rows = rng.standard_normal((1, 12, 9)).astype(np.float32)
    before = stream.push(rows)
    with pytest.raises(ValueError, match=r"rows has shape .*; expected \(1, 12, n_frames\)"):
        stream.push(np.zeros(shape))
    got = np.concatenate([before, stream.finish()], axis=2)  # it goes on as if nothing had been
    np.testing.assert_allclose(got, network.predict(rows), atol=1e-5)


def test_a_stream_can_be_copied(network, rng):
    rows = rng.standard_normal((1, 12, 9)).astype(np.float32)
    stream = network.open_stream()
    first = stream.push(rows[:, :, :7])
    for other in (pickle.loads(pickle.dumps(stream)), copy.deepcopy(stream)):
        got = np.concatenate([first, other.push(rows[:, :, 7:]), other.finish()], axis=2)
        np.testing.assert_allclose(got, network.predict(rows), atol=1e-5)


def test_streams_may_be_opened_in_threads(network):
    with ThreadPoolExecutor(4) as pool:
        forms = [stream.form for stream in pool.map(lambda _: network.open_stream(), range(4))]
    assert all(form is forms[0] for form in forms)


def test_a_network_without_bounds_has_no_stream(plain, smooth_problem):
    network = NetworkRegressor(plain, epochs=1).fit(*smooth_problem)
    with pytest.raises(NotSteppableError, match="Plain does not look a bounded number"):
        network.open_stream()


def test_a_layer_that_is_not_known_is_named(smooth_problem, plain, monkeypatch):
    from skse.networks._export import to_onnx

    class Peeking(type(plain)):
        def body(self, image, n_channels):
            from keras import layers

            mean = layers.GlobalAveragePooling2D(keepdims=True)(image)
            return layers.Add()([super().body(image, n_channels), mean])

        def receptive_field(self):
            return 1, 1  # which it says wrongly

    network = NetworkRegressor(Peeking(), epochs=1).fit(*smooth_problem)
    converted = []
    monkeypatch.setattr(
        "skse.networks._export.to_onnx", lambda m: converted.append(0) or to_onnx(m)
    )
    for _ in range(2):
        with pytest.raises(NotSteppableError, match=r"Peeking cannot predict .*: .*frames"):
            network.open_stream()
    assert len(converted) == 1  # a refusal is kept
