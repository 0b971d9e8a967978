"""The network of noise embeddings: how it starts, what it depends on, its sizes."""

import numpy as np
import pytest

from skse.networks import NoiseEmbedding

SMALL = {
    "filters": (3, 4),
    "strides": (2, 1),
    "embedding_filters": (4, 5),
    "embedding_strides": ((2, 2), (1, 1)),
    "embedding_kernel_size": (2, 3),
    "position_units": 5,
    "environment_frames": 6,
}


def with_random_weights(model, rng):
    shapes = [weight.shape for weight in model.get_weights()]
    model.set_weights([rng.normal(0, 0.5, s) if len(s) > 1 else np.ones(s) for s in shapes])
    return model


@pytest.mark.parametrize("embedding", ["learned", "mean", None])
@pytest.mark.parametrize("n_channels", [1, 3])
def test_training_begins_at_output_equals_input(embedding, n_channels, rng):
    """What is added to the noisy spectrum is 0, whatever scales in- and output are learnt in."""
    architecture = NoiseEmbedding(**SMALL, embedding=embedding, add_input=True)
    shape = (9, None, n_channels)
    statistics = [(rng.standard_normal((9, n)), rng.uniform(1, 2, (9, n))) for n in (n_channels, 1)]
    ends = dict(zip(("input_statistics", "output_statistics"), statistics, strict=True))
    rows = rng.standard_normal((2, 9, 14, n_channels)).astype(np.float32)
    for more in ({}, ends):
        model = architecture.build(shape, (9, None), **more)
        np.testing.assert_allclose(model(rows), rows[:, :, 6:, 0], atol=1e-5)
    without = NoiseEmbedding(**SMALL, embedding=embedding).build(shape, (7, None, 2))
    np.testing.assert_array_equal(without(rows), np.zeros((2, 7, 8, 2)))


@pytest.mark.parametrize("output_shape", [(8, None), (9, None, 2)])
def test_an_input_that_is_no_log_spectrum_of_the_target_is_not_added(output_shape):
    with pytest.raises(ValueError, match=r"add_input=True .* or add_input=False"):
        NoiseEmbedding(add_input=True).build((9, None), output_shape)
    with pytest.raises(ValueError, match="ends in 'sigmoid'"):
        NoiseEmbedding(add_input=True).build((9, None), (9, None), output_activation="sigmoid")


@pytest.mark.parametrize(
    ("embedding", "depends"), [("learned", True), ("mean", True), (None, False)]
)
def test_output_depends_on_the_environment_where_it_is_told(embedding, depends, rng):
    architecture = NoiseEmbedding(**SMALL, embedding=embedding, activation="elu")
    model = with_random_weights(architecture.build((9, None), (9, None)), rng)
    one, other, frames = (rng.standard_normal((1, 9, n)).astype(np.float32) for n in (6, 6, 10))
    first, same, second = (
        np.asarray(model(np.concatenate([environment, frames], axis=2)))
        for environment in (one, one, other)
    )
    np.testing.assert_array_equal(first, same)
    assert (np.abs(second - first).max() > 1e-3) == depends


def test_mean_embedding_is_told_the_mean_alone(rng):
    """Frames in another order have the same mean, and not the same embedding."""
    frames = rng.standard_normal((1, 9, 16)).astype(np.float32)
    turned = frames.copy()
    turned[:, :, :6] = frames[:, :, 5::-1]
    for embedding, same in (("mean", True), ("learned", False)):
        architecture = NoiseEmbedding(**SMALL, embedding=embedding, activation="elu")
        model = with_random_weights(architecture.build((9, None), (9, None)), rng)
        difference = np.abs(np.asarray(model(frames)) - np.asarray(model(turned))).max()
        assert (difference < 1e-4) == same


def test_without_frames_of_the_environment_nothing_is_told(rng):
    shape, rows = (9, None), rng.standard_normal((2, 9, 8)).astype(np.float32)
    models = []
    for embedding in ("learned", None):
        options = {**SMALL, "environment_frames": 0, "embedding": embedding}
        models.append(NoiseEmbedding(**options).build(shape, shape))
    assert models[0].count_params() == models[1].count_params()
    assert models[0](rows).shape == (2, 9, 8)
    assert NoiseEmbedding().needs_environment
    assert not NoiseEmbedding(embedding=None).needs_environment


def test_weights_are_those_counted_by_hand():
    """Each convolution, its normalisation, projection and position; the dense layer at the end."""

    def convolution(n_in, n_out, area=9, bias=True):
        return area * n_in * n_out + bias * n_out

    def block(n_in, n_out, area, told):
        total = convolution(n_in, n_out, area, bias=False) + convolution(n_out, n_out, area)
        total += convolution(n_in, n_out, 1)  # past both, as strides or channels change
        return total + 2 * 4 * n_out + 2 * told * n_out

    position = (5 + 5) + (25 + 5)
    embedding = block(1, 4, 6, 0) + convolution(4, 5, 6, bias=False) + convolution(5, 5, 6)
    embedding += convolution(4, 5, 1) + 2 * 4 * 5
    enhancement = block(1, 3, 9, 5) + block(3, 4, 9, 5)  # told: a vector of 5
    enhancement += 2 * (2 * position + 6 * 3 + 6 * 4)
    last = convolution(5 * 4, 9, 1)  # 5 of 9 frequencies are left
    model = NoiseEmbedding(**SMALL).build((9, None), (9, None))
    assert model.count_params() == embedding + enhancement + last


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("kernel_size", [3, (4, 2), 1])
def test_receptive_field_is_what_the_network_depends_on(kernel_size, causal, rng):
    options = {**SMALL, "kernel_size": kernel_size, "causal": causal, "activation": "elu"}
    network = NoiseEmbedding(**options)
    model = with_random_weights(network.build((7, None), (7, None)), rng)
    back, ahead = network.receptive_field()
    assert ahead == 0 or not causal
    frame, n_frames = ahead + 2, back + ahead + 6
    images = np.repeat(rng.standard_normal((1, 7, 6 + n_frames)), 2, axis=0)
    images[1, :, 6 + frame] += 1
    before, after = (np.asarray(model(row[None].astype(np.float32)))[0] for row in images)
    changed = np.flatnonzero(np.abs(after - before).max(axis=0) > 1e-6)
    assert (changed[0], changed[-1]) == (frame - ahead, frame + back)


def test_no_stride_is_along_time():
    for n_frames in (1, 2, 11):
        model = NoiseEmbedding().build((129, None), (129, None))
        assert model(np.zeros((1, 129, n_frames), np.float32)).shape == (1, 129, n_frames)
    assert NoiseEmbedding().receptive_field() == (12, 12)
    assert NoiseEmbedding(causal=True).receptive_field() == (24, 0)


def test_the_papers_sizes_can_be_built():
    architecture = NoiseEmbedding(
        (64, 64, 128, 128, 256, 256, 512, 512),
        strides=(1, 1, 2, 1, 2, 1, 2, 1),
        kernel_size=(4, 4, 4, 4, 3, 3, 3, 3),
        embedding_filters=(64, 128, 256, 512),
        environment_frames=200,
        add_input=True,
    )
    architecture.check_params()
    assert architecture.receptive_field() == (2 * (4 * 1 + 4 * 1), 2 * (4 * 2 + 4 * 1))
