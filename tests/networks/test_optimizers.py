import numpy as np
import pytest

from skse import UNetRegressor

keras = pytest.importorskip("keras")


def trajectory(optimizer, gradients):
    """Values of two variables, of several axes and of none, after every step."""
    variables = [keras.Variable(np.full(g.shape, 0.5, np.float32)) for g in gradients[0]]
    values = []
    for step in gradients:
        optimizer.apply([keras.ops.convert_to_tensor(g) for g in step], variables)
        values.append([v.numpy().copy() for v in variables])
    return values


@pytest.mark.parametrize("name", ["Adam", "AdamW"])
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"epsilon": 0.1, "clipnorm": 0.5, "beta_1": 0.5},
        {"amsgrad": True, "weight_decay": 0.1},
        {"gradient_accumulation_steps": 2},
    ],
    ids=lambda options: "-".join(options) or "plain",
)
def test_steps_are_those_of_keras(name, options, rng):
    from skse.networks import _optimizers

    gradients = [
        [rng.standard_normal(shape).astype(np.float32) for shape in ((3, 4, 5), ())]
        for _ in range(20)
    ]
    own, theirs = (
        trajectory(getattr(module, name)(0.02, **options), gradients)
        for module in (_optimizers, keras.optimizers)
    )
    for some, others in zip(own, theirs, strict=True):
        for x, y in zip(some, others, strict=True):
            np.testing.assert_allclose(x, y, rtol=1e-5, atol=1e-6)


def test_a_step_follows_the_formula(rng):
    from skse.networks._optimizers import Adam

    gradients = rng.standard_normal((6, 7)).astype(np.float32)
    m = v = np.zeros(7)
    x = np.full(7, 0.5)
    for t, g in enumerate(gradients.astype(float), start=1):
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g**2
        x = x - 0.02 * np.sqrt(1 - 0.999**t) / (1 - 0.9**t) * m / (np.sqrt(v) + 1e-7)
    (last,) = trajectory(Adam(0.02), [[g] for g in gradients])[-1]
    np.testing.assert_allclose(last, x, rtol=1e-4)


@pytest.mark.parametrize("name", ["adam", "adamw"])
def test_networks_train_with_them_and_go_on(name, rng):
    from skse.networks import _optimizers

    X = rng.random((8, 17, 10), dtype=np.float32)
    network = UNetRegressor(filters=(4, 4), optimizer=name, epochs=2, random_state=0)
    network.fit(X, X**2)
    optimizer = network.regressor_.model_.optimizer
    assert type(optimizer) is getattr(_optimizers, {"adam": "Adam", "adamw": "AdamW"}[name])
    twin = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(optimizer))
    assert type(twin) is type(optimizer)
    before = network.predict(X)
    assert np.any(network.partial_fit(X, X**2, groups=np.arange(8)).predict(X) != before)


@pytest.mark.parametrize("name", ["Adam", "AdamW"])
def test_a_step_is_far_fewer_operations(name):
    """What is not traced takes no time: the reason why there are classes of our own."""
    import tensorflow as tf

    from skse.networks import _optimizers

    def n_operations(optimizer):
        variables = [keras.Variable(np.ones(3, np.float32)) for _ in range(10)]
        optimizer.build(variables)
        step = tf.function(lambda g: optimizer.apply([g] * len(variables), variables))
        return len(step.get_concrete_function(tf.ones(3)).graph.get_operations())

    own, theirs = (
        n_operations(getattr(module, name)(0.02)) for module in (_optimizers, keras.optimizers)
    )
    assert own < 0.6 * theirs


@pytest.mark.parametrize("name", ["Adam", "AdamW"])
def test_no_tensor_of_a_step_outlives_it(name):
    import tensorflow as tf

    from skse.networks import _optimizers

    optimizer = getattr(_optimizers, name)(0.02)
    variables = [keras.Variable(np.ones(3, np.float32))]
    tf.function(lambda g: optimizer.apply([g], variables))(tf.ones(3))
    assert optimizer._of_step is None
    assert "_of_step" not in optimizer._trackable_children()
