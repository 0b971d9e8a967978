import matplotlib as mpl
import numpy as np
import pytest
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.neural_network import MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skse import SpeechEnhancer, UNetRegressor
from skse.plotting import LearningCurveDisplay

mpl.use("agg")
plt = pytest.importorskip("matplotlib.pyplot")

HISTORY = {"loss": [3.0, 2.0, 1.0], "val_loss": [3.0, 1.0, 2.0], "learning_rate": [1, 1, 1]}


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


class Trained(Ridge):
    """A regressor that keeps losses, as the networks do."""

    def fit(self, X, y):
        self.history_ = {"loss": [2.0, 1.0]}
        return super().fit(X, y)


def test_picture():
    display = LearningCurveDisplay.from_history(HISTORY).plot()
    read = {line.get_label(): line.get_xydata().tolist() for line in display.lines_}
    assert read == {
        "Training": [[1, 3], [2, 2], [3, 1]],
        "Validation": [[1, 3], [2, 1], [3, 2]],
    }
    assert display.best_epoch == 2
    assert [text.get_text() for text in display.ax_.texts] == ["best: epoch 2"]
    display.figure_.canvas.draw()


def test_training_alone_on_given_axes():
    axes = plt.figure().subplots()
    display = LearningCurveDisplay.from_history({"loss": [1.0]}).plot(axes, log_scale=True)
    assert display.ax_ is axes
    assert axes.get_yscale() == "log"
    assert len(axes.texts) == 0


def test_losses_that_diverged():
    display = LearningCurveDisplay.from_history({"loss": [1, 2], "val_loss": [np.nan, 2]})
    assert display.best_epoch == 2
    nowhere = LearningCurveDisplay.from_history({"loss": [1], "val_loss": [np.nan]})
    assert nowhere.best_epoch is None
    nowhere.plot().figure_.canvas.draw()


def test_found_wherever_it_is(rng):
    X, y = rng.standard_normal((2, 6, 4))
    network = Trained().fit(X, y)
    pipeline = make_pipeline(StandardScaler(), Trained()).fit(X, y)
    search = GridSearchCV(make_pipeline(Trained()), {"trained__alpha": [1.0]}, cv=2).fit(X, y)
    noisy = rng.standard_normal((3, 3000))
    enhancer = SpeechEnhancer(regressor=make_pipeline(StandardScaler(), Trained()))
    for estimator in (network, pipeline, search, enhancer.fit(noisy, noisy)):
        assert LearningCurveDisplay.from_estimator(estimator).history == {"loss": [2.0, 1.0]}
    mlp = MLPRegressor(hidden_layer_sizes=(2,), max_iter=3, random_state=0)
    with pytest.warns(UserWarning, match="Maximum iterations"):
        mlp.fit(X, y)
    assert len(LearningCurveDisplay.from_estimator(mlp).history["loss"]) == 3


def test_nothing_to_show(rng):
    X, y = rng.standard_normal((2, 6, 4))
    with pytest.raises(ValueError, match="Ridge holds no losses; expected a network such as"):
        LearningCurveDisplay.from_estimator(Ridge().fit(X, y))
    for unfitted in (UNetRegressor(), SpeechEnhancer()):
        with pytest.raises(NotFittedError):
            LearningCurveDisplay.from_estimator(unfitted)


@pytest.mark.parametrize(
    ("history", "match"),
    [
        ([1.0], "history is list; expected a dict with 'loss'"),
        ({"val_loss": [1.0]}, r"history is \['val_loss'\]; expected a dict with 'loss'"),
        ({"loss": []}, "one epoch at least"),
        ({"loss": [1.0], "val_loss": [1.0, 2.0]}, "'loss': 1, 'val_loss': 2"),
    ],
)
def test_bad_history(history, match):
    with pytest.raises(ValueError, match=match):
        LearningCurveDisplay.from_history(history)


@pytest.mark.training
def test_network(rng):
    X = rng.standard_normal((8, 4))
    network = UNetRegressor(filters=(2,), dilations=(), epochs=2, early_stopping=True)
    display = LearningCurveDisplay.from_estimator(network.fit(X, X))
    assert {name: len(values) for name, values in display.history.items()} == {
        "loss": 2,
        "val_loss": 2,
    }
