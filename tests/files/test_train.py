import os
import re
import subprocess
import sys
import textwrap
import warnings

import joblib
import numpy as np
import pytest
import soundfile
from sklearn.linear_model import Ridge

from skse import (
    IdealMaskTarget,
    LogMMSE,
    SpectrumTarget,
    SpeechEnhancer,
    UNetRegressor,
    WaveformTarget,
)
from skse.datasets import load_harvard, load_pairs
from skse.files import _train, train_from_folders
from skse.files._model_io import load_model as load_file
from skse.metrics import snr_score
from skse.models import find_model, load_model
from skse.networks import AutoencoderRegressor
from skse.persistence import read_card
from skse.targets import TARGETS


@pytest.fixture
def folders(write, rng):
    """Three clean recordings, each in two noises, at 16 kHz."""
    for name in "abc":
        clean = 0.3 * np.sin(rng.uniform(0.2, 0.5) * np.arange(16000))
        folder = write(f"clean/{name}.wav", clean, 16000).parent
        for noise in ("x", "y"):
            noisy = clean + 0.1 * rng.standard_normal(16000)
            write(f"noisy/{name}_{noise}.wav", noisy, 16000)
    return folder.parent / "noisy", folder


@pytest.fixture
def no_training(monkeypatch):
    """Stop before training, and tell what would have been trained."""
    seen = {}

    class StopError(Exception):
        pass

    def stop(enhancer, pairs, epochs, progress):
        seen.update(enhancer=enhancer, pairs=pairs)
        raise StopError

    monkeypatch.setattr(_train, "_fit", stop)

    def run(*arguments, **options):
        with pytest.raises(StopError):
            train_from_folders(*arguments, **options)
        return seen["enhancer"], seen["pairs"]

    return run


def test_defaults(folders, tmp_path, no_training):
    enhancer, pairs = no_training(*folders, tmp_path / "m.joblib", match="^(.)_")
    assert len(pairs.noisy) == 6
    assert enhancer.sampling_rate == 16000
    assert (enhancer.featurizer.n_fft, enhancer.featurizer.hop_length) == (512, 256)
    assert isinstance(enhancer.regressor, UNetRegressor)
    assert isinstance(enhancer.target, WaveformTarget)
    regressor = enhancer.regressor
    assert (regressor.loss, regressor.epochs, regressor.random_state) == ("snr", 30, 0)
    assert (regressor.early_stopping, regressor.validation_fraction) == (True, 0.1)
    assert regressor.n_iter_no_change == 5


@pytest.mark.parametrize(
    ("options", "target", "loss"),
    [
        ({"target": "irm"}, "irm", "mse"),
        ({"target": "waveform"}, "real", "snr"),
        ({"loss": "mae"}, "irm", "mae"),
        ({"loss": "bce"}, "irm", "binary_crossentropy"),
        ({"loss": "si_sdr"}, "real", "si_sdr"),
        ({"loss": "mae", "target": "waveform"}, "real", "mae"),
        ({"network": "autoencoder"}, "real", "snr"),
    ],
)
def test_what_is_not_chosen_suits_what_is(folders, tmp_path, no_training, options, target, loss):
    enhancer, _ = no_training(*folders, tmp_path / "m.skse", match="^(.)_", **options)
    assert (enhancer.target.mask, enhancer.regressor.loss) == (target, loss)


def test_choices(folders, tmp_path, no_training):
    enhancer, pairs = no_training(
        *folders, tmp_path / "m.skse", match="^(.)_", network="autoencoder", target="log",
        loss="mae", epochs=7, sampling_rate=8000, validation_fraction=0, random_state=3,
    )  # fmt: skip
    assert pairs.sampling_rate == enhancer.sampling_rate == 8000
    assert {len(x) for x in pairs.noisy} == {8000}
    assert (enhancer.featurizer.n_fft, enhancer.featurizer.hop_length) == (256, 128)
    assert isinstance(enhancer.regressor, AutoencoderRegressor)
    assert isinstance(enhancer.target, SpectrumTarget)
    assert (enhancer.regressor.loss, enhancer.regressor.epochs) == ("mae", 7)
    assert (enhancer.regressor.early_stopping, enhancer.regressor.random_state) == (False, 3)


@pytest.mark.parametrize("target", TARGETS)
def test_every_target_can_be_learnt_from_what_is_seen(folders, tmp_path, no_training, target):
    enhancer, _ = no_training(*folders, tmp_path / "m.skse", match="^(.)_", target=target)
    assert repr(enhancer.target) == repr(TARGETS[target].make())
    phase = {"real": "real", "complex": "complex", "cirm": "complex"}
    assert enhancer.featurizer.scale == phase.get(target, "log")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"network": "big"}, "network='big' is not allowed; choose from 'autoencoder', 'den"),
        ({"target": "mask"}, "target='mask' is not allowed"),
        ({"loss": "l3"}, "loss='l3' is not allowed"),
        ({"network": IdealMaskTarget()}, r"network=IdealMaskTarget\(\) is no network; expected"),
        ({"target": Ridge()}, r"target=Ridge\(\) is no target; expected"),
        ({"loss": 3}, "loss=3 is no loss; expected a function"),
        ({"epochs": 0}, "epochs == 0"),
        ({"patience": 0}, "patience == 0"),
        ({"random_state": -1}, "random_state == -1"),
        ({"validation_fraction": 1.0}, "validation_fraction == 1.0"),
        ({"match": "^(a)_"}, "holds out clean recordings, but there is only 1"),
        ({"match": "^(q)_"}, "found no pair"),
        ({"out": "model.pkl"}, "must be named .skse or .joblib"),
        ({"out": "there.joblib"}, r"there.joblib exists; pass force=True \(--force\)"),
    ],
)
def test_wrong_arguments(folders, tmp_path, monkeypatch, options, message):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "there.joblib").touch()
    options = {"match": "^(.)_", "out": "model.joblib", **options}
    with pytest.raises(ValueError, match=message):
        train_from_folders(*folders, options.pop("out"), **options)
    assert sorted(os.listdir(tmp_path)) == ["clean", "noisy", "there.joblib"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"network": "unet"}, "network='unet' cannot be chosen with start_from"),
        ({"network": "autoencoder"}, "network='autoencoder' cannot be chosen with start_from"),
        ({"target": IdealMaskTarget()}, r"target=IdealMaskTarget\(\) cannot be chosen with"),
        ({"loss": "mae"}, "loss='mae' cannot be chosen with start_from"),
        ({"sampling_rate": 16000}, "sampling_rate=16000, but speech-8k is for 8000 Hz"),
        ({"validation_fraction": 0}, "validation_fraction=0, but start_from"),
        ({"start_from": "speech8k"}, "did you mean 'speech-8k'"),
        ({"match": "^(a)_"}, "there is only 1; record more"),
        ({"start_from": "x.skse"}, "x.skse: no such file"),
        ({"start_from": LogMMSE()}, "holds a LogMMSE, but start_from"),
        ({"start_from": SpeechEnhancer(regressor=Ridge())}, "holds a Ridge, but start_from"),
    ],
)
def test_what_cannot_be_trained_further(folders, tmp_path, monkeypatch, options, message):
    monkeypatch.chdir(tmp_path)
    options = {"match": "^(.)_", "start_from": "speech-8k", **options}
    if not isinstance(options["start_from"], str):
        x = [np.random.default_rng(0).standard_normal(4000)]
        joblib.dump(options["start_from"].set_params(sampling_rate=8000).fit(x, x), "m.joblib")
        options["start_from"] = "m.joblib"
    with pytest.raises(ValueError, match=message):
        train_from_folders(*folders, "out.skse", **options)
    assert not (tmp_path / "out.skse").exists()


def test_a_model_that_ships_is_trained_further(folders, tmp_path):
    """On a tone, which it takes for noise: it learns better, and its card tells of both data."""
    noisy_dir, clean_dir = folders
    training = train_from_folders(
        noisy_dir, clean_dir, tmp_path / "m.skse", match="^(.)_", start_from="speech-8k",
        epochs=10, validation_fraction=0.4,
    )  # fmt: skip
    assert training.sampling_rate == 8000
    for losses in training.history.values():
        assert len(losses) == 10
        assert np.isfinite(losses).all()
    pairs = load_pairs(noisy_dir, clean_dir, match="^(.)_", sampling_rate=8000)
    before, after = (
        snr_score(pairs.clean, load_model(model).predict(pairs.noisy)).mean()
        for model in ("speech-8k", tmp_path / "m.skse")
    )
    assert after > before + 0.05
    card, card_before = (read_card(find_model(m)) for m in (tmp_path / "m.skse", "speech-8k"))
    assert card["training_data"] == [
        *card_before["training_data"],
        f"6 pairs of {noisy_dir} and {clean_dir}",
    ]
    assert card["licence"] == card_before["licence"]


@pytest.mark.parametrize("remix", [False, True])
def test_an_interruption_saves_what_was_trained_and_goes_on(folders, tmp_path, monkeypatch, remix):
    from keras.callbacks import Callback

    class Interrupt(Callback):
        def __deepcopy__(self, memo):
            return self

        def on_epoch_begin(self, epoch, logs=None):
            if epoch == 2:
                raise KeyboardInterrupt

    def train(out, epochs):
        network = UNetRegressor(
            filters=(4,), dilations=(), top_filters=2, learning_rate_schedule="constant",
            batch_size=2,
        )  # fmt: skip
        return train_from_folders(
            *folders, tmp_path / out, match="^(.)_", network=network, epochs=epochs, remix=remix,
            progress=True, validation_fraction=0,
        )  # fmt: skip

    whole = train("whole.joblib", 2)
    monkeypatch.setattr(_train, "_make_callback", lambda bar: Interrupt())
    with pytest.raises(KeyboardInterrupt) as error:
        train("part.joblib", 9)
    training = error.value.training
    assert training.cut_short == "interrupted; training ended after epoch 2 of 9"
    assert training.history == whole.history
    x = 0.1 * np.random.default_rng(1).standard_normal(16000).astype(np.float32)
    part, whole = (joblib.load(tmp_path / f"{name}.joblib") for name in ("part", "whole"))
    np.testing.assert_array_equal(part.predict([x])[0], whole.predict([x])[0])


@pytest.mark.parametrize("validation_fraction", [0, 0.4])
def test_a_recording_that_vanishes_ends_training_and_what_was_trained_is_saved(
    folders, tmp_path, monkeypatch, validation_fraction
):
    """The model is the one of so many epochs, to the bit; batches are read some way ahead."""
    from keras.callbacks import Callback

    class Vanish(Callback):
        def __deepcopy__(self, memo):
            return self

        def on_epoch_end(self, epoch, logs=None):
            if epoch == 1:
                for path in folders[0].iterdir():
                    path.rename(path.with_suffix(".gone"))

    def train(out, epochs):
        network = UNetRegressor(
            filters=(4,), dilations=(), top_filters=2, learning_rate_schedule="constant",
            batch_size=2,
        )  # fmt: skip
        return train_from_folders(
            *folders, tmp_path / out, match="^(.)_", network=network, epochs=epochs, remix=True,
            progress=True, validation_fraction=validation_fraction, patience=99,
        )  # fmt: skip

    with monkeypatch.context() as patch:  # in place of the bar's, and as that one left out
        patch.setattr(_train, "_make_callback", lambda bar: Vanish())
        training = train("part.joblib", 30)
    n_epochs = len(training.history["loss"])
    assert 2 <= n_epochs < 30
    told = (
        rf"_[xy]\.wav: No such file or directory, .*; training ended after epoch {n_epochs} of 30$"
    )
    assert re.search(told, training.cut_short)
    for path in folders[0].iterdir():
        path.rename(path.with_suffix(".wav"))
    whole = train("whole.joblib", n_epochs)
    assert training.history == whole.history
    assert whole.cut_short == ""
    x = 0.1 * np.random.default_rng(1).standard_normal(16000).astype(np.float32)
    enhanced = [
        load_file(tmp_path / f"{name}.joblib").predict([x])[0] for name in ("whole", "part")
    ]
    np.testing.assert_array_equal(*enhanced)
    assert training.enhancer.n_utterances_ == training.n_pairs


def test_a_recording_that_vanishes_before_an_epoch_is_finished_is_the_error(folders, tmp_path):
    from keras.callbacks import Callback

    class Vanish(Callback):
        def __deepcopy__(self, memo):
            return self

        def on_train_begin(self, logs=None):
            for path in folders[0].iterdir():
                path.rename(path.with_suffix(".gone"))

    network = UNetRegressor(
        filters=(4,), dilations=(), top_filters=2, callbacks=[Vanish()], batch_size=1
    )
    with pytest.raises(ValueError, match="No such file"):
        train_from_folders(
            *folders, tmp_path / "m.joblib", match="^(.)_", network=network, remix=True
        )
    assert not (tmp_path / "m.joblib").exists()


def test_a_model_in_memory_stays_what_it_is(folders, tmp_path):
    """It may be saved without a regressor of its own, that is, with the default."""
    x = [np.random.default_rng(0).standard_normal(4000) for _ in range(2)]
    network = UNetRegressor(filters=(2,), dilations=(), epochs=1, random_state=0)
    enhancer = SpeechEnhancer(regressor=network, sampling_rate=16000, segment_frames=16).fit(x, x)
    enhancer.regressor = None
    joblib.dump(enhancer, tmp_path / "m.joblib")
    before = load_file(tmp_path / "m.joblib")
    parameters, predicted = repr(before), before.predict(x)[0]
    train_from_folders(
        *folders, tmp_path / "n.joblib", match="^(.)_", start_from=tmp_path / "m.joblib", epochs=2,
        validation_fraction=0.4,
    )  # fmt: skip
    after = load_file(tmp_path / "m.joblib")
    assert repr(after) == parameters
    np.testing.assert_array_equal(after.predict(x)[0], predicted)
    assert len(joblib.load(tmp_path / "n.joblib").regressor_.history_["loss"]) == 3


def test_objects_of_ones_own(folders, tmp_path, no_training):
    def loss(y_true, y_pred):
        return (y_true - y_pred) ** 2

    network, target = UNetRegressor(filters=(4,), batch_size=3), IdealMaskTarget(beta=1.0)
    enhancer, _ = no_training(
        *folders, tmp_path / "m.skse", match="^(.)_", network=network, target=target, loss=loss
    )
    regressor = enhancer.regressor
    assert (regressor.filters, regressor.batch_size, regressor.loss) == ((4,), 3, loss)
    assert (regressor.epochs, regressor.early_stopping, enhancer.target.beta) == (30, True, 1.0)


def test_a_regressor_that_is_no_network_is_trained_too(folders, tmp_path):
    training = train_from_folders(
        *folders, tmp_path / "m.joblib", network=Ridge(), match="^(.)_", progress=True
    )
    assert training.history == {}
    assert training.enhancer.regressor_.coef_.ndim == 2


def test_delays_are_told_once_and_taken_out(write, tmp_path):
    data = load_harvard(noises=["white"], snr_db=5)
    for i in range(3):
        late = np.r_[np.zeros(120), data.noisy[i]][: len(data.noisy[i])]
        folder = write(f"noisy/{i}.wav", np.stack([late, -late], 1)).parent
        write(f"clean/{i}.wav", data.clean[i])
    folders = folder, tmp_path / "clean"
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # that match_level would mend it, for example
        told = train_from_folders(*folders, tmp_path / "a.joblib", network=Ridge())
        aligned = train_from_folders(*folders, tmp_path / "b.joblib", network=Ridge(), align=True)
    assert (told.n_pairs, told.n_clean) == (6, 3)
    assert told.remarks == [
        "3 of 3 recordings lag behind their clean ones by 120 samples (15 ms): align=True "
        "(--align) takes the delay out.",
        "3 of 3 recordings have the inverted polarity of their clean ones: align=True (--align) "
        "turns it back.",
    ]
    assert aligned.remarks[0].endswith("the delay was taken out.")
    assert aligned.seconds == told.seconds - 6 * 120 / 8000
    x = data.noisy[:3]
    gains = [
        snr_score(data.clean[:3], training.enhancer.predict(x)).mean()
        for training in (told, aligned)
    ]
    assert gains[1] > gains[0] + 3


def test_channels_of_a_recording_are_never_on_both_sides(write, tmp_path, rng, monkeypatch):
    for i in range(4):
        x = 0.1 * rng.standard_normal((8000, 2))
        write(f"noisy/{i}.wav", x[: 8000 - 100 * i])
        write(f"clean/{i}.wav", x)
    seen = []
    monkeypatch.setattr(SpeechEnhancer, "fit", lambda self, X, y, groups: seen.append(groups))
    with pytest.raises(AttributeError, match="regressor_"):
        train_from_folders(tmp_path / "noisy", tmp_path / "clean", tmp_path / "m.joblib")
    assert seen[0].tolist() == [0, 0, 1, 1, 2, 2, 3, 3]


@pytest.mark.training
@pytest.mark.parametrize("remix", [False, True])
def test_training(folders, tmp_path, capsys, remix):
    network = UNetRegressor(filters=(4,), dilations=())
    (folders[0] / "broken.wav").write_text("no audio")
    (folders[0] / "README.txt").write_text("about")
    out = tmp_path / "new" / "model.joblib"
    training = train_from_folders(
        *folders, out, network=network, match="^(.)_", epochs=3, sampling_rate=8000, remix=remix,
        progress=True,
    )  # fmt: skip
    assert training.enhancer.regressor.filters == (4,)
    assert network.epochs == 25
    assert (training.n_pairs, training.n_clean, training.seconds) == (6, 3, 6.0)
    assert training.unmatched == [str(folders[0] / "broken.wav")]
    assert [path for path, _ in training.skipped] == [str(folders[0] / "README.txt")]
    assert len(training.history["loss"]) == len(training.history["val_loss"]) == 3
    bar = capsys.readouterr().err
    assert "3/3" in bar
    assert "val_loss" in bar
    enhancer = joblib.load(out)
    assert enhancer.remix is remix
    x = soundfile.read(folders[0] / "a_x.wav", dtype="float32")[0][::2]
    np.testing.assert_array_equal(enhancer.predict([x])[0], training.enhancer.predict([x])[0])


@pytest.mark.training
@pytest.mark.parametrize("stream", ["closed", "None"])
def test_without_an_error_stream(folders, tmp_path, stream):
    """Train with a bar, write both kinds of file, enhance with one that needs Keras."""
    code = f"""
        import sys
        if {stream == "None"}:
            sys.stderr = None
        assert sys.stderr is None
        import skse
        from skse.files import enhance_files, train_from_folders
        folders = {[str(folder) for folder in folders]!r}
        options = {{"match": "^(.)_", "epochs": 1, "progress": True}}
        options["network"] = skse.UNetRegressor(filters=(4,), dilations=())
        trained = train_from_folders(*folders, "m.joblib", **options)
        skse.save(trained.enhancer, "m.skse")
        results = enhance_files(folders[:1], "out", model="m.joblib", progress=True)
        print(*[result.status for result in results])
        """
    run = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=None if stream == "closed" else subprocess.PIPE,
        preexec_fn=(lambda: os.close(2)) if stream == "closed" else None,
        text=True,
        timeout=300,
    )
    assert run.stdout.split() == ["enhanced"] * 6
    assert (tmp_path / "m.skse").stat().st_size > 10_000
