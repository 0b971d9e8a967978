"""What becomes of every kind of value, and what is refused on either side."""

import json
import re
import zipfile

import numpy as np
import pytest
from sklearn.base import BaseEstimator
from sklearn.linear_model import Ridge
from sklearn.pipeline import Pipeline, make_pipeline

import skse
from skse.persistence import ModelFileError
from skse.persistence._archive import Archive, write_archive
from skse.persistence._classes import CannotSaveError
from skse.persistence._codec import Decoder, Encoder


class Private(BaseEstimator):
    """Not public."""


Private.__module__ = "skse.comparison._records"


def round_trip(estimator, tmp_path):
    encoder = Encoder()
    encoder.encode_estimator(estimator)
    write_archive(tmp_path / "a.skse", encoder.members)
    with Archive(tmp_path / "a.skse") as archive:
        return Decoder(archive).decode_estimator()


def assert_same(a, b):
    assert type(a) is type(b)
    if isinstance(a, np.ndarray):
        assert a.dtype == b.dtype
        np.testing.assert_array_equal(a, b)
    elif isinstance(a, (list, tuple)):
        assert len(a) == len(b)
        for x, y in zip(a, b, strict=True):
            assert_same(x, y)
    elif isinstance(a, dict):
        assert list(a) == list(b)
        for key, x in a.items():
            assert_same(x, b[key])
    else:
        assert a == b or (a != a and b != b)


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        -3,
        2**70,
        0.1,
        float("nan"),
        float("-inf"),
        "text",
        [1, (2, [3.5])],
        (),
        {"type": "array", "loss": [0.5, float("nan")]},
        np.arange(6, dtype=np.int16).reshape(2, 3).T,
        np.array(2.5),
        np.zeros((0, 3), np.float32),
        np.array([True, False]),
        np.array(["a", "bc"]),
        np.array(["a", "bc"], dtype=object),
        np.arange(3, dtype=">f8").astype("<f8")[::2],
    ],
    ids=repr,
)
def test_values_survive(value, tmp_path):
    enhancer = skse.IdentityEnhancer().fit(np.ones((1, 4)))
    enhancer.learnt_ = value
    assert_same(round_trip(enhancer, tmp_path).learnt_, value)


def test_numbers_of_numpy_become_plain(tmp_path):
    scaler = skse.FeatureScaler().fit(np.ones((2, 3)))
    scaler.learnt_ = [np.float32(0.5), np.int64(3), np.bool_(True)]
    assert_same(round_trip(scaler, tmp_path).learnt_, [0.5, 3, True])


@pytest.mark.parametrize(
    ("learnt", "message"),
    [
        (Private(), r"IdentityEnhancer.learnt_ is a .*Private"),
        ([print], r"learnt_\[0\] is a builtins.builtin_function_or_method"),
        ({1: 2}, r"learnt_ is a builtins.dict"),
        (np.array([np.nan]), r"learnt_ contains NaN"),
        (np.array([1j]), r"learnt_ is an array of complex128"),
        (np.array([print]), r"learnt_ is an array of object"),
        ({"a": {3}}, r"learnt_\['a'\] is a builtins.set"),
        (Pipeline([("a", Ridge())], memory="x"), r"learnt_ is a Pipeline with memory"),
        (make_pipeline(Private()), r"learnt_.named_steps\['private'\] is a .*Private"),
    ],
    ids=str,
)
def test_what_cannot_be_saved_is_named(learnt, message):
    enhancer = skse.IdentityEnhancer().fit(np.ones((1, 4)))
    enhancer.learnt_ = learnt
    with pytest.raises(CannotSaveError, match=message):
        Encoder().encode_estimator(enhancer)


SAVED = {"type": "part", "class": "SavedKerasObject"}
FILTER = {"type": "estimator", "class": "WienerFilter", "parameters": {}, "state": {}}


@pytest.mark.parametrize(
    ("tree", "message"),
    [
        ({**FILTER, "class": "Evil"}, "names the class 'Evil', which skse lacks"),
        ({**FILTER, "class": "os.system"}, "names the class 'os.system'"),
        ({**FILTER, "class": ["x"]}, "does not describe"),
        ({**FILTER, "parameters": {"wrong": 1}}, "does not describe"),
        ({**FILTER, "state": {"predict": 1}}, "sets WienerFilter.predict"),
        ({**FILTER, "state": {"__class__": 1}}, "sets WienerFilter.__class__"),
        ({**FILTER, "state": {"a b": 1}}, "sets WienerFilter.a b"),
        ({**FILTER, "state": 3}, "does not describe"),
        ({"type": "object"}, "holds a 'object', which skse does not know"),
        ({"type": ["x"]}, "does not describe"),
        ({}, "does not describe"),
        (3, "does not describe"),
        ({"type": "helper", "class": "Segments", "state": {}}, "holds a 'helper', which skse"),
        ({"type": "part", "class": "Popen", "state": {}}, "names the class 'Popen'"),
        ({"type": "part", "class": "WienerFilter", "state": {}}, "does not describe"),
        ({"type": "part", "class": "Chain", "state": {}}, "does not describe"),
        (
            {"type": "part", "class": "Chain", "state": {"n_frames": 4, "step": 2}},
            "not describe",
        ),
        ({**FILTER, "class": "Chain"}, "does not describe"),
        ({"type": "array", "name": "7"}, "does not describe"),
        ({"type": "sklearn", "folder": "nowhere"}, "cannot be used"),
        ({"type": "network", "folder": "nowhere"}, "no member 'nowhere/network.onnx'"),
        (
            {**SAVED, "state": {"kind": "utils", "name": "get_file", "config": None}},
            "'get_file' is not described plainly",
        ),
        (
            {
                **SAVED,
                "state": {
                    "kind": "losses",
                    "name": "Huber",
                    "config": {"type": "dict", "items": {"a": {"type": "dict", "items": {}}}},
                },
            },
            "'Huber' is not described plainly",
        ),
        ({"type": "float", "value": "evil"}, "does not describe"),
        ({"type": "strings", "items": ["a"], "object": True, "shape": [10**9]}, "not describe"),
    ],
    ids=str,
)
def test_forged_trees_are_refused(tree, message, tmp_path, forge):
    path = skse.save(skse.IdentityEnhancer().fit(np.ones((1, 4))), tmp_path / "a.skse")
    path = forge(path, {"estimator.json": json.dumps(tree).encode()})
    with pytest.raises(ModelFileError, match=re.escape(message)):
        skse.load(path)


def test_deeply_nested_trees_are_refused(tmp_path, forge):
    path = skse.save(skse.IdentityEnhancer().fit(np.ones((1, 4))), tmp_path / "a.skse")
    for text in [b"[" * 500_000, b"[" * 900 + b"]" * 900]:
        with pytest.raises(ModelFileError, match=r"is not JSON|does not describe"):
            skse.load(forge(path, {"estimator.json": text}))


def test_arrays_that_are_not_finite_or_not_there_are_refused(model_file, forge):
    from safetensors.numpy import load, save

    with zipfile.ZipFile(model_file) as archive:
        arrays = load(archive.read("arrays.safetensors"))
    name = max(arrays, key=lambda name: arrays[name].size)
    poisoned = save({**arrays, name: np.full_like(arrays[name], np.nan)})
    header = b'{"0":{"dtype":"F32","shape":[1000000000000],"data_offsets":[0,4000000000000]}}'
    huge = len(header).to_bytes(8, "little") + header
    for data, message in [
        (poisoned, "holds NaN or inf"),
        (huge, "holds no arrays"),
        ((2**62).to_bytes(8, "little"), "holds no arrays"),
        (save({}), "does not describe"),
        (None, "has no member"),
    ]:
        with pytest.raises(ModelFileError, match=message):
            skse.load(forge(model_file, {"arrays.safetensors": data}))
