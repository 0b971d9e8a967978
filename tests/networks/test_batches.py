"""Shuffled rows, and rows that are made while a network trains."""

import numpy as np
import pytest

N_ROWS = 11


@pytest.fixture
def orders():
    """Give the row numbers of some epochs of `shuffled_batches`."""
    from skse.networks._batches import shuffled_batches

    def make(seed, n_epochs=3, batch_size=4):
        numbers = np.arange(N_ROWS, dtype=np.float32)
        batches = shuffled_batches(numbers[:, None], -numbers, batch_size, seed)
        epochs = []
        for _ in range(n_epochs):
            parts = [(np.ravel(x), np.ravel(y)) for x, y in batches]
            assert [len(x) for x, _ in parts] == [4, 4, 3][: len(parts)] or batch_size != 4
            assert all(np.array_equal(x, -y) for x, y in parts)
            epochs.append(np.concatenate([x for x, _ in parts]).astype(int).tolist())
        return epochs

    return make


@pytest.mark.parametrize("seed", [0, 5, 2**31 - 2])
def test_every_row_once_in_an_order_of_the_seed(seed, orders):
    epochs = orders(seed)
    assert sorted(epochs[0]) == list(range(N_ROWS))
    assert epochs == orders(seed) == [epochs[0]] * 3
    assert epochs != orders(seed + 1)


def test_without_a_seed_every_epoch_has_another_order(orders):
    epochs = orders(None)
    assert all(sorted(epoch) == list(range(N_ROWS)) for epoch in epochs)
    assert len({tuple(epoch) for epoch in [*epochs, *orders(None)]}) == 6


def test_order_is_the_one_of_keras(orders):
    """Keras shuffles arrays by TensorFlow's global seed."""
    import keras
    import tensorflow as tf

    seen = []

    class Record(keras.Model):
        def train_step(self, data):
            tf.py_function(lambda x: seen.extend(np.ravel(x).astype(int).tolist()), [data[0]], [])
            return {"loss": tf.zeros(())}

    inputs = keras.Input((1,))
    model = Record(inputs, inputs)
    model.compile("sgd", "mse")
    before = tf.compat.v1.get_seed(None)[0]
    numbers = np.arange(N_ROWS, dtype=np.float32)[:, None]
    try:
        tf.random.set_seed(17)
        model.fit(numbers, numbers, batch_size=4, epochs=3, verbose=0)
    finally:
        tf.random.set_seed(before)
    assert np.reshape(seen, (3, N_ROWS)).tolist() == orders(17)


def test_number_of_batches_is_known():
    from skse.networks._batches import shuffled_batches

    for batch_size, expected in [(1, 11), (4, 3), (11, 1), (99, 1)]:
        rows = np.zeros((N_ROWS, 2), np.float32)
        assert int(shuffled_batches(rows, rows, batch_size, 0).cardinality()) == expected


def test_endless_batches_count_on():
    from skse.networks._batches import EndlessBatches

    batches = EndlessBatches(lambda step: (step, 2 * step), first_step=30)
    assert batches.num_batches is None
    assert batches[0] == (30, 60)
    assert batches[7] == (37, 74)
