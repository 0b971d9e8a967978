from types import SimpleNamespace

import numpy as np
import pytest

from skse.networks._checks import check_layout, check_output


@pytest.mark.parametrize(
    ("x_shape", "y_shape"),
    [
        ((4, 9), (4,)),
        ((4, 9), (4, 5)),
        ((4, 9, 7), (4, 5, 7)),
        ((4, 9, 7), (4, 5, 7, 2)),
        ((4, 9, 7, 3), (4, 5, 7)),
    ],
)
def test_layouts_that_belong_together(x_shape, y_shape):
    check_layout(np.zeros(x_shape), np.zeros(y_shape))


@pytest.mark.parametrize(
    ("x_shape", "y_shape", "message"),
    [
        ((4, 9), (3, 5), "inconsistent numbers of samples"),
        ((4, 9, 7, 3, 1), (4, 5, 7), "X has shape"),
        ((4, 9), (4, 5, 7), r"it must be \(n_samples,\) or \(n_samples, n_frequencies\)"),
        ((4, 9, 7), (4, 5, 6), r"\(n_samples, n_frequencies, 7\[, n_channels\]\)"),
        ((4, 9, 7), (4, 5), r"\(n_samples, n_frequencies, 7\[, n_channels\]\)"),
    ],
)
def test_layouts_that_do_not(x_shape, y_shape, message):
    with pytest.raises(ValueError, match=message):
        check_layout(np.zeros(x_shape), np.zeros(y_shape))


@pytest.mark.parametrize(
    ("loss", "activation", "resolved"),
    [
        ("mse", "auto", "linear"),
        ("binary_crossentropy", "auto", "sigmoid"),
        ("dice", "auto", "sigmoid"),
        ("mse", "sigmoid", "sigmoid"),
    ],
)
def test_output_activation(loss, activation, resolved):
    owner = SimpleNamespace(loss=loss, output_activation=activation, head=None)
    X, y = np.zeros((2, 3, 4)), np.full((2, 3, 4), 0.5)
    assert check_output(owner, X, y) == resolved


@pytest.mark.parametrize(
    ("loss", "activation", "high", "message"),
    [
        ("binary_crossentropy", "linear", 1.0, "needs output_activation='sigmoid'"),
        ("binary_crossentropy", "auto", 1.5, r"needs targets within \[0, 1\], but y runs"),
        ("compressed_spectrum", "auto", 1.0, "compares complex spectra"),
    ],
)
def test_outputs_that_a_loss_cannot_take(loss, activation, high, message):
    owner = SimpleNamespace(loss=loss, output_activation=activation, head=None)
    X, y = np.zeros((2, 3, 4)), np.linspace(0, high, 24).reshape(2, 3, 4)
    with pytest.raises(ValueError, match=message):
        check_output(owner, X, y)
