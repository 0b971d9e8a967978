"""Parameters are kept as they are given, and refused in words."""

from types import SimpleNamespace

import pytest

from skse.networks._parameters import check_layers, check_sizes, keep_parameters


def test_kept_under_their_names():
    class Owner:
        def __init__(self, one, *, two=(1, 2)):
            keep_parameters(self, locals())

    given = [3]
    owner = Owner(given)
    assert vars(owner) == {"one": given, "two": (1, 2)}
    assert owner.one is given


@pytest.mark.parametrize(
    ("sizes", "bounds", "message"),
    [
        ((), {}, r"SimpleNamespace: sizes=\(\) must be a sequence of at least 1 positive integers"),
        ((1, 2.0), {}, "at least 1"),
        ((1, -2), {}, "positive"),
        (5, {}, "sizes=5 must be a sequence"),
        ((1,), {"shortest": 2, "longest": 2}, "a sequence of 2 positive"),
        ((1, 2, 3), {"shortest": 2, "longest": 2}, "a sequence of 2 positive"),
    ],
)
def test_sizes(sizes, bounds, message):
    with pytest.raises(ValueError, match=message):
        check_sizes(SimpleNamespace(sizes=sizes), "sizes", **bounds)


def test_good_sizes_pass():
    for sizes, bounds in [((1,), {}), ([3, 4], {"longest": 2}), ((), {"shortest": 0})]:
        check_sizes(SimpleNamespace(sizes=sizes), "sizes", **bounds)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"activation": "softmax"}, "activation='softmax' is not allowed"),
        ({"normalization": "layer"}, "normalization='layer' is not allowed"),
        ({"dropout": 1.0}, "dropout == 1.0, must be < 1"),
    ],
)
def test_layers(changed, message):
    good = {"activation": "elu", "normalization": None, "dropout": 0.0}
    check_layers(SimpleNamespace(**good))
    with pytest.raises(ValueError, match=message):
        check_layers(SimpleNamespace(**{**good, **changed}))
