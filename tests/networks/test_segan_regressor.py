"""The generator that is trained against a discriminator."""

import math
import pickle
import random

import joblib
import numpy as np
import pytest
from sklearn.base import clone

import skse
from skse import SEGANRegressor, SpeechEnhancer
from skse.features import SamplesFeaturizer
from skse.networks._segan_regressor import as_waveforms, weights_of
from skse.targets import SamplesTarget
from skse.utils import FileArray

TINY = {
    "filters": (4, 6),
    "kernel_size": 9,
    "sampling_rate": 8000,
    "batch_size": 8,
    "random_state": 0,
}
ALONE = {"acoustic_weight": 0, "adversarial_weight": 0}


@pytest.fixture(scope="module")
def clipped():
    """Tones, clipped and whole, as rows of 16 frames of 16 samples."""
    rng = np.random.default_rng(0)
    frequencies = rng.uniform(0.05, 0.2, (24, 1))
    clean = 0.5 * np.sin(frequencies * np.arange(256) + rng.uniform(0, 6, (24, 1)))
    frames = clean.reshape(24, 16, 16).swapaxes(1, 2).astype(np.float32)
    return np.clip(frames, -0.2, 0.2), frames


@pytest.fixture(scope="module")
def trained(clipped):
    """All four terms, with a warm-up of one epoch of three, and rows held out."""
    np.random.seed(5)  # noqa: NPY002
    random.seed(5)
    before = np.random.get_state()[1].copy(), random.getstate()  # noqa: NPY002
    network = SEGANRegressor(**TINY, epochs=3, warm_up_epochs=1, early_stopping=True)
    network.fit(*clipped)
    np.testing.assert_array_equal(np.random.get_state()[1], before[0])  # noqa: NPY002
    assert random.getstate() == before[1]
    return network


def test_history_has_every_term(trained):
    history = trained.history_
    terms = {"l1", "power", "acoustic", "adversarial"}
    assert history.keys() == terms | {"loss", "discriminator", "val_loss"}
    assert all(len(values) == trained.n_iter_ == 3 for values in history.values())
    assert history["acoustic"][0] == 0 < min(history["acoustic"][1:])
    weights = weights_of(trained)
    for i, loss in enumerate(history["loss"]):
        assert loss == pytest.approx(sum(weights[t] * history[t][i] for t in terms), rel=1e-4)
    assert history["l1"][-1] < history["l1"][0]
    assert all(map(math.isfinite, history["discriminator"]))


def test_the_discriminator_is_trained_and_not_kept(trained, clipped, tmp_path):
    model = trained.keras_model()
    discriminator = model.adversary.discriminator
    assert trained.regressor_.model_.adversary.scales == (
        pytest.approx(0.2),
        pytest.approx(0.5, abs=0.01),
    )
    start = discriminator.layers[-1].get_config()
    assert start["filters"] == model.adversary.acoustics[1]
    kept = {id(variable) for variable in model.variables}
    assert not kept & {id(variable) for variable in discriminator.variables}
    joblib.dump(trained, tmp_path / "network.joblib")
    again = joblib.load(tmp_path / "network.joblib")
    np.testing.assert_array_equal(again.predict(clipped[0]), trained.predict(clipped[0]))
    assert again.keras_model().adversary is None
    assert len(again.regressor_.weights) == len(trained.regressor_.weights)


def test_the_same_seed_gives_the_same_network(trained, clipped):
    twin = clone(trained).fit(*clipped)
    np.testing.assert_array_equal(twin.predict(clipped[0]), trained.predict(clipped[0]))
    assert twin.history_ == trained.history_
    # Fine-tuning goes on with the same discriminator; noise and scale stay what they were.
    discriminator = twin.keras_model().adversary.discriminator
    twin.set_params(epochs=1, early_stopping=False).partial_fit(*clipped)
    assert twin.n_iter_ == 4
    assert twin.keras_model().adversary.discriminator is discriminator
    assert twin.history_["acoustic"][-1] > 0


def test_noise_of_predictions_is_chosen_afterwards(trained, clipped):
    network = pickle.loads(pickle.dumps(trained))
    zero = network.predict(clipped[0])
    drawn = network.use_z("drawn").predict(clipped[0])
    assert network.z == network.architecture_.z == "drawn"
    assert np.abs(drawn - zero).max() > 1e-3
    np.testing.assert_array_equal(network.predict(clipped[0]), drawn)
    np.testing.assert_array_equal(network.use_z("zero").predict(clipped[0]), zero)
    with pytest.raises(ValueError, match="z='none'"):
        network.use_z("none")


def test_training_restores_peaks(clipped):
    X, y = clipped
    parameters = {**TINY, **ALONE, "learning_rate": 3e-3, "epochs": 30, "power_weight": 0}
    network = SEGANRegressor(**parameters).fit(X, y)
    errors = [np.mean(np.abs(out - y)) for out in (X, network.predict(X))]
    assert errors[1] < 0.6 * errors[0]
    assert network.history_.keys() == {"loss", "l1"}
    assert network.keras_model().adversary.discriminator is None
    assert np.abs(network.predict(X)).max() <= np.abs(y).max() * (1 + 1e-6)


def test_rows_in_files_are_packed_as_arrays_are(clipped):
    X, y = clipped
    in_files = [FileArray(rows.shape) for rows in clipped]
    for rows, values in zip(in_files, clipped, strict=True):
        rows[: len(values)] = values
    network, packed = SEGANRegressor(**TINY), []
    for rows in (clipped, in_files):
        plan = {"resume": False}
        packed.append(network._columns_for(*rows, plan)(rows[1])[:])
        assert plan["scales"] == (np.abs(X).max(), np.abs(y).max())
    np.testing.assert_array_equal(*packed)
    np.testing.assert_allclose(packed[0][:, :256] * np.abs(y).max(), as_waveforms(y), atol=1e-6)
    features = packed[0][:, 256:].reshape(24, 16, 17 + 16 + 4)
    np.testing.assert_allclose(features.mean(axis=(0, 1)), 0, atol=1e-3)
    deviation = features.std(axis=(0, 1))
    assert ((np.abs(deviation - 1) < 1e-3) | (deviation < 1e-3)).all()


def test_rows_that_are_made(clipped):
    X, y = clipped
    network = SEGANRegressor(**TINY, acoustic_weight=1, adversarial_weight=0, epochs=1)
    network.fit_batches(lambda step: (X[:8], y[:8]), 16)
    assert network.predict(X).shape == y.shape
    assert network.history_["acoustic"] == [0]


def test_saved_and_exported_as_its_generator(tmp_path, rng):
    import onnxruntime

    clean = [0.1 * np.sin(np.arange(n) / 3) for n in (3000, 2500)]
    noisy = [np.clip(x, -0.04, 0.04) for x in clean]
    enhancer = SpeechEnhancer(
        SamplesFeaturizer(16),
        SamplesTarget(),
        SEGANRegressor(**TINY, **ALONE, epochs=1, z="drawn"),
        segment_frames=32,
        sampling_rate=8000,
        remix=False,
    ).fit(noisy, clean)
    others = [*noisy, noisy[0][:100], np.zeros(1)]
    expected = enhancer.predict(others)
    assert [len(x) for x in expected] == [len(x) for x in others]
    loaded = skse.load(skse.save(enhancer, tmp_path / "segan.skse"))
    for a, b in zip(loaded.predict(others), expected, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-5)
    path = enhancer.export(tmp_path / "segan.onnx")
    session = onnxruntime.InferenceSession(path.read_bytes())
    rows = rng.standard_normal((3, 16, 32)).astype(np.float32)
    [out] = session.run(None, {session.get_inputs()[0].name: rows})
    np.testing.assert_allclose(out, enhancer.regressor_.predict(rows), atol=1e-5)
    loaded.partial_fit(noisy, clean)
    assert loaded.regressor_.n_iter_ == 2


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"l1_weight": -1}, "SEGANRegressor: l1_weight"),
        ({**ALONE, "l1_weight": 0, "power_weight": 0}, "are all 0, which leaves nothing"),
        ({"sampling_rate": 0}, "SEGANRegressor: sampling_rate"),
        ({"phase_shift": -1}, "SEGANRegressor: phase_shift"),
        ({"warm_up_epochs": 1.5}, "SEGANRegressor: warm_up_epochs"),
        ({"discriminator_learning_rate": 0}, "SEGANRegressor: discriminator_learning_rate"),
        ({"filters": (4, -1)}, "SEGANRegressor: filters"),
        ({"z": 0}, "SEGANRegressor: z=0"),
        ({"learning_rate_schedule": "step"}, "SEGANRegressor: learning_rate_schedule"),
    ],
)
def test_bad_parameters_are_refused_before_training(parameters, message, clipped):
    with pytest.raises(ValueError, match=message):
        SEGANRegressor(**{**TINY, **parameters}).fit(*clipped)


def test_rows_that_do_not_match_are_refused(clipped):
    X, y = clipped
    with pytest.raises(ValueError, match=r"SEGANRegressor: X has shape .* SamplesTarget"):
        SEGANRegressor(**TINY).fit(X, y[:, :8])
    with pytest.raises(ValueError, match=r"SEGANRegressor: X has shape .* SamplesTarget"):
        SEGANRegressor(**TINY).fit(X[..., None], y[..., None])


def test_frames_are_joined(clipped):
    frames = clipped[1]
    np.testing.assert_array_equal(as_waveforms(frames)[:, :16], frames[:, :, 0])
    np.testing.assert_array_equal(as_waveforms(frames[:, :, 0]), frames[:, :, 0])
