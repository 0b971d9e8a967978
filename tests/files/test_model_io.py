import copy
import os
import pickle

import joblib
import pytest
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV

from skse import LogMMSE, SpeechEnhancer
from skse.files import ModelError
from skse.files._model_io import load_model, save_model


def test_what_is_saved_is_loaded_once(enhancer, tmp_path):
    path = tmp_path / "new" / "model.joblib"
    save_model(enhancer, path)
    assert os.listdir(path.parent) == ["model.joblib"]
    loaded = load_model(path)
    assert load_model(str(path)) is loaded
    assert loaded.get_params()["regressor"].get_params() == Ridge().get_params()
    assert load_model(enhancer) is enhancer


def test_trust_of_before_does_not_count(own_model):
    _, path = own_model
    trusted = ["ownfilter.OwnFilter"]
    assert type(load_model(path, trusted)).__name__ == "OwnFilter"
    assert load_model(path, trusted) is load_model(path, tuple(trusted))
    with pytest.raises(ModelError, match=r"own.skse cannot be loaded: it needs classes that are"):
        load_model(path)
    with pytest.raises(ModelError, match="must be a list of names"):
        load_model(path, trusted[0])


def test_another_model_of_the_same_name_is_loaded_anew(enhancer, tmp_path):
    path = tmp_path / "model.joblib"
    save_model(enhancer, path)
    load_model(path)
    joblib.dump(LogMMSE().fit([[0.0, 1.0]]), path)
    assert isinstance(load_model(path), LogMMSE)


def test_the_best_of_a_search(enhancer, rng):
    x = list(rng.standard_normal((4, 2000)))
    search = GridSearchCV(LogMMSE(), {"n_fft": [256]}, cv=2).fit(x, x)
    assert load_model(search) is search.best_estimator_


class Refusing:
    def __reduce__(self):
        return int, ("no number\nat all",)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "no such file"),
        (b"", "cannot be loaded"),
        (b"not a pickle", "cannot be loaded"),
        (pickle.dumps(LogMMSE())[:-9], "cannot be loaded"),
        (pickle.dumps(Refusing()), "cannot be loaded"),
        (pickle.dumps({"a": 1}), "holds dict; expected a fitted enhancer of skse"),
        (pickle.dumps(Ridge()), "holds Ridge; expected a fitted enhancer of skse"),
        (pickle.dumps(LogMMSE()), "LogMMSE is not fitted"),
        (pickle.dumps(SpeechEnhancer()), "SpeechEnhancer is not fitted"),
    ],
)
def test_what_cannot_be_used_is_one_line(tmp_path, content, message):
    path = tmp_path / "model.joblib"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ModelError, match=message) as error:
        load_model(path)
    assert str(error.value).startswith(f"{path}: ")
    assert "\n" not in str(error.value)


def test_a_model_that_was_edited_is_one_line_too(tmp_path, enhancer):
    for name, value, message in [
        ("strength", "x", "SpeechEnhancer: strength must be an instance of float"),
        ("sampling_rate_", None, "no attribute 'sampling_rate_'"),
    ]:
        edited = copy.copy(enhancer)
        if value is None:
            del edited.sampling_rate_
        else:
            setattr(edited, name, value)
        path = tmp_path / f"{name}.joblib"
        path.write_bytes(pickle.dumps(edited))
        with pytest.raises(ModelError, match=rf"^{path}: cannot be used: .*{message}"):
            load_model(path)


def test_other_names(enhancer, tmp_path):
    with pytest.raises(ValueError, match=r"model.pkl: a model file must be named \.skse or"):
        save_model(enhancer, tmp_path / "model.pkl")
