import numpy as np
import pytest

from skse.experiments import Record, _records, read_json, write_json

MADE_FROM = {"estimator": {"class": "A", "a": 1}, "train": "t", "test": "u", "metrics": ["rmse"]}


def test_what_is_written_is_read_back(tmp_path):
    results = {"fit_time": 1.5, "scores": {"rmse": [1.0, float("nan")]}}
    Record(tmp_path, **MADE_FROM).write(results, {"0": np.arange(3, dtype=np.float32)})
    read, waveforms = Record(tmp_path, **MADE_FROM).read()
    assert str(read) == str(results)
    assert list(waveforms) == ["0"]
    np.testing.assert_array_equal(waveforms["0"], [0, 1, 2])
    assert [path.suffix for path in tmp_path.iterdir()] == [".npz"]


@pytest.mark.parametrize(
    "change",
    [
        {"estimator": {"class": "A", "a": 2}},
        {"train": "other"},
        {"test": "other"},
        {"metrics": ["rmse", "stoi"]},
    ],
)
def test_key_depends_on_everything_that_matters(tmp_path, change):
    assert Record(tmp_path, **MADE_FROM).key != Record(tmp_path, **{**MADE_FROM, **change}).key


def test_key_depends_on_versions_and_format_and_not_on_order(tmp_path, monkeypatch):
    key = Record(tmp_path, **MADE_FROM).key
    assert Record(tmp_path, **dict(reversed(MADE_FROM.items()))).key == key
    with monkeypatch.context() as patch:
        patch.setattr(_records, "_FORMAT", 1)
        assert Record(tmp_path, **MADE_FROM).key != key
    monkeypatch.setattr(_records, "version", lambda package: "9" if package == "keras" else "0")
    assert Record(tmp_path, **MADE_FROM).key != key


@pytest.mark.parametrize("damage", [lambda c: c[:-30], lambda c: b"half", lambda c: b""])
def test_a_damaged_record_is_named_with_what_to_do(tmp_path, damage):
    record = Record(tmp_path, **MADE_FROM)
    record.write({"gain": 6.5}, {"0": np.arange(3)})
    record.path.write_bytes(damage(record.path.read_bytes()))
    with pytest.raises(OSError, match=rf"^{record.path} is damaged \(.*\); remove it"):
        record.read()


def test_a_record_that_cannot_be_read_is_named(tmp_path, monkeypatch):
    record = Record(tmp_path, **MADE_FROM)
    record.write({"gain": 6.5})

    def fail(path):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr("pathlib.Path.read_bytes", fail)
    with pytest.raises(OSError, match=f"Input/output error: '{record.path}'"):
        record.read()


def test_json_is_read_back(tmp_path):
    path = tmp_path / "settings.json"
    assert read_json(path) == {}
    write_json(path, {"settings": {"n_test": 3}})
    assert read_json(path) == {"settings": {"n_test": 3}}
    path.write_text("{half")
    assert read_json(path) == {}
