"""Whatever takes arrays takes handles to them, with the same results to the bit."""

import numpy as np
import pytest
import soundfile
from sklearn.linear_model import Ridge
from sklearn.model_selection import (
    GridSearchCV,
    GroupKFold,
    cross_val_predict,
    cross_validate,
    learning_curve,
    train_test_split,
)
from sklearn.pipeline import make_pipeline

from skse import (
    IdealMaskTarget,
    LogMMSE,
    PeakNormalize,
    Remix,
    SpectrumTarget,
    SpeechEnhancer,
    STFTFeaturizer,
    UNetRegressor,
    WaveformTarget,
    oracle_predict,
)
from skse.datasets import AudioFile, make_pairs
from skse.enhancement import _training
from skse.metrics import evaluate, make_multimetric_scorer, si_sdr_scorer, snr_score
from skse.utils import FileArray, UnreadWaveforms, WaveformHandle

RATE = 8000
N_PAIRS = 9
TINY = {"filters": (4,), "dilations": (), "top_filters": 2, "epochs": 2, "random_state": 0}


@pytest.fixture
def files(tmp_path, rng):
    """Handles to ragged pairs, every third of one sentence, in 16-bit files."""
    noisy, clean = [], []
    for i in range(N_PAIRS):
        n_times = 3000 + 400 * (i // 3)
        times = np.arange(n_times)
        s = 0.1 * np.sin((0.1 + 0.05 * (i // 3)) * times) * (1 + np.sin(times / 700))
        for kind, x, handles in (
            ("clean", s, clean),
            ("noisy", s + 0.05 * rng.standard_normal(n_times), noisy),
        ):
            path = tmp_path / f"{kind}{i}.wav"
            soundfile.write(path, x, RATE)
            handles.append(AudioFile(path))
    return noisy, clean


@pytest.fixture
def arrays(files):
    return tuple([np.asarray(x) for x in handles] for handles in files)


def assert_same(one, other):
    for x, y in zip(one, other, strict=True):
        np.testing.assert_array_equal(x, y)


def weights(enhancer):
    return enhancer.regressor_.keras_model().get_weights()


def network(**parameters):
    return UNetRegressor(**{**TINY, **parameters})


ENHANCERS = {
    "mixtures": lambda: SpeechEnhancer(
        regressor=network(early_stopping=True, validation_fraction=0.4),
        remix=Remix(n_mixtures=40),
        segment_frames=16,
    ),
    "rows": lambda: SpeechEnhancer(
        target=SpectrumTarget(), regressor=network(), remix=False, segment_frames=8
    ),
    "rows of a head": lambda: SpeechEnhancer(
        STFTFeaturizer(noise_channels=("noise",)),
        WaveformTarget(),
        network(loss="snr", early_stopping=True),
        remix=False,
        segment_frames=8,
    ),
    "levels": lambda: SpeechEnhancer(regressor=Ridge(), match_level=True),
    "a target that is fitted": lambda: SpeechEnhancer(None, IdealMaskTarget("tbm"), Ridge()),
    "mixtures at once": lambda: SpeechEnhancer(regressor=Ridge(), remix=Remix(random_state=0)),
    "classical": lambda: LogMMSE(RATE),
}


@pytest.mark.parametrize("name", ENHANCERS)
def test_fit_predict_and_score(name, files, arrays):
    one, other = ENHANCERS[name]().fit(*arrays), ENHANCERS[name]().fit(*files)
    enhanced = one.predict(arrays[0])
    for _ in range(2):
        assert_same(other.predict(files[0]), enhanced)
        assert_same(other.predict(arrays[0]), enhanced)
        assert other.score(*files) == one.score(*arrays)
        if not isinstance(getattr(one, "regressor_", None), UNetRegressor):
            return
        assert_same(weights(other), weights(one))
        assert other.regressor_.history_ == one.regressor_.history_
        one.partial_fit(*arrays), other.partial_fit(*files)
        enhanced = one.predict(arrays[0])


@pytest.mark.parametrize("remix", [False, True])
def test_a_network_keeps_no_rows(files, remix, monkeypatch):
    """They are in files, and what is in memory at once does not grow with the corpus."""
    made = []

    def make(shape, dtype):
        made.append(FileArray(shape, dtype))
        return made[-1]

    monkeypatch.setattr(_training, "FileArray", make)
    enhancer = SpeechEnhancer(
        regressor=network(early_stopping=True), remix=remix, segment_frames=16
    )
    enhancer.fit(*files)
    n_rows = [len(array) for array in made]
    assert len(n_rows) == 2
    assert n_rows[0] == n_rows[1] == (6 if remix else 18)  # mixtures: those held out


def test_threads_read_while_the_network_trains(files, monkeypatch):
    import threading

    threads = set()
    original = UnreadWaveforms.read

    def read(self, *arguments):
        threads.add(threading.current_thread().name)
        return original(self, *arguments)

    monkeypatch.setattr(UnreadWaveforms, "read", read)
    SpeechEnhancer(regressor=network(), remix=True, segment_frames=16).fit(*files)
    assert any(name.startswith("ThreadPoolExecutor") for name in threads)


def test_model_selection(files, arrays):
    groups = np.arange(N_PAIRS) // 3
    enhancer = SpeechEnhancer(regressor=Ridge(), sampling_rate=RATE)
    results = []
    for X, y in (arrays, files):
        search = GridSearchCV(
            enhancer,
            {"regressor__alpha": [1.0, 10.0]},
            scoring=make_multimetric_scorer(["snr_gain", "rmse"]),
            refit="snr_gain",
            cv=GroupKFold(3),
            n_jobs=2,
        ).fit(X, y, groups=groups)
        cv = cross_validate(enhancer, X, y, groups=groups, cv=GroupKFold(3), scoring=si_sdr_scorer)
        _, train, test = learning_curve(
            enhancer, X, y, groups=groups, cv=GroupKFold(3), train_sizes=[0.5, 1.0]
        )
        results.append(
            [
                search.cv_results_["mean_test_snr_gain"],
                search.cv_results_["mean_test_rmse"],
                cv["test_score"],
                train,
                test,
                *search.predict(X),
            ]
        )
    assert_same(*results)


def test_containers_and_what_splits_them(files, arrays):
    column = np.empty(N_PAIRS, dtype=object)
    for i, x in enumerate(files[0]):
        column[i] = x
    enhancer = SpeechEnhancer(regressor=Ridge()).fit(column, tuple(files[1]))
    expected = SpeechEnhancer(regressor=Ridge()).fit(*arrays).predict(arrays[0])
    for X, kind in ((column, np.ndarray), (files[0], list), (tuple(files[0]), tuple)):
        enhanced = enhancer.predict(X)
        assert type(enhanced) is kind
        assert_same(enhanced, expected)
    parts = train_test_split(*files, random_state=0)
    assert all(isinstance(x, WaveformHandle) for part in parts for x in part)
    assert_same(
        cross_val_predict(SpeechEnhancer(regressor=Ridge()), column, files[1], cv=3),
        cross_val_predict(SpeechEnhancer(regressor=Ridge()), column, arrays[1], cv=3),
    )
    pipeline = make_pipeline(PeakNormalize(), SpeechEnhancer(regressor=Ridge(), match_level=True))
    assert_same(pipeline.fit(*files).predict(files[0]), pipeline.fit(*arrays).predict(arrays[0]))


def test_features_metrics_and_the_oracle(files, arrays):
    featurizer = STFTFeaturizer()
    assert_same(featurizer.fit_transform(files[0]), featurizer.fit_transform(arrays[0]))
    assert_same(oracle_predict(SpeechEnhancer(), *files), oracle_predict(SpeechEnhancer(), *arrays))
    options = {"sampling_rate": RATE, "metrics": ["snr", "si_sdr", "rmse", "snr_gain"]}
    scores = evaluate(files[1], files[0], files[0], **options)
    for name, values in evaluate(arrays[1], arrays[0], arrays[0], **options).items():
        np.testing.assert_allclose(scores[name], values, rtol=1e-12)
    assert snr_score(files[1][0], files[0][0]) == snr_score(arrays[1][0], arrays[0][0])


def test_mixtures_are_trained_on(files, tmp_path, rng):
    soundfile.write(tmp_path / "rain.wav", 0.1 * rng.standard_normal(20_000), RATE)
    pairs = make_pairs(
        files[1], tmp_path / "rain.wav", snr_db=[0, 5], n=12, sampling_rate=RATE, random_state=0
    )
    made = [[np.asarray(x) for x in handles] for handles in (pairs.noisy, pairs.clean)]
    one, other = (ENHANCERS["mixtures"]().fit(*data) for data in (made, (pairs.noisy, pairs.clean)))
    assert_same(weights(other), weights(one))


class TestBadInput:
    def test_a_file_that_goes_while_the_network_trains(self, files, tmp_path):
        """One line names it, and what was fitted before remains."""
        enhancer = SpeechEnhancer(regressor=network(), remix=True, segment_frames=16)
        before = enhancer.fit(*files).predict(files[0])

        import keras

        class Remove(keras.callbacks.Callback):
            def on_epoch_begin(self, epoch, logs=None):
                if epoch:
                    for path in tmp_path.glob("*.wav"):
                        path.rename(path.with_suffix(".gone"))

        enhancer.set_params(regressor__callbacks=[Remove()], regressor__epochs=30)
        with pytest.raises(ValueError, match=r"^[Xy]\[\d\]: /\S+\.wav: No such file .*path\.$"):
            enhancer.fit(*files)
        for path in tmp_path.glob("*.gone"):
            path.rename(path.with_suffix(".wav"))
        assert_same(enhancer.predict(files[0]), before)

    def test_a_file_that_changed(self, files):
        soundfile.write(files[1][4].path, np.zeros(10), RATE)
        for regressor in (Ridge(), network()):
            with pytest.raises(ValueError, match=r"^y\[4\]: /\S+clean4\.wav: changed since it was"):
                SpeechEnhancer(regressor=regressor).fit(*files)
        with pytest.raises(ValueError, match=r"^clean\[4\]: /\S+clean4\.wav: changed since it was"):
            snr_score(*files[::-1])

    def test_rates(self, files, arrays):
        slow = [AudioFile(x.path, sampling_rate=4000) for x in files[0]]
        for enhancer in (SpeechEnhancer(regressor=Ridge(), sampling_rate=16000), LogMMSE(16000)):
            with pytest.raises(ValueError, match="sampling_rate=16000, but X has 8000 Hz"):
                enhancer.fit(*files)
            with pytest.raises(ValueError, match="16000, but X is said to have 8000 Hz"):
                enhancer.fit(*arrays).predict(files[0])
        with pytest.raises(ValueError, match=r"X\[0\] and y\[0\] must be equally long"):
            SpeechEnhancer(regressor=Ridge()).fit(slow, files[1])
        slow = [AudioFile(x.path, 0, 1500, sampling_rate=4000) for x in files[0]]
        with pytest.raises(ValueError, match="X has 4000 Hz and y 8000 Hz; expected one rate"):
            SpeechEnhancer(regressor=Ridge()).fit(slow, [x[:1500] for x in files[1]])

    def test_a_disk_without_room_for_the_rows(self, files, monkeypatch):
        from types import SimpleNamespace

        monkeypatch.setattr(
            _training.shutil, "disk_usage", lambda folder: SimpleNamespace(free=10_000)
        )
        enhancer = SpeechEnhancer(regressor=network(), remix=False, segment_frames=8)
        with pytest.raises(ValueError, match=r"rows of handles take .* GB in temporary .*TMPDIR"):
            enhancer.fit(*files)
        assert not hasattr(enhancer, "chain_")
