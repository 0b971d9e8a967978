"""The generator's shapes and sizes."""

import numpy as np
import pytest

from skse.networks import SEGAN

SIZES = [
    ({"filters": (2,)}, (8, 4)),
    ({"filters": (3, 4), "kernel_size": 5, "stride": 2}, (7, 3)),
    ({"filters": (3, 4, 5), "kernel_size": 9, "skip": "add"}, (64, 2)),
    ({"filters": (2, 3), "n_noise": 0}, (1, 5)),
    ({"filters": (2, 3), "n_noise": 1, "z": "drawn"}, (10,)),
]


@pytest.mark.parametrize(("parameters", "shape"), SIZES)
def test_any_size_in_same_size_out(parameters, shape, rng):
    network = SEGAN(**parameters)
    network.check_params()
    model = network.build(shape, shape)
    x = 10 * rng.standard_normal((2, *shape)).astype(np.float32)
    out = np.asarray(model(x))
    assert out.shape == x.shape
    assert np.abs(out).max() <= 1


def test_weights_are_those_counted_by_hand():
    model = SEGAN((3, 5, 7), kernel_size=9, n_noise=4).build((64, 2), (64, 2))
    down = [(1, 3), (3, 5), (5, 7)]
    up = [(7 + 4, 5), (5 + 5, 3), (3 + 3, 1)]
    n_convolutions = sum(9 * n_in * n_out + n_out for n_in, n_out in down + up)
    n_slopes, n_factors, n_noise = 3 + 5 + 7 + 5 + 3, 5 + 3, 2 * 4
    assert sum(map(np.size, model.get_weights())) == n_convolutions + n_slopes + n_factors + n_noise


def test_the_papers_generator_has_its_size():
    model = SEGAN((64, 128, 256, 512, 1024)).build((256, 64), (256, 64))
    assert model.count_params() / 1e6 == pytest.approx(64.8, abs=0.1)


def test_columns_follow_each_other_in_time():
    """What is far away in time does not change a sample, what is next to it does."""
    model = SEGAN((4,), kernel_size=4, n_noise=0).build((8, 16), (8, 16))
    model.set_weights([np.full(weight.shape, 0.1) for weight in model.weights])
    x = np.zeros((3, 8, 16), np.float32)
    x[1, 3, 5] = 1  # sample 43
    x[2, 4, 5] = 1
    out = np.asarray(model(x)).swapaxes(1, 2).reshape(3, -1)
    changed = np.flatnonzero(np.abs(out[1] - out[0]) > 1e-9)
    assert 40 <= changed.min() <= changed.max() < 44
    changed = np.flatnonzero(np.abs(out[2] - out[0]) > 1e-9)
    assert 44 <= changed.min() <= changed.max() < 48


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"filters": ()}, "SEGAN: filters"),
        ({"filters": (0,)}, "SEGAN: filters"),
        ({"stride": 1}, "SEGAN: stride"),
        ({"kernel_size": 3}, r"SEGAN: kernel_size=3 is below stride=4"),
        ({"n_noise": -1}, "SEGAN: n_noise"),
        ({"skip": "sum"}, "SEGAN: skip='sum'"),
        ({"z": "random"}, "SEGAN: z='random'"),
    ],
)
def test_what_cannot_be_built_is_refused(parameters, message):
    with pytest.raises(ValueError, match=message):
        SEGAN(**parameters).check_params()
