"""Run candidates: what is missing, the most informative first, while there is time."""

import sys
import time
import traceback
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from itertools import chain
from multiprocessing import get_context
from statistics import median

from skse.experiments import share_cores
from study.records import key_of


class Pace:
    """How fast this machine is, from what it has done.

    Parameters
    ----------
    candidates : list of Candidate
        All that may have been done.
    rows : list of dict
        Of the CSV.
    """

    def __init__(self, candidates, rows):
        self._ratios = {}
        seconds = {key_of(row): float(row["training_s"] or 0) for row in rows}
        for candidate in candidates:
            if seconds.get(candidate.key):
                self.learn(candidate, seconds[candidate.key])

    def learn(self, candidate, seconds):
        """Take note of how long a candidate took."""
        self._ratios.setdefault(candidate.part, []).append(seconds / candidate.effort)

    def estimate(self, candidate):
        """Seconds that a candidate will take."""
        known = self._ratios.get(candidate.part) or [*chain(*self._ratios.values())]
        return candidate.effort * (median(known) if known else 1.0)


def run(candidates, records, corpus, *, jobs=1, budget_s=None, rebuild=None, clock=time.monotonic):
    """Compute what is not in the records yet, and put it there.

    What differs in its name only from something computed before gets a copy of its rows.

    Parameters
    ----------
    candidates : list of Candidate
        In any order.
    records : Records
        What was done before, with the settings it was done with.
    corpus : Corpus
        The data.
    jobs : int, default=1
        Candidates at a time, each in a process of its own.
    budget_s : float or None, default=None
        No candidate is begun that would not end within so many seconds.
    rebuild : tuple or None, default=None
        For ``jobs > 1``: a function of the candidates' key that other processes can import, and
        its first arguments; it computes a candidate and returns scores and figures.
    clock : callable, default=time.monotonic
        For tests.

    Returns
    -------
    counts : dict of str to int
        "done", "skipped" (were there already), "left" (no time), "failed".
    """
    begin = clock()
    rows = records.read()
    pace = Pace(candidates, rows)
    finished = {(key_of(row), row["settings"]) for row in rows}
    todo = [c for c in candidates if (c.key, c.digest) not in finished]
    todo.sort(key=lambda candidate: candidate.priority)
    counts = {"done": 0, "skipped": len(candidates) - len(todo), "left": 0, "failed": 0}

    def fits(candidate):
        return budget_s is None or clock() - begin + pace.estimate(candidate) <= budget_s

    def copy(candidate):
        rows = records.same_as(candidate)
        if rows:
            records.write(candidate, rows, {})
            counts["done"] += 1
        return bool(rows)

    def finish(candidate, compute):
        try:
            scores, figures, seconds = compute()
        except Exception:
            traceback.print_exc()
            counts["failed"] += 1
            return
        records.write(candidate, scores, figures)
        pace.learn(candidate, seconds)
        counts["done"] += 1
        left = len(todo) - counts["done"] - counts["failed"] - counts["left"]
        print(f"{_title(candidate)}: {_summary(scores)}, {seconds:.0f} s; {left} to do",
              file=sys.stderr, flush=True)  # fmt: skip

    if jobs == 1:
        for candidate in todo:
            if copy(candidate):
                continue
            if fits(candidate):
                finish(candidate, lambda candidate=candidate: timed(candidate, corpus, clock))
            else:
                counts["left"] += 1
        return counts

    function, *arguments = rebuild
    with share_cores(jobs), ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        waiting, running = list(todo), {}
        while waiting or running:
            while waiting and len(running) < jobs:
                candidate = waiting.pop(0)
                if copy(candidate):
                    continue
                if fits(candidate):
                    running[pool.submit(function, *arguments, candidate.key)] = candidate
                else:
                    counts["left"] += 1
            ended, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in ended:
                finish(running.pop(future), future.result)
    return counts


def timed(candidate, corpus, clock=time.monotonic):
    """Compute a candidate; return its scores, its figures and the seconds it took."""
    begin = clock()
    scores, figures = candidate.compute(corpus)
    return scores, figures, clock() - begin


def _title(candidate):
    seed = "" if candidate.seed == "" else f"seed {candidate.seed}"
    parts = (candidate.part, candidate.name, candidate.variant, candidate.protocol, seed)
    return " | ".join(part for part in parts if part)


def _summary(scores):
    gains = [(row["snr_gain_db"], row["n_files"]) for row in scores]
    mean = sum(gain * n for gain, n in gains) / sum(n for _, n in gains)
    return f"SNR gain {mean:+.2f} dB"
