"""What is known of rows before training: layout, output, moments, groups."""

from types import SimpleNamespace

import numpy as np
import pytest

from skse.networks._rows import (
    check_layout,
    check_output,
    in_blocks,
    moments,
    select,
    split_groups,
)
from skse.utils import FileArray


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


@pytest.mark.parametrize("shape", [(7,), (7, 3), (70, 5, 4), (7, 5, 4, 2)])
def test_moments(shape, monkeypatch):
    monkeypatch.setattr("skse.networks._rows._MOMENT_SIZE", 100)
    rows = np.random.default_rng(0).standard_normal(shape).astype(np.float32) + 100
    mean, deviation = moments(rows)
    image = rows.astype(np.float64).reshape((*shape, 1, 1, 1)[:4])
    np.testing.assert_allclose(mean, image.mean(axis=(0, 2)), rtol=1e-6)
    np.testing.assert_allclose(deviation, image.std(axis=(0, 2)), rtol=1e-4, atol=1e-6)
    assert mean.dtype == deviation.dtype == np.float32
    file = FileArray(shape)
    file[:] = rows
    for value, expected in zip(moments(file), (mean, deviation), strict=True):
        np.testing.assert_array_equal(value, expected)
    if len(shape) == 4:
        part = moments(file, lambda block: block[:, :3, :, :-1])
        np.testing.assert_array_equal(part[0], moments(rows[:, :3, :, :-1])[0])


def test_rows_in_files_are_looked_at_in_blocks(monkeypatch):
    monkeypatch.setattr("skse.networks._rows._MOMENT_SIZE", 100)
    rows = np.random.default_rng(0).standard_normal((70, 5, 4)).astype(np.float32)
    file, targets = FileArray(rows.shape), FileArray((70, 3))
    file[:], targets[:] = rows, rows[:, :3, 0]
    blocks = list(in_blocks(file, targets))
    assert [len(block) for block, _ in blocks] == [5] * 14
    np.testing.assert_array_equal(np.concatenate([block for block, _ in blocks]), rows)
    np.testing.assert_array_equal(np.concatenate([b for _, b in blocks]), rows[:, :3, 0])
    assert [len(block) for [block] in in_blocks(rows)] == [70]
    chosen = np.array([3, 60, 4])
    np.testing.assert_array_equal(select(file, chosen), select(rows, chosen))
    owner = SimpleNamespace(loss="binary_crossentropy", output_activation="auto", head=None)
    with pytest.raises(ValueError, match=f"y runs from {rows.min():.4g} to {rows.max():.4g}"):
        check_output(owner, rows, file)


def test_split_keeps_groups_whole():
    groups = np.repeat(["a", "b", "c", "d", "e", "f"], [1, 2, 3, 4, 5, 9])
    sides = set()
    for seed in range(20):
        state = np.random.RandomState(seed)
        train, held_out = split_groups(groups, 24, 0.3, state, owner="UNetRegressor")
        assert sorted([*train, *held_out]) == list(range(24))
        assert not set(groups[train]) & set(groups[held_out])
        assert len(set(groups[held_out])) == 2
        sides.add(tuple(held_out))
    assert len(sides) > 3
    train, held_out = split_groups(None, 10, 0.1, state, owner="UNetRegressor")
    assert len(held_out) == 1
