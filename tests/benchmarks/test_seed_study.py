import json
from importlib.util import find_spec

import numpy as np
import pytest
import seed_study
from study import approximation, best, ceilings, losses, mapping, recipes, voice
from study.candidates import SCORED, Options, settings_of
from study.records import Records, key_of
from study.run import run

from skse import SpeechEnhancer, STFTFeaturizer, UNetRegressor
from skse.datasets import load_harvard
from skse.recipes import get_recipe

TINY = Options(
    epochs=1,
    seeds=1,
    n_mixtures=8,
    network={"filters": (4, 4), "top_filters": 2, "dilations": (), "bottleneck_units": None},
)


def all_candidates(options, records, parts=tuple(seed_study.PARTS)):
    return [
        candidate
        for part in parts
        for make in seed_study.PARTS[part].values()
        for candidate in make(options, records)
    ]


@pytest.fixture
def records(tmp_path):
    return Records(tmp_path / "study.csv")


@pytest.fixture
def options(tmp_path):
    return Options(models=str(tmp_path))


def test_every_candidate_has_a_name_and_settings_of_its_own(options, records):
    candidates = all_candidates(options, records)
    assert len({candidate.key for candidate in candidates}) == len(candidates)
    by_part = {}
    for candidate in candidates:
        json.dumps(candidate.settings)
        assert candidate.effort > 0
        if candidate.name != "noisy":
            by_part.setdefault((candidate.part, candidate.seed), []).append(candidate.digest)
    for digests in by_part.values():
        assert len(set(digests)) == len(digests)


def test_epochs_change_the_settings_of_trained_candidates_only(options, records):
    before = {c.key: c.digest for c in all_candidates(options, records, ["mapping", "ceilings"])}
    fewer = Options(epochs=3, models=options.models)
    after = {c.key: c.digest for c in all_candidates(fewer, records, ["mapping", "ceilings"])}
    changed = {key for key in before if before[key] != after[key]}
    assert changed == {key for key in before if key[0] == "mapping" and key[1] != "noisy"}


def test_fewer_seeds_leave_the_others_as_they_were(options, records):
    every = {c.key: c.digest for c in losses.candidates(options, records)}
    one = {c.key: c.digest for c in losses.candidates(Options(seeds=1), records)}
    assert one.items() < every.items()


def test_settings_hold_defaults_and_nothing_of_python():
    enhancer = SpeechEnhancer(
        STFTFeaturizer(), approximation.RealPartApproximation(), UNetRegressor(epochs=2)
    )
    settings = settings_of(protocol="unseen", enhancer=enhancer)
    assert settings["protocol"] == "unseen"
    described = settings["enhancer"]
    assert described["target"] == "RealPartApproximation"
    assert described["regressor__epochs"] == 2
    assert described["segment_frames"] == 64  # a default


def test_another_default_is_another_digest(options, records, monkeypatch):
    before = {c.key: c.digest for c in all_candidates(options, records, ["ceilings"])}
    init = STFTFeaturizer.__init__
    defaults = tuple(-70.0 if value == -80.0 else value for value in init.__defaults__)
    monkeypatch.setattr(init, "__defaults__", defaults)
    after = {c.key: c.digest for c in all_candidates(options, records, ["ceilings"])}
    assert {key[1] for key in before if before[key] == after[key]} == {"noisy"}


def test_rows_that_are_kept_were_run_with_the_settings_of_now(options):
    """Where skse has gained a parameter, benchmarks/seed_study_digests.py takes them over."""
    records = Records(seed_study.RESULTS)
    candidates = all_candidates(seed_study.study_options(seed_study.parse([])), records)
    digests = {candidate.key: candidate.digest for candidate in candidates}
    assert [row for row in records.read() if digests.get(key_of(row)) != row["settings"]] == []


def test_missing_pesq_is_said_first(tmp_path, monkeypatch, capsys):
    arguments = ["--parts", "mapping", "--budget-minutes", "0", "--out", str(tmp_path / "rows.csv")]
    for found, said in ((None, True), (object(), False)):
        monkeypatch.setattr(seed_study, "find_spec", lambda name, found=found: found)
        seed_study.main(arguments)
        assert ("pesq is not installed" in capsys.readouterr().err) == said


def test_unknown_part_is_named(capsys):
    with pytest.raises(SystemExit):
        seed_study.parse(["--parts", "ceilings,floors"])
    assert "'floors' is no part; choose from ceilings, mapping" in capsys.readouterr().err


def mean_gains(candidates, records, corpus):
    """Compute candidates; mean SNR gain by name and variant."""
    assert run(candidates, records, corpus)["failed"] == 0
    gains = {}
    for row in records.read():
        gains.setdefault((row["candidate"], row["variant"]), []).append(float(row["snr_gain_db"]))
    return {key: np.mean(values) for key, values in gains.items()}


def test_ceilings_rank_the_targets(options, records, corpus):
    names = ("noisy", "ibm", "psm", "complex", "real part", "real part, imaginary rescaled")
    chosen = [
        c
        for c in ceilings.candidates(options, records)
        if c.name in names and c.variant in ("", "hop 128")
    ]
    gains = {name: gain for (name, _), gain in mean_gains(chosen, records, corpus).items()}
    assert list(gains) == list(names)
    assert gains["noisy"] == pytest.approx(0, abs=1e-6)
    assert gains["complex"] > 60 > gains["psm"] > gains["ibm"] > 0
    assert gains["real part, imaginary rescaled"] > gains["real part"]


def test_mending_the_seeds_system_helps(options, records, corpus):
    candidates = voice.candidates(options, records)
    variants = ("", "without imaginary part dropped", "with the clean phase")
    chosen = [c for c in candidates if c.part == voice.PART and c.variant in variants]
    gains = mean_gains(chosen, records, corpus)
    assert gains["seed's system", ""] < gains["seed's system", variants[1]]
    assert gains["good system", variants[2]] > gains["good system", ""] > 0


def test_systems_of_the_voice_differ_in_one_property_each():
    properties = voice.PROPERTIES.values()
    assert all(getattr(voice.GOOD, p) != getattr(voice.SEEDS, p) for p in properties)
    assert voice.GOOD.phase == voice.SEEDS.phase == "noisy"
    for (name, variant), system in voice.systems().items():
        base = voice.SEEDS if name == "seed's system" else voice.GOOD
        differing = [p for p in (*properties, "phase") if getattr(system, p) != getattr(base, p)]
        assert len(differing) == bool(variant)


def test_resampling_there_and_back_changes_little(rng):
    x = [np.sin(np.arange(n) / 3).astype(np.float32) for n in (4001, 5000)]
    process, undo = voice.resampling(16000)
    back = undo(process(x), x)
    assert [len(w) for w in process(x)] == [8002, 10000]
    for original, w in zip(x, back, strict=True):
        assert np.abs(w - original)[200:-200].max() < 1e-3


def test_paired_difference():
    mean, low, high, n = losses.paired_difference({0: 3, 1: 4, 2: 8}, {0: 1, 1: 3, 2: 5, 3: 0})
    assert (mean, n) == (2, 3)
    half = 4.302653 * 1 / np.sqrt(3)  # Student's t with two degrees of freedom, deviation 1
    assert (low, high) == (pytest.approx(2 - half), pytest.approx(2 + half))
    assert np.isnan(losses.paired_difference({0: 1}, {0: 3})[1])


def test_configuration_is_chosen_by_held_out_gain(records, options):
    def write(names, gain):
        for candidate in best.selection_candidates(options, records):
            if candidate.name in names:
                scores = [{"noise": "car", "snr_db": 0, "n_files": 10, "snr_gain_db": gain}]
                records.write(candidate, scores, {})

    first = [name for name, c in best.configurations().items() if c.priority == 1]
    write(["noisy"], 9.0)
    write(first[1:], 3.0)
    assert best.choose(records, options) is None
    assert [c.name for c in best.candidates(options, records)] == ["noisy"]
    write(first[:1], 4.0)
    assert best.choose(records, options) == first[0]
    write(["psm, 64 ms"], 5.0)
    assert best.choose(records, options) == "psm, 64 ms"
    assert {c.name for c in best.candidates(options, records)} == {"noisy", "psm, 64 ms"}
    # Other settings: what was chosen with these does not count.
    assert best.choose(records, Options(epochs=1, models=options.models)) is None


def test_rescaled_networks_are_those_that_were_trained(options, records):
    ran = {c.name: c for c in recipes.candidates(options, records)}
    for meant in recipes.rescaled_candidates(options, records):
        first = ran[meant.name]
        assert (first.variant, meant.variant) == ("5 epochs", "5 epochs, rescaled")
        assert meant.compute.arguments[:4] == first.compute.arguments[:4]
        one, other = (c.settings["enhancer"] for c in (first, meant))
        assert {key for key in one if one[key] != other[key]} == {"target__imaginary"}
        out = first.compute.arguments[3]
        assert meant.effort == first.effort
        out.mkdir(parents=True)
        (out / "enhancer.joblib").touch()
    for meant in recipes.rescaled_candidates(options, records):
        assert meant.effort < ran[meant.name].effort


@pytest.mark.training
class TestTraining:
    @pytest.mark.parametrize(
        ("module", "name", "variant"),
        [
            (mapping, "log", "mapping"),
            (losses, "ibm", "bce_dice"),
            (voice, "seed's system", "without imaginary part dropped"),
            (approximation, "seed's way", ""),
        ],
        ids=["mapping", "losses", "voice", "approximation"],
    )
    def test_candidate_trains(self, module, name, variant, records, corpus):
        wanted = (name, variant)
        candidates = module.candidates(TINY, records)
        chosen = [
            c for c in candidates if (c.name, c.variant) == wanted and "epochs" in str(c.settings)
        ][:1]
        assert run(chosen, records, corpus)["done"] == 1
        rows = records.read()
        assert {row["epochs"] for row in rows} == {"1"}
        assert all(int(row["n_parameters"]) > 0 and float(row["training_s"]) >= 0 for row in rows)
        assert all(np.isfinite(float(row["snr_gain_db"])) for row in rows)

    def test_recipe_is_trained_once(self, tmp_path, monkeypatch):
        """As it ran, then as it was meant: with the same network."""
        monkeypatch.setattr(recipes, "fetch_noizeus", lambda data_home: load_harvard())
        small = get_recipe("seed-04")
        small.enhancer.set_params(
            regressor__filters=(4, 4), regressor__decoder_filters=(4, 4),
            regressor__bottleneck_filters=4,
        )  # fmt: skip
        run = recipes.recipes.run_recipe
        monkeypatch.setattr(
            recipes.recipes, "run_recipe", lambda name, *x, **more: run(small, *x, **more)
        )
        monkeypatch.setattr("skse.recipes._run._write", lambda *arguments: [])
        arguments = (None, 8, "seed-04", 1, 0, tmp_path)
        ran, figures = recipes.run_recipe(*arguments, False)
        time = (tmp_path / "enhancer.joblib").stat().st_mtime_ns
        meant, again = recipes.run_recipe(*arguments, True)
        assert (tmp_path / "enhancer.joblib").stat().st_mtime_ns == time
        assert figures == again
        assert figures["epochs"] == 1
        assert set(ran[0]) == {"noise", "snr_db", "n_files", *SCORED.values()} - (
            set() if find_spec("pesq") else {"pesq"}
        )
        assert [row["snr_gain_db"] for row in ran] != [row["snr_gain_db"] for row in meant]

    def test_best_is_selected_trained_and_averaged(self, records, corpus, tmp_path, monkeypatch):
        few = {name: c for name, c in best.configurations().items() if name == "irm, beta 1, 32 ms"}
        monkeypatch.setattr(best, "configurations", lambda: few)
        options = Options(**{**vars(TINY), "seeds": 2, "models": str(tmp_path / "models")})
        counts = seed_study.run_parts(["selection", "best"], options, corpus, records)
        assert counts == {"done": 6, "skipped": 0, "left": 0, "failed": 0}
        rows = [row for row in records.read() if row["part"] == "best"]
        assert {(row["candidate"], row["variant"], row["seed"]) for row in rows} == {
            ("noisy", "", ""),
            ("irm, beta 1, 32 ms", "", "0"),
            ("irm, beta 1, 32 ms", "", "1"),
            ("irm, beta 1, 32 ms", best.ENSEMBLE, ""),
        }
        models = list((tmp_path / "models").glob("best_unseen_*.joblib"))
        assert len(models) == 2
        assert seed_study.run_parts(["selection", "best"], options, corpus, records)["done"] == 0

        # Without its file a network is trained again, but only where it is needed.
        models[0].unlink()
        assert seed_study.run_parts(["best"], options, corpus, records)["done"] == 0
        lines = records.path.read_text().splitlines(keepends=True)
        records.path.write_text("".join(line for line in lines if best.ENSEMBLE not in line))
        assert seed_study.run_parts(["best"], options, corpus, records)["done"] == 1
        assert models[0].exists()
        again = [row["snr_gain_db"] for row in records.read() if row["variant"] == best.ENSEMBLE]
        before = [row["snr_gain_db"] for row in rows if row["variant"] == best.ENSEMBLE]
        np.testing.assert_allclose(np.double(again), np.double(before), atol=0.01)
