"""enhance_files and score_folders on a Dask cluster give what they give here."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from skse.datasets import load_harvard
from skse.files import _enhance, _on_cluster, enhance_files, score_folders
from skse.utils import SchedulerError

distributed = pytest.importorskip("distributed")


@pytest.fixture
def folders(write, tmp_path, monkeypatch):
    """Noisy and clean recordings of unequal lengths; the current folder is above theirs."""
    monkeypatch.chdir(tmp_path)
    data = load_harvard(noises=["white"], snr_db=5)
    for i in range(6):
        for kind in ("noisy", "clean"):
            write(f"{kind}/{i}.wav", data[kind][i][: 9000 + 500 * i])
    return tmp_path


@pytest.fixture
def address(dask_cluster):
    return dask_cluster.scheduler_address


def contents(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(Path(folder).rglob("*"))
        if path.is_file()
    }


@pytest.mark.parametrize("options", [{}, {"model": "speech-8k", "strength": 0.9}])
def test_files_are_those_of_one_process(folders, address, options):
    """Of relative paths, which workers elsewhere do not know; and what is done stays done."""
    alone = enhance_files("noisy", "alone", **options)
    spread = enhance_files("noisy", "spread", scheduler=address, **options)
    assert contents("spread") == contents("alone")
    assert len(contents("spread")) == 6
    for one, other in zip(alone, spread, strict=True):
        assert one.destination.replace("alone", "spread") == other.destination
        assert (one.source, one.status, one.seconds, one.gain_db) == (
            (other.source, other.status, other.seconds, other.gain_db)
        )
    kept = {p: p.stat().st_mtime_ns for p in Path("spread").iterdir()}
    Path("spread/3.wav").unlink()
    again = enhance_files("noisy", "spread", scheduler=address, resume=True, **options)
    assert [result.status for result in again].count("skipped") == 5
    assert contents("spread") == contents("alone")
    assert [p.name for p, t in kept.items() if p.stat().st_mtime_ns != t] == ["3.wav"]


def test_a_file_that_vanishes_is_named_and_the_rest_goes_on(folders, address, monkeypatch):
    make_plan = _enhance.make_plan

    def vanish_then(*arguments, **options):
        planned = make_plan(*arguments, **options)
        Path("noisy/2.wav").unlink()
        return planned

    monkeypatch.setattr(_enhance, "make_plan", vanish_then)
    results = enhance_files("noisy", "out", scheduler=address)
    (failed,) = [result for result in results if result.status != "enhanced"]
    assert failed.source == "noisy/2.wav"
    assert failed.reason.startswith("no such file (worker tcp://")
    assert sorted(contents("out")) == ["0.wav", "1.wav", "3.wav", "4.wav", "5.wav"]


def test_a_recording_that_kills_workers_is_named_and_the_rest_goes_on(folders):
    """Its group is tried one by one."""

    class KillsWorkers:
        tried = []  # noqa: RUF012

        def share(self, settings):
            return settings

        def compute(self, function, tasks):
            for place, (process, jobs, settings) in enumerate(tasks):
                self.tried.append([job.source.name for job in jobs])
                if "4.wav" in self.tried[-1]:
                    yield place, None, SchedulerError("every worker was killed", midway=True)
                else:
                    yield place, function(process, jobs, settings), None

    class Bar:
        n = 0

        def update(self, n):
            self.n += n

    settings = _enhance.Settings(None, "wiener", None, None, None, None, (), "out")
    jobs, _ = _enhance.make_plan(["noisy"], Path("out"))
    bar, cluster, groups = Bar(), KillsWorkers(), [jobs[:3], jobs[3:]]
    results = _on_cluster.run_on_cluster(groups, settings, _enhance.process, cluster, bar)
    assert cluster.tried == [
        ["0.wav", "1.wav", "2.wav"], ["3.wav", "4.wav", "5.wav"], ["3.wav"], ["4.wav"], ["5.wav"]
    ]  # fmt: skip
    (failed,) = [result for result in results if result.status != "enhanced"]
    assert failed.source == "noisy/4.wav"
    assert failed.reason == "not enhanced by any worker: every worker was killed"
    assert sorted(contents("out")) == ["0.wav", "1.wav", "2.wav", "3.wav", "5.wav"]
    assert bar.n == 6


def test_scores_are_those_of_one_process(folders, address):
    """Of files of another rate and with a delay, too."""
    enhance_files("noisy", "out")
    options = {"noisy_dir": "noisy", "metrics": ["snr", "si_sdr", "snr_gain", "stoi"]}
    options |= {"align": True, "sampling_rate": 8000}
    alone = score_folders("clean", "out", **options, report="alone.html")
    spread = score_folders(
        "clean", "out", **options, scheduler=address, report="spread.html", csv_file="s.csv"
    )
    assert spread == alone
    assert Path("s.csv").read_text().count("\n") == 7


def test_what_vanishes_before_it_is_scored_is_named(folders, address, monkeypatch):
    from skse.files import _score

    shutil.copytree("noisy", "out")
    on_cluster = _score._score_on_cluster

    def vanish_then(*arguments):
        Path("clean/1.wav").unlink()
        return on_cluster(*arguments)

    monkeypatch.setattr(_score, "_score_on_cluster", vanish_then)
    scores = score_folders("clean", "out", metrics=["snr"], scheduler=address)
    ((path, reason),) = scores.skipped
    assert path == str(Path("out/1.wav"))
    assert reason.startswith(f"{folders}/clean/1.wav: No such file or directory")
    assert "(worker tcp://" in reason
    assert [np.isnan(row["snr"]) for row in scores.rows] == [False, True, *[False] * 4]


@pytest.mark.parametrize("n_jobs", [2])
def test_processes_here_and_workers_there_exclude_each_other(folders, n_jobs):
    with pytest.raises(ValueError, match="n_jobs and scheduler exclude each other"):
        enhance_files("noisy", "out", n_jobs=n_jobs, scheduler="tcp://127.0.0.1:1")
    with pytest.raises(ValueError, match="n_jobs and scheduler exclude each other"):
        score_folders("clean", "noisy", n_jobs=n_jobs, scheduler="tcp://127.0.0.1:1")


def test_nothing_is_written_without_a_scheduler(folders):
    with pytest.raises(SchedulerError, match="refused"):
        enhance_files("noisy", "out", scheduler="tcp://127.0.0.1:1")
    assert contents("out") == {}
