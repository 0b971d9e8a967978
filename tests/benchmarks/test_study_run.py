import csv

import pytest
from study.candidates import Candidate
from study.records import COLUMNS, Records
from study.run import Pace, run

SCORES = [
    {"noise": noise, "snr_db": 0.0, "n_files": 2, "snr_gain_db": 1.0, "stoi": float("nan")}
    for noise in ("babble", "street")
]


class Clock:
    """A clock that the candidates move."""

    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def records(tmp_path):
    return Records(tmp_path / "results" / "study.csv")


def make(name, calls, *, clock=None, takes=0.0, **changed):
    def compute(corpus):
        calls.append(name)
        if clock is not None:
            clock.now += takes
        if takes < 0:
            raise ValueError("broken")
        return SCORES, {"epochs": 3, "training_s": 1.5}

    parameters = {
        "part": "part",
        "name": name,
        "variant": "",
        "protocol": "unseen",
        "settings": {"name": name},
        "compute": compute,
        "effort": 10.0,
    }
    return Candidate(**{**parameters, **changed})


def test_csv_is_tidy(records):
    calls = []
    run([make("a", calls, seed=0), make("b, c", calls, seed=1)], records, None)
    with records.path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert tuple(rows[0]) == COLUMNS
    keys = [tuple(row[name] for name in COLUMNS[:7]) for row in rows]
    assert keys == [
        ("part", name, "", "unseen", seed, noise, "0")
        for name, seed in (("a", "0"), ("b, c", "1"))
        for noise in ("babble", "street")
    ]
    assert all(row["n_files"] == "2" and row["epochs"] == "3" for row in rows)
    assert [path.name for path in records.path.parent.iterdir()] == ["study.csv"]


def test_what_is_in_the_csv_is_not_run_again(records):
    calls = []
    candidates = [make("a", calls), make("b", calls)]
    run(candidates[:1], records, None)
    assert run(candidates, records, None) == {"done": 1, "skipped": 1, "left": 0, "failed": 0}
    assert calls == ["a", "b"]


def test_other_settings_replace_the_rows(records):
    calls = []
    run([make("a", calls), make("b", calls)], records, None)
    changed = make("a", calls, settings={"name": "a", "epochs": 2})
    assert run([changed], records, None)["done"] == 1
    rows = records.read()
    assert [row["candidate"] for row in rows] == ["b", "b", "a", "a"]
    assert {row["settings"] for row in rows if row["candidate"] == "a"} == {changed.digest}
    assert run([make("a", calls)], records, None)["done"] == 1


@pytest.mark.parametrize("jobs", [1, 2])
def test_what_differs_in_its_name_only_is_copied(records, jobs):
    calls = []
    same = {"settings": {"epochs": 3}, "seed": 0}
    run([make("a", calls, **same)], records, None)
    twin = make("b", calls, **same, part="other")
    assert run([twin], records, None, jobs=jobs, rebuild=(None,))["done"] == 1
    assert calls == ["a"]
    first, _, copied, _ = records.read()
    assert copied == first | {"part": "other", "candidate": "b"}
    assert records.holds(twin)


def test_another_seed_or_variant_is_another_candidate(records):
    calls = []
    for changed in ({"seed": 0}, {"seed": 1}, {"variant": "v"}, {"protocol": "seed-660-60"}):
        assert run([make("a", calls, **changed)], records, None)["done"] == 1
    assert len(records.read()) == 8


def test_interruption_keeps_what_is_done(records):
    calls = []

    def interrupt(corpus):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run([make("a", calls), make("b", calls, compute=interrupt)], records, None)
    assert {row["candidate"] for row in records.read()} == {"a"}


def test_failure_is_counted_and_does_not_stop_the_others(records, capsys):
    calls = []
    counts = run([make("a", calls, takes=-1), make("b", calls)], records, None)
    assert counts == {"done": 1, "skipped": 0, "left": 0, "failed": 1}
    assert "ValueError: broken" in capsys.readouterr().err
    assert {row["candidate"] for row in records.read()} == {"b"}


def test_most_informative_comes_first(records):
    calls = []
    order = {"last": 3, "first": 0, "second": 1}
    run([make(name, calls, priority=n) for name, n in order.items()], records, None)
    assert calls == ["first", "second", "last"]


def test_budget_begins_nothing_that_does_not_fit(records):
    calls, clock = [], Clock()
    candidates = [make(name, calls, clock=clock, takes=10) for name in "abcd"]
    candidates.append(make("short", calls, clock=clock, takes=1, effort=1.0, priority=1))
    counts = run(candidates, records, None, budget_s=25, clock=clock)
    assert calls == ["a", "b", "short"]
    assert counts == {"done": 3, "skipped": 0, "left": 2, "failed": 0}


def test_budget_learns_from_what_was_done_before(records):
    calls = []
    done = make("a", calls)
    records.write(done, SCORES, {"training_s": 30.0})
    other = make("b", calls)
    assert Pace([done, other], records.read()).estimate(other) == pytest.approx(30)
    assert Pace([other], records.read()).estimate(other) == 10
    assert run([done, other], records, None, budget_s=29)["left"] == 1
    assert run([done, other], records, None, budget_s=31)["done"] == 1
