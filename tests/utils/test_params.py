from numbers import Integral

import pytest

from skse.utils import check_choice, check_number, check_sampling_rate, import_optional


def test_choice_lists_what_is_allowed():
    check_choice("owner", "mask", "ibm", ("irm", "ibm"))
    for value in ("x", None, 3, ["ibm"]):
        with pytest.raises(ValueError, match=r"owner: mask=.* is not allowed; choose from 'ibm', "):
            check_choice("owner", "mask", value, ("irm", "ibm"))


@pytest.mark.parametrize("value", [0, -8000, float("nan"), float("inf"), "8000", True, None])
def test_sampling_rate_must_be_positive(value):
    with pytest.raises(ValueError, match="positive number of hertz"):
        check_sampling_rate("owner", value)


@pytest.mark.parametrize("value", [8000, 11025.0])
def test_sampling_rate_accepts_numbers(value):
    check_sampling_rate("owner", value)


@pytest.mark.parametrize("value", [-1, 1.5, "3", True, float("nan")])
def test_number_names_owner_and_parameter(value):
    with pytest.raises(ValueError, match="owner: epochs"):
        check_number("owner", "epochs", value, Integral, min_val=0)


def test_optional_import_names_the_remedy():
    assert import_optional("json", caller="me", extra="x").dumps({}) == "{}"
    with pytest.raises(ImportError, match=r'me needs no_such_thing.*"skse\[metrics\]"'):
        import_optional("no_such_thing", caller="me", extra="metrics")


def test_an_optional_import_that_lacks_another_is_not_called_absent(tmp_path, monkeypatch):
    (tmp_path / "lacking.py").write_text("import what_it_needs")
    monkeypatch.syspath_prepend(tmp_path)
    expected = r"needs lacking, which cannot be imported \(No module named 'what_it_needs'\)"
    with pytest.raises(ImportError, match=expected):
        import_optional("lacking", caller="me", extra="x")
    with pytest.raises(ImportError, match=r"needs absent\.part, which is not installed: "):
        import_optional("absent.part", caller="me", extra="x")
