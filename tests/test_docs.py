"""The documentation is whole and true: every name is in it, and its code runs."""

import csv
import doctest
import importlib.util
import inspect
import pkgutil
import re
import tomllib
from functools import cache
from pathlib import Path

import click
import pytest
from numpydoc.validate import validate

import skse
from skse import cli, datasets

ROOT = Path(__file__).resolve().parents[1]


def load_script(name):
    """Load a script of docs/, which no package holds."""
    spec = importlib.util.spec_from_file_location(name, ROOT / "docs" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


api_table = load_script("api_table")
PAGES = [
    ROOT / "docs" / "start.rst",
    *(
        page
        for folder in ("guide", "howto")
        for page in sorted((ROOT / "docs" / folder).glob("*.rst"))
        if page.stem != "index"
    ),
]

# Checks of numpydoc that must pass: https://numpydoc.readthedocs.io/en/latest/validation.html
CODES = {
    "GL01",  # text starts on the line after the opening quotes or on the same
    "GL03",  # double blank lines
    "GL05",  # tabs
    "GL06",  # unknown section
    "GL07",  # sections in the wrong order
    "GL08",  # no docstring
    "GL09",  # deprecation warning in the wrong place
    "SS01",  # no summary
    "SS02",  # summary does not start with a capital letter
    "SS03",  # summary does not end with a period
    "SS04",  # leading spaces in the summary
    "SS06",  # summary of more than one line
    "PR01",  # parameter without documentation
    "PR02",  # documentation without parameter
    "PR03",  # wrong order of parameters
    "PR04",  # parameter without type
    "PR06",  # wrong spelling of a type
    "PR07",  # parameter without description
    "PR08",  # description does not start with a capital letter
    "PR09",  # description does not end with a period
    "PR10",  # no space before the colon
    "SA04",  # See Also without description
}
# Where parameters are those of a class, or an example needs an extra or minutes.
EXCEPTIONS = {
    "skse.networks.Autoencoder": {"PR04"},
    "skse.networks.DenseNet": {"PR04"},
    "skse.networks.NoiseEmbedding": {"PR04"},
    "skse.networks.NoiseEmbedding.build": {"PR04"},
    "skse.networks.SEGAN": {"PR04"},
    "skse.networks.UNet": {"PR04"},
    "skse.networks.WideResNet": {"PR04"},
    "skse.metrics.pesq_score": {"EX01"},
    "skse.metrics.pesq_nb_score": {"EX01"},
    "skse.metrics.pesq_wb_score": {"EX01"},
    "skse.comparison.compare": {"EX01"},
}
# Whose examples download a corpus, train for minutes or need an extra, and are shown only.
NOT_RUN = {
    "skse.datasets.fetch_ms_snsd",
    "skse.datasets.fetch_noizeus",
    "skse.datasets.split_noizeus",
    "skse.recipes.run_recipe",
    "skse.WPE",
}


def find(name):
    package, _, last = name.rpartition(".")
    return getattr(importlib.import_module(package), last)


def find_function(name):
    """Find a public name, or what a method or property of one calls."""
    if name in api_table.NAMES:
        return find(name)
    owner, _, member = name.rpartition(".")
    value = getattr(find(owner), member)
    return value.fget if isinstance(value, property) else value


def documented():
    """Names of all classes and functions of the reference, their own methods and properties."""
    for name in api_table.NAMES:
        found = find(name)
        if inspect.isclass(found) or inspect.isfunction(found):
            yield name
        if inspect.isclass(found):
            for member, value in inspect.getmembers(found):
                function = value.fget if isinstance(value, property) else value
                home = getattr(function, "__module__", None) or ""  # a built-in method has none
                if (
                    not member.startswith("_")
                    and inspect.isroutine(function)
                    and home.startswith("skse")
                    and not fills_in(found, member, function)
                ):
                    yield f"{name}.{member}"


def fills_in(cls, member, function):
    """Whether a method has no docstring because a base class of skse documents it."""
    bases = (vars(base).get(member) for base in cls.__mro__[1:] if base.__module__[:4] == "skse")
    return function.__doc__ is None and any(getattr(base, "__doc__", None) for base in bases)


def public_packages():
    for module in pkgutil.iter_modules(skse.__path__):
        if module.name != "cli":
            yield importlib.import_module(f"skse.{module.name}")


def test_reference_names_everything_public():
    listed = [find(name) for name in api_table.NAMES]
    missing = [
        f"{package.__name__}.{name}"
        for package in [skse, *public_packages()]
        for name in package.__all__
        if not inspect.ismodule(getattr(package, name))
        and name != "__version__"
        and not any(found is getattr(package, name) for found in listed)
    ]
    assert missing == []


def test_reference_lists_every_name_once_and_as_it_is_imported():
    assert len(api_table.NAMES) == len(set(api_table.NAMES))
    for name in api_table.NAMES:
        package, _, last = name.rpartition(".")
        assert last in importlib.import_module(package).__all__
        assert package == "skse" or last not in skse.__all__


@pytest.mark.parametrize("name", list(documented()))
def test_docstring_follows_numpydoc(name):
    wanted = CODES - EXCEPTIONS.get(name, set())
    errors = [f"{code}: {text}" for code, text in validate(name)["errors"] if code in wanted]
    assert errors == []


@pytest.mark.parametrize(
    "name", [name for name in documented() if name in api_table.NAMES and ".utils." not in name]
)
def test_docstring_has_an_example(name):
    if "EX01" not in EXCEPTIONS.get(name, ()):
        assert ">>>" in inspect.getdoc(find(name)), f"{name} shows no example"


@cache
def examples_in(module):
    """Examples of the docstrings that a doctest run finds in a module, by qualified name."""
    tests = doctest.DocTestFinder().find(importlib.import_module(module), module)
    return {test.name: test.examples for test in tests}


@pytest.mark.parametrize("name", list(documented()))
def test_docstring_example_is_run(name):
    """A run of doctests finds it in the module that it is written in, and skips not all of it."""
    found = find_function(name)
    if ">>>" not in (found.__doc__ or ""):
        return
    examples = examples_in(found.__module__)[f"{found.__module__}.{found.__qualname__}"]
    run = [
        example
        for example in examples
        if not example.options.get(doctest.SKIP) and "import " not in example.source
    ]
    assert bool(run) != (name in NOT_RUN)


def test_pytest_runs_the_examples_of_the_whole_package():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["pytest"]
    assert "--doctest-modules" in settings["ini_options"]["addopts"].split()
    assert "skse" in settings["ini_options"]["testpaths"]


@pytest.mark.parametrize("name", sorted(cli.main.commands))
def test_command_is_documented(name):
    command = cli.main.commands[name]
    assert command.help
    options = [option for option in command.params if isinstance(option, click.Option)]
    assert [option.name for option in options if not option.help] == []
    assert any(f"skse {name}" in page.read_text("utf-8") for page in PAGES)


def test_cards_of_all_models_are_in_the_guide(tmp_path):
    load_script("model_cards").write_cards(tmp_path / "cards.txt")
    text = (tmp_path / "cards.txt").read_text("utf-8")
    for record in skse.models.available_models().values():
        assert f"``{record.name}``\n--" in text
        assert record.sha256 in text
    docutils = pytest.importorskip("docutils.core")
    docutils.publish_doctree(text, settings_overrides={"halt_level": 2, "report_level": 5})
    assert "model_cards.txt" in (ROOT / "docs" / "guide" / "models.rst").read_text("utf-8")


def test_scores_of_all_models_are_in_the_guide(tmp_path):
    load_script("model_cards").write_scores(tmp_path / "scores.txt")
    text = (tmp_path / "scores.txt").read_text("utf-8")
    with (ROOT / "benchmarks" / "results" / "shipped_models.csv").open(encoding="utf-8") as file:
        rows = [
            row for row in csv.DictReader(file) if row["set"] in ("NOIZEUS unseen", "wide band")
        ]
    for name in {row["enhancer"] for row in rows}:
        gains = [float(row["snr_gain_db"]) for row in rows if row["enhancer"] == name][:4]
        assert f"- {name}\n     - {'/'.join(f'{gain:.2f}' for gain in gains)}\n" in text
    docutils = pytest.importorskip("docutils.core")
    docutils.publish_doctree(text, settings_overrides={"halt_level": 2, "report_level": 5})
    assert "model_scores.txt" in (ROOT / "docs" / "guide" / "models.rst").read_text("utf-8")


@pytest.mark.training
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_code_of_the_guide_runs(page, monkeypatch):
    monkeypatch.syspath_prepend(page.parent / "own")  # files that a page shows
    failed, attempted = doctest.testfile(
        str(page),
        module_relative=False,
        optionflags=doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS,
        encoding="utf-8",
    )
    assert attempted > 0
    assert failed == 0


@pytest.mark.training
def test_example_of_the_readme_runs(monkeypatch):
    """As it is printed, but with a small network, one epoch, two folds and little data."""
    code = re.search(r"```python\n(.*?)```", (ROOT / "README.md").read_text("utf-8"), re.S)[1]
    for printed, smaller in [
        ("epochs=30", "epochs=1, filters=(4,), dilations=(), top_filters=2"),
        ("GroupKFold(3)", "GroupKFold(2)"),
    ]:
        assert code.count(printed) == 1
        code = code.replace(printed, smaller)
    data = datasets.load_harvard(noises="white", snr_db=5)
    for key in ("noisy", "clean", "sentence"):
        data[key] = data[key][:8]
    monkeypatch.setattr(datasets, "load_harvard", lambda: data)
    names = {}
    exec(code, names)
    assert [x.shape for x in names["enhanced"]] == [x.shape for x in data.noisy]
    assert len(names["search"].cv_results_["params"]) == 5


def test_continuous_integration_runs_the_command_of_the_readme():
    readme = (ROOT / "README.md").read_text("utf-8")
    assert 'python -m pip install ".[test]" && pytest' in readme
    script = (ROOT / ".ci" / "run").read_text("utf-8")
    assert 'python -m pip install --quiet ".[test]"' in script
    assert re.search(r"\bpytest\b", script)
