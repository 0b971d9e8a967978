"""save and load over the enhancers that there are."""

import json
import logging
import os
import pickle
import subprocess
import sys
import textwrap
import warnings
import zipfile
from pathlib import Path
from threading import Event, Thread

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.multioutput import MultiOutputRegressor
from sklearn.neural_network import MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import skse
from skse.metrics import si_sdr_scorer
from skse.networks._runtime import OnnxNetwork, SavedKerasObject
from skse.persistence import ModelFileError, read_card

MLP = MLPRegressor(hidden_layer_sizes=(4,), max_iter=2, random_state=0)


def assert_same_predictions(loaded, saved, noisy):
    for new, old in zip(loaded.predict(noisy), saved.predict(noisy), strict=True):
        np.testing.assert_allclose(new, old, rtol=0, atol=1e-5)


def round_trip(enhancer, tmp_path):
    return skse.load(skse.save(enhancer, tmp_path / "model.skse"))


def test_a_loaded_unet_predicts_the_same(unet, model_file, speech):
    noisy, clean = speech
    loaded = skse.load(model_file)
    assert type(loaded.regressor_.regressor_) is OnnxNetwork
    assert_same_predictions(loaded, unet, noisy)
    assert loaded.score(noisy, clean) == pytest.approx(unet.score(noisy, clean), abs=1e-3)
    assert si_sdr_scorer(loaded, noisy, clean) == loaded.score(noisy, clean)
    assert repr(loaded) == repr(unet)
    assert repr(clone(loaded)) == repr(clone(unet))
    for array in ([noisy[0]], np.stack([noisy[0][:3000]] * 3)):
        assert type(loaded.predict(array)) is type(unet.predict(array))
    with pytest.raises(ValueError, match="16000"):
        loaded.predict(noisy, sampling_rate=16000)


def test_what_was_learnt_survives(unet, model_file):
    loaded = skse.load(model_file)
    assert vars(loaded).keys() == vars(unet).keys()
    assert loaded.sampling_rate_ == 8000
    assert loaded.n_features_in_ is None
    assert loaded.target_.n_features_in_ == 33
    assert vars(loaded.regressor_).keys() == vars(unet.regressor_).keys()
    assert loaded.regressor_.history_ == unet.regressor_.history_
    assert loaded.regressor_.n_iter_ == 1
    np.testing.assert_array_equal(loaded.chain_.windows.weights, unet.chain_.windows.weights)
    assert loaded.strength == 1
    loaded.set_params(strength=0.0)
    noisy = np.random.default_rng(1).standard_normal((1, 2000)).astype(np.float32)
    np.testing.assert_allclose(loaded.predict(noisy), noisy, atol=1e-5)


@pytest.mark.parametrize("kind", ["network", "ridge", "classical"])
def test_files_of_format_1_are_read(kind):
    """Of skse 0.1: with a pipeline in a pipeline, objects of Keras, one of skops, both windows."""
    folder = Path(__file__).parent / "data"
    loaded = skse.load(folder / f"format_1_{kind}.skse")
    x = np.random.default_rng(1).standard_normal(700).astype(np.float32)
    expected = np.load(folder / f"format_1_{kind}.npy")
    tolerance = 1e-5 * np.abs(expected).max()
    np.testing.assert_allclose(loaded.predict([x])[0], expected, rtol=0, atol=tolerance)
    if kind == "classical":
        assert loaded.noise == "start"  # the rule of then, though the default is another
    if kind == "network":
        network = loaded[-1].regressor[-1]
        assert [repr(network.loss), repr(network.optimizer)] == [
            "<loss 'Huber'>",
            "<optimizer 'SGD'>",
        ]
        assert network.loss.config["delta"] == 2.0


def test_a_loaded_model_is_saved_and_pickled_again(model_file, speech, tmp_path):
    loaded = skse.load(model_file)
    before = loaded.predict(speech[0])
    for again in (round_trip(loaded, tmp_path), pickle.loads(pickle.dumps(loaded))):
        assert all(map(np.array_equal, again.predict(speech[0]), before))


def test_no_keras_is_loaded(model_file, tmp_path):
    code = f"""
        import sys
        import numpy as np
        import skse
        enhancer = skse.load({str(model_file)!r}, n_threads=1)
        waveforms = [np.random.default_rng(0).standard_normal(n) for n in (2000, 900)]
        print([len(x) for x in enhancer.predict(waveforms)])
        enhancer.set_params(strength=0.5).score(waveforms, waveforms)
        heavy = ["tensorflow", "keras", "scikeras", "librosa", "numba", "matplotlib", "skops"]
        print([name for name in heavy if name in sys.modules])
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, cwd=tmp_path
    )
    assert (done.stdout, done.stderr) == ("[2000, 900]\n[]\n", "")


def test_what_other_threads_say_during_a_save_is_not_lost(unet, tmp_path, capfd, caplog, recwarn):
    """To the error stream, past Python and through it, in a log and as a warning."""
    loggers = [logging.getLogger(name) for name in ("tensorflow", "tf2onnx", "tf2onnx.tfonnx")]
    stop, said = Event(), []

    def talk():
        while not stop.wait(0.01):
            i = len(said)
            os.write(2, f"descriptor {i}\n".encode())
            print(f"stream {i}", file=sys.stderr, flush=True)
            for logger in loggers:
                logger.error("%s %d", logger.name, i)
            warnings.warn(f"warning {i}", stacklevel=1)
            said.append(i)

    thread = Thread(target=talk)
    thread.start()
    skse.save(unet, tmp_path / "model.skse")
    stop.set()
    thread.join()
    assert len(said) > 5
    lines = capfd.readouterr().err.splitlines()
    heard = [str(warning.message) for warning in recwarn]
    for i in said:
        assert f"descriptor {i}" in lines
        assert f"stream {i}" in lines
        assert f"warning {i}" in heard
        assert {f"{logger.name} {i}" for logger in loggers} <= set(caplog.messages)


def test_training_goes_on_from_the_weights(unet, model_file):
    rng = np.random.default_rng(0)
    X = rng.standard_normal((8, 33, 16)).astype(np.float32)
    y = X + 1
    loaded = skse.load(model_file).regressor_
    other = pickle.loads(pickle.dumps(unet.regressor_))
    for network in (loaded, other):
        network.set_params(warm_start=True, optimizer="sgd", epochs=2, random_state=1)
        network.fit(X, y)
        assert network.n_iter_ == 3
    assert type(loaded.regressor_) is type(other.regressor_)
    start = unet.regressor_.predict(X)
    # The original goes on with the moments of its optimizer, the loaded one without.
    assert np.abs(loaded.predict(X) - start).max() > 0.01
    assert np.mean((loaded.predict(X) - y) ** 2) < np.mean((start - y) ** 2)


def test_head_scaler_and_autoencoder(make_enhancer, speech, tmp_path):
    network = skse.AutoencoderRegressor(
        (4, 4), dense_units=(8,), epochs=1, random_state=0, early_stopping=True, dropout=0.1
    )
    enhancer = make_enhancer(
        make_pipeline(skse.FeatureScaler(), network),
        skse.MelFeaturizer(8000, 64, 32, n_mels=10),
        skse.SignalApproximationTarget(mask="complex"),
        mask_floor_db=-20,
    )
    loaded = round_trip(enhancer, tmp_path)
    assert_same_predictions(loaded, enhancer, speech[0])
    np.testing.assert_array_equal(loaded.regressor_[0].mean_, enhancer.regressor_[0].mean_)
    assert loaded.regressor_[1].history_.keys() == {"loss", "val_loss"}
    rows = np.random.default_rng(0).standard_normal((2, 33, 16, 3)).astype(np.float32)
    rebuilt = loaded.regressor_[1].keras_model()
    np.testing.assert_allclose(
        rebuilt.predict_on_batch(rows), enhancer.regressor_[1].predict(rows), atol=1e-5
    )


@pytest.mark.parametrize(
    ("network", "target"),
    [
        (
            skse.DenseNetRegressor(3, n_layers=1, n_levels=1, dilations=(1, 2), epochs=1),
            skse.WaveformTarget("complex", bound=None),
        ),
        (
            skse.DenseNetRegressor(3, n_layers=1, n_levels=1, dilations=(), epochs=1),
            skse.targets.TrainedFourierTarget("complex"),
        ),
        (skse.WideResNetRegressor((4, 6), n_blocks=1, epochs=1), skse.SpectrumTarget()),
    ],
    ids=["densenet", "trained kernels", "wideresnet"],
)
def test_other_networks(network, target, make_enhancer, speech, tmp_path):
    enhancer = make_enhancer(network, target=target)
    loaded = round_trip(enhancer, tmp_path)
    assert_same_predictions(loaded, enhancer, speech[0])
    assert loaded.regressor_.receptive_field() == enhancer.regressor_.receptive_field()
    weights = [
        network.keras_model().get_weights() for network in (loaded.regressor_, enhancer.regressor_)
    ]
    assert all(map(np.array_equal, *weights))


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize(
    "regressor",
    [Ridge(), make_pipeline(StandardScaler(), MLP), MultiOutputRegressor(Ridge())],
    ids=["Ridge", "MLP", "each output"],
)
def test_regressors_of_scikit_learn(regressor, make_enhancer, speech, tmp_path):
    enhancer = make_enhancer(regressor, target=skse.IdealMaskTarget("tbm"))
    loaded = round_trip(enhancer, tmp_path)
    assert all(map(np.array_equal, loaded.predict(speech[0]), enhancer.predict(speech[0])))
    assert loaded.chain_.windows.channels == ()
    np.testing.assert_array_equal(loaded.target_.ltass_, enhancer.target_.ltass_)


@pytest.mark.parametrize(
    "enhancer",
    [
        skse.IdentityEnhancer(8000),
        skse.SpectralSubtraction(8000, n_fft=128, hop_length=32),
        skse.WienerFilter(strength=0.7),
        skse.LogMMSE(window=("kaiser", 14.0)),
    ],
    ids=lambda enhancer: type(enhancer).__name__,
)
def test_classical_enhancers(enhancer, speech, tmp_path):
    enhancer.fit(speech[0])
    loaded = round_trip(enhancer, tmp_path)
    assert all(map(np.array_equal, loaded.predict(speech[0]), enhancer.predict(speech[0])))


def test_a_pipeline_of_waveforms(speech, tmp_path):
    pipeline = make_pipeline(
        skse.Resample(8000, 16000),
        skse.PeakNormalize(),
        skse.SpeechEnhancer(
            skse.STFTFeaturizer(128, 64, window=np.hamming(128)), regressor=Ridge()
        ),
    )
    noisy, _ = speech
    wide = skse.Resample(8000, 16000).fit_transform(noisy)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pipeline.fit(noisy, wide)
    loaded = round_trip(pipeline, tmp_path)
    assert all(map(np.array_equal, loaded.predict(noisy), pipeline.predict(noisy)))
    assert list(loaded.named_steps) == ["resample", "peaknormalize", "speechenhancer"]


def test_a_search_gives_its_best_estimator(speech, tmp_path):
    search = GridSearchCV(
        skse.SpeechEnhancer(regressor=Ridge()), {"regressor__alpha": [0.1, 1]}, cv=3
    ).fit(*speech)
    with pytest.raises(ValueError, match="pass its best_estimator_"):
        skse.save(search, tmp_path / "model.skse")
    loaded = round_trip(search.best_estimator_, tmp_path)
    assert all(map(np.array_equal, loaded.predict(speech[0]), search.predict(speech[0])))


def test_own_losses_are_needed_for_training_only(make_unet, make_enhancer, speech, tmp_path):
    import keras

    @keras.saving.register_keras_serializable("tests")
    def cubic(y_true, y_pred):
        return keras.ops.mean(keras.ops.abs(y_true - y_pred) ** 3)

    network = make_unet(loss=cubic, optimizer=keras.optimizers.Adam(0.01))
    network.set_params(callbacks=[keras.callbacks.TerminateOnNaN()])
    network.set_params(learning_rate_schedule="constant")
    enhancer = make_enhancer(network)
    with pytest.warns(UserWarning, match="callbacks=.* is not kept"):
        path = skse.save(enhancer, tmp_path / "model.skse")
    custom = keras.saving.get_custom_objects().pop("tests>cubic")
    loaded = skse.load(path)
    assert_same_predictions(loaded, enhancer, speech[0])
    assert "tests>cubic" in repr(loaded.regressor.loss)
    assert repr(clone(loaded)) == repr(loaded)
    with pytest.raises(ValueError, match=r"'tests>cubic'.* is not known here. Training needs it"):
        loaded.fit(*speech)
    keras.saving.get_custom_objects()["tests>cubic"] = custom
    # Another fit starts anew, from the same seed.
    assert_same_predictions(loaded.fit(*speech), enhancer, speech[0])
    # Parameters remain what they were; what was trained with is the loss itself.
    assert repr(loaded.regressor_.loss) == "<loss 'tests>cubic'>"
    model = loaded.regressor_.keras_model()
    assert model.loss is custom
    assert model.optimizer.get_config()["learning_rate"] == pytest.approx(0.01)


def test_losses_of_keras_keep_their_configuration():
    import keras

    from skse.networks._scikeras import describe_keras_object

    described = describe_keras_object(keras.losses.Huber(delta=2.5))
    again = SavedKerasObject(
        described.kind, described.name, json.loads(json.dumps(described.config))
    )
    error = float(again.build()(np.zeros((1, 1)), np.full((1, 1), 10.0)))
    assert error == pytest.approx(2.5 * 10 - 0.5 * 2.5**2)
    for name in ("Layer", "get_file", "Adam"):
        with pytest.raises(ValueError, match="not known here"):
            SavedKerasObject("losses", name, {}).build()
    schedule = keras.optimizers.schedules.ExponentialDecay(0.1, 10, 0.9)
    assert describe_keras_object(keras.optimizers.SGD(schedule)) is None


def test_a_network_that_diverged_is_not_saved(unet, tmp_path):
    broken = pickle.loads(pickle.dumps(unet))
    model = broken.regressor_.regressor_.model_
    model.set_weights([np.full_like(w, np.nan) for w in model.get_weights()])
    with pytest.raises(ValueError, match=r"SpeechEnhancer.regressor_.regressor_: .*contain NaN"):
        skse.save(broken, tmp_path / "model.skse")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kind", ["external", "domain", "function", "garbage", "swapped"])
def test_forged_networks_are_refused(kind, model_file, forge):
    import onnx

    name = "networks/0/network.onnx"
    with zipfile.ZipFile(model_file) as archive:
        model = onnx.load_model_from_string(archive.read(name))
    if kind == "external":
        tensor = model.graph.initializer[0]
        tensor.data_location = onnx.TensorProto.EXTERNAL
        tensor.external_data.add(key="location", value="/etc/passwd")
    elif kind == "domain":
        model.graph.node[0].domain = "evil"
    elif kind == "function":
        model.functions.add(name="f", domain="")
    elif kind == "swapped":
        model.graph.node[0].op_type = "NoSuchOperator"
    data = b"\xff\xff" if kind == "garbage" else model.SerializeToString()
    with pytest.raises(ModelFileError, match=r"'networks/0/network.onnx' cannot be used"):
        skse.load(forge(model_file, {name: data}))


@pytest.mark.parametrize("path", ["model", "model.joblib", "model.zip"])
def test_names_of_files(path, tmp_path):
    enhancer = skse.IdentityEnhancer().fit(np.ones((1, 4)))
    with pytest.raises(ValueError, match=r"must end in \.skse"):
        skse.save(enhancer, tmp_path / path)


def test_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(FileNotFoundError, match="there is no folder"):
        skse.save(skse.IdentityEnhancer().fit(np.ones((1, 4))), tmp_path / "a" / "model.skse")


@pytest.mark.parametrize("other", [3, "model", skse.WienerFilter, {"a": 1}])
def test_what_is_no_estimator_is_refused(other, tmp_path):
    with pytest.raises(ValueError, match="must be a fitted estimator"):
        skse.save(other, tmp_path / "model.skse")


def test_save_needs_a_fitted_enhancer(tmp_path):
    with pytest.raises(NotFittedError, match=r"call fit before skse\.save"):
        skse.save(skse.SpeechEnhancer(), tmp_path / "model.skse")


@pytest.mark.parametrize("n_threads", [0, 1.5, True])
def test_number_of_threads(n_threads, model_file):
    with pytest.raises(ValueError, match="n_threads"):
        skse.load(model_file, n_threads=n_threads)


def test_read_card(model_file):
    card = read_card(model_file)
    assert card["licence"] == "CC0"
    assert card["sampling_rate"] == 8000
    assert card["training"]["epochs"] == 1
    assert card["training"]["utterances"] == 3
    assert card["versions"]["skse"] == skse.__version__
    assert card["parameters"]["regressor__filters"] == "(4, 4)"


@pytest.mark.training
def test_half_precision_halves_the_file_and_is_trained_further(speech, tmp_path):
    noisy, clean = speech
    network = skse.UNetRegressor(
        filters=(32, 48), dilations=(1,), epochs=1, random_state=0, learning_rate=1e-3
    )
    enhancer = skse.SpeechEnhancer(regressor=network, sampling_rate=8000).fit(noisy, clean)
    whole = skse.save(enhancer, tmp_path / "whole.skse")
    half = skse.save(enhancer, tmp_path / "half.skse", half_precision=True)
    assert half.stat().st_size < 0.65 * whole.stat().st_size
    loaded = skse.load(half)
    for new, old in zip(loaded.predict(noisy), enhancer.predict(noisy), strict=True):
        assert 0 < np.abs(new - old).max() < 0.01 * np.abs(old).max()
    assert {w.dtype for w in loaded.regressor_.regressor_.weights} == {np.dtype(np.float32)}
    again = skse.load(skse.save(loaded, tmp_path / "again.skse", half_precision=True))
    np.testing.assert_array_equal(again.predict(noisy)[0], loaded.predict(noisy)[0])
    assert loaded.partial_fit(noisy, clean).regressor_.n_iter_ == 2


@pytest.mark.training
def test_weights_too_large_for_half_precision_are_refused(speech, tmp_path):
    noisy, clean = speech
    sizes = {"filters": (8,), "dilations": (1,), "bottleneck_units": None}
    network = skse.UNetRegressor(**sizes, activation="elu", epochs=1, random_state=0)
    enhancer = skse.SpeechEnhancer(regressor=network).fit(noisy, clean)
    weights = [1e6 * w for w in enhancer.regressor_.regressor_.weights]
    enhancer.regressor_.keras_model().set_weights(weights)
    with pytest.raises(ValueError, match="too large for float16; use half_precision=False"):
        skse.save(enhancer, tmp_path / "half.skse", half_precision=True)
    assert list(tmp_path.iterdir()) == []
