"""NoiseEmbeddingRegressor: rows that begin with the environment, in training and prediction."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV

from skse import NetworkRegressor
from skse.networks import NoiseEmbedding, NotSteppableError

N_BEFORE = 4


@pytest.fixture
def told(rng):
    """A problem that only the environment answers: the target is its level."""
    levels = rng.uniform(-2, 2, (64, 1, 1))
    environment = levels + 0.1 * rng.standard_normal((64, 9, N_BEFORE))
    frames = rng.standard_normal((64, 9, 6))
    X = np.concatenate([environment, frames], axis=2).astype(np.float32)
    return X, np.broadcast_to(levels, frames.shape).astype(np.float32)


@pytest.mark.parametrize("embedding", ["learned", "mean", None])
def test_what_the_environment_tells_is_learnt_where_it_is_told(embedding, told, make_network):
    network = make_network(
        "NoiseEmbeddingRegressor",
        embedding=embedding,
        environment_frames=N_BEFORE,
        epochs=12,
        learning_rate=0.03,
        batch_size=8,
    ).fit(told[0][:48], told[1][:48])
    score = network.score(told[0][48:], told[1][48:])
    assert score < 0.2 if embedding is None else score > 0.4


@pytest.mark.parametrize(
    ("X_shape", "y_shape"), [((9, 13), (9, 9)), ((9, 13, 2), (5, 9)), ((6, 13), (11, 9, 3))]
)
def test_frequencies_and_channels(X_shape, y_shape, make_network, rng):
    X, y = (rng.standard_normal((3, *shape)).astype(np.float32) for shape in (X_shape, y_shape))
    network = make_network("NoiseEmbeddingRegressor", environment_frames=N_BEFORE).fit(X, y)
    assert network.predict(X).shape == y.shape
    assert network.predict(X[:, :, :7]).shape == (3, y_shape[0], 3, *y_shape[2:])
    assert network.input_shape_[1] is None
    network.partial_fit(X[:, :, :9], y[:, :, :5])
    assert network.n_iter_ == 2


def test_environment_has_no_part_in_the_standardisation(told, make_network):
    """Constants are those of the frames behind it: the network sees both in one unit."""
    X, y = told
    louder = X.copy()
    louder[:, :, :N_BEFORE] += 100
    options = {"environment_frames": N_BEFORE, "embedding": None}
    one, other = (make_network("NoiseEmbeddingRegressor", **options).fit(x, y) for x in (X, louder))
    np.testing.assert_array_equal(one.predict(X), other.predict(X))


def test_flat_and_apart_are_one_network(told, make_network):
    options = {"environment_frames": N_BEFORE, "filters": (4,), "strides": (2,)}
    flat = make_network("NoiseEmbeddingRegressor", **options).fit(*told)
    names = NoiseEmbedding().get_params()
    architecture = NoiseEmbedding(**{n: v for n, v in flat.get_params().items() if n in names})
    apart = NetworkRegressor(architecture, epochs=1, random_state=0).fit(*told)
    np.testing.assert_array_equal(flat.predict(told[0]), apart.predict(told[0]))


def test_the_same_seed_gives_the_same_network(told, make_network):
    network = make_network("NoiseEmbeddingRegressor", environment_frames=N_BEFORE)
    predictions = [
        clone(network).set_params(random_state=seed).fit(*told).predict(told[0])
        for seed in (0, 0, 1)
    ]
    np.testing.assert_array_equal(*predictions[:2])
    assert np.abs(predictions[2] - predictions[0]).max() > 0


def test_ablations_are_a_grid(told, make_network):
    network = make_network("NoiseEmbeddingRegressor", environment_frames=N_BEFORE)
    grid = {"embedding": ["learned", "mean", None], "position_embedding": [True, False]}
    search = GridSearchCV(network, grid, cv=2).fit(*told)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()


@pytest.mark.parametrize("embedding", ["learned", "mean", None])
@pytest.mark.parametrize("causal", [False, True])
def test_frame_by_frame_equals_the_whole(embedding, causal, told, make_network, rng):
    network = make_network(
        "NoiseEmbeddingRegressor", environment_frames=N_BEFORE, embedding=embedding, causal=causal
    ).fit(*told)
    row = rng.standard_normal((1, 9, N_BEFORE + 20)).astype(np.float32)
    stream = network.open_stream(row[:, :, :N_BEFORE])
    assert stream.ahead == network.receptive_field()[1]
    pieces = [stream.push(row[:, :, i : i + 1]) for i in range(N_BEFORE, row.shape[2])]
    got = np.concatenate([*pieces, stream.finish()], axis=2)
    np.testing.assert_allclose(got, network.predict(row), atol=1e-5)
    again = network.open_stream(row[:, :, :N_BEFORE])
    assert again.form is stream.form  # what it is told is computed once


def test_a_stream_wants_the_environment_that_the_network_wants(told, make_network):
    network = make_network("NoiseEmbeddingRegressor", environment_frames=N_BEFORE).fit(*told)
    for environment in (None, told[0][:1, :, :3], told[0][:2, :, :N_BEFORE]):
        with pytest.raises(NotSteppableError, match=r"expected shape \(1, 9, 4\)"):
            network.open_stream(environment)
    plain = make_network("NoiseEmbeddingRegressor").fit(told[1], told[1])
    plain.open_stream()
    with pytest.raises(NotSteppableError, match=r"environment_frames=0; expected nothing"):
        plain.open_stream(told[0][:1, :, :N_BEFORE])


@pytest.mark.parametrize(
    ("X_shape", "y_shape", "message"),
    [
        ((3, 9, 10), (3, 9, 10), r"must be \(n_samples, n_frequencies, 6\[.* frames fewer"),
        ((3, 9, 4), (3, 9, 0), r"with environment_frames=4 expected is"),
        ((3, 9), (3, 9), r"\(n_samples, n_frequencies, 4 \+ n_frames\[, n_channels\]\)"),
    ],
)
def test_rows_without_an_environment_are_refused(X_shape, y_shape, message, make_network):
    network = make_network("NoiseEmbeddingRegressor", environment_frames=N_BEFORE)
    with pytest.raises(ValueError, match=message):
        network.fit(np.zeros(X_shape), np.zeros(y_shape))


def test_prediction_needs_frames_behind_the_environment(told, make_network):
    network = make_network("NoiseEmbeddingRegressor", environment_frames=N_BEFORE).fit(*told)
    with pytest.raises(ValueError, match="4 frames of the environment, and behind them"):
        network.predict(told[0][:, :, :N_BEFORE])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"filters": ()}, r"filters=\(\) must be a sequence of at least 1 positive integers"),
        ({"strides": (2, 1, 1)}, r"strides=\(2, 1, 1\) must be a sequence of 2 positive integers"),
        ({"kernel_size": 0}, "kernel_size == 0, must be >= 1"),
        ({"kernel_size": (3,)}, r"kernel_size=\(3,\) must be a sequence of 2 positive"),
        ({"embedding": "auto"}, "embedding='auto' is not allowed"),
        ({"embedding_filters": (4,)}, r"embedding_strides=.* must be a sequence of 1 pairs"),
        (
            {"embedding_strides": ((2, 2), (1, 0))},
            "embedding_strides=.* pairs of positive integers",
        ),
        ({"embedding_kernel_size": (4,)}, r"embedding_kernel_size=\(4,\) must be a sequence of 2"),
        ({"position_units": 0}, "position_units == 0, must be >= 1"),
        ({"environment_frames": -1}, "environment_frames == -1, must be >= 0"),
        ({"activation": "softmax"}, "activation='softmax' is not allowed"),
        ({"normalization": "layer"}, "normalization='layer' is not allowed"),
    ],
)
def test_bad_parameters(options, message, make_network):
    with pytest.raises(ValueError, match=f"NoiseEmbeddingRegressor: {message}"):
        make_network("NoiseEmbeddingRegressor", **options).fit(
            np.zeros((2, 3, 3)), np.zeros((2, 3, 3))
        )
