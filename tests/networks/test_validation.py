"""Validation rows are drawn by whole groups."""

import numpy as np

from skse.networks._validation import split_groups


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
