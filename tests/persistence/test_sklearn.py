"""Which objects of scikit-learn a model file holds."""

import io
import json
import re

import numpy as np
import pytest
from sklearn.compose import TransformedTargetRegressor
from sklearn.decomposition import PCA
from sklearn.ensemble import HistGradientBoostingRegressor, RandomForestRegressor
from sklearn.linear_model import Lasso, Ridge
from sklearn.multioutput import MultiOutputRegressor
from sklearn.neighbors import KNeighborsRegressor
from sklearn.neural_network import MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.svm import SVR

from skse.persistence._sklearn import dump_sklearn, load_sklearn

MLP = {"max_iter": 3, "hidden_layer_sizes": (4,), "random_state": 0}


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(0)
    return rng.standard_normal((40, 5)), rng.standard_normal((40, 2))


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize(
    "estimator",
    [
        Ridge(),
        MLPRegressor(**MLP),
        MLPRegressor(**MLP, solver="sgd", early_stopping=True),
        MLPRegressor(**{**MLP, "random_state": np.random.RandomState(0)}),
        make_pipeline(StandardScaler(), PCA(3), Ridge()),
        MultiOutputRegressor(Lasso()),
        TransformedTargetRegressor(Ridge(), transformer=StandardScaler()),
    ],
    ids=lambda estimator: type(estimator).__name__,
)
def test_round_trip(estimator, data):
    X, y = data
    estimator.fit(X, y)
    again = load_sklearn(dump_sklearn(estimator))
    assert np.array_equal(again.predict(X), estimator.predict(X))
    assert type(again) is type(estimator)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize(
    "make",
    [Ridge, lambda: MLPRegressor(**MLP), lambda: make_pipeline(StandardScaler(), PCA(3), Ridge())],
    ids=["Ridge", "MLPRegressor", "Pipeline"],
)
def test_the_same_training_gives_the_same_bytes(make, data):
    one, other = (dump_sklearn(estimator) for estimator in [make().fit(*data), make().fit(*data)])
    assert list(one.items()) == list(other.items())  # though objects are at other addresses


@pytest.mark.parametrize(
    ("estimator", "named"),
    [
        (RandomForestRegressor(2), "sklearn.ensemble._forest.RandomForestRegressor"),
        (MultiOutputRegressor(HistGradientBoostingRegressor(max_iter=2)), "HistGradientBoosting"),
        (KNeighborsRegressor(), "sklearn.neighbors"),
        (MultiOutputRegressor(SVR()), "sklearn.svm"),
        (make_pipeline(FunctionTransformer(np.tanh), Ridge()), r"numpy\b.*\.tanh"),
        (
            TransformedTargetRegressor(Ridge(), func=np.sinh, inverse_func=np.arcsinh),
            r"numpy\b.*\.sinh",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_compiled_structures_and_functions_are_refused(estimator, named, data):
    estimator.fit(*data)
    with pytest.raises(ValueError, match=named):
        dump_sklearn(estimator)


def forged(data, edit):
    members = dump_sklearn(Ridge().fit(*data))
    schema = json.loads(members["schema.json"])
    edit(schema)
    return {**members, "schema.json": json.dumps(schema).encode()}


@pytest.mark.parametrize(
    ("module", "name", "loader"),
    [
        ("os", "system", "FunctionNode"),
        ("builtins", "eval", "TypeNode"),
        ("subprocess", "Popen", "ObjectNode"),
        ("sklearn.linear_model.evil", "Ridge", "MethodNode"),
        ("sklearn.linear_model._ridge", "Ridge", "OperatorFuncNode"),
        ("sklearn.ensemble._forest", "RandomForestRegressor", "ObjectNode"),
        ("sklearnevil", "Ridge", "ObjectNode"),
        ("sklearn.pipeline", "PipelineX", "ObjectNode"),
        ("functools", "partial", "PartialNode"),
    ],
)
def test_forged_types_are_refused(module, name, loader, data):
    def edit(schema):
        schema.update(__module__=module, __class__=name, __loader__=loader)

    with pytest.raises(ValueError, match=f"holds a {re.escape(f'{module}.{name}')}, which"):
        load_sklearn(forged(data, edit))


def test_a_class_that_scikit_learn_lacks_is_refused(data):
    members = forged(data, lambda schema: schema.update(__class__="Evil"))
    with pytest.raises(Exception, match=r"sklearn\.linear_model\._ridge\.Evil"):
        load_sklearn(members)


def test_arrays_that_declare_too_much_are_refused(data):
    members = dump_sklearn(Ridge().fit(*data))
    name = next(name for name in members if name.endswith(".npy"))
    stream = io.BytesIO()
    header = {"descr": "<f8", "fortran_order": False, "shape": (10**12, 1000)}
    np.lib.format.write_array_header_1_0(stream, header)
    with pytest.raises(ValueError, match="array that it declares"):
        load_sklearn({**members, name: stream.getvalue()})
    stream = io.BytesIO()
    np.save(stream, np.array([print], dtype=object), allow_pickle=True)
    with pytest.raises(ValueError, match="array that it declares"):
        load_sklearn({**members, name: stream.getvalue()})


def test_members_of_other_kinds_are_refused(data):
    members = dump_sklearn(Ridge().fit(*data))
    with pytest.raises(ValueError, match="neither an array nor a description"):
        load_sklearn({**members, "x.pkl": b""})
