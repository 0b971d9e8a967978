"""Five questions about masking and mapping, answered on NOIZEUS.

    python benchmarks/seed_study.py --data-home DIR

runs everything that ``benchmarks/results/seed_study.csv`` does not hold yet, the most informative
first. Interrupt it at any time; the same command goes on, and what was run with other settings is
run again. ``--parts ceilings,mapping`` runs some parts only, ``--budget-minutes 30`` begins nothing
that would not end in time, ``--jobs 2`` trains two networks side by side, each on half of the
cores, which takes less time than one after the other on all.

========================  =======================================================
``ceilings``              1. how far each target can go
``mapping``               2. mapping against masking
``losses``                3. squared error against cross-entropy, dice, and more
``voice``                 4. why the voice cracks
``approximation``         5. signal approximation
``selection``             6. what is best on held-out training data
``best``                  6. that, on speakers and noises never heard
``recipes``               the seed's five experiments in full
========================  =======================================================

``benchmarks/seed_study_figures.py`` makes tables and figures of the documentation from the CSV.
"""

import argparse
import os
import sys
from importlib.util import find_spec
from pathlib import Path
from time import monotonic

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
# Faster kernels, which TensorFlow chooses by itself on some processors only (onednn_speed.py).
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")

from study import approximation, best, ceilings, losses, mapping, recipes, voice
from study.candidates import Options
from study.corpus import Corpus
from study.records import Records
from study.run import run, timed

RESULTS = Path(__file__).parent / "results" / "seed_study.csv"
MODELS = Path(__file__).parent / "results" / "seed_study_models"
# Part -> what gives its candidates at every stage: a later stage needs rows or networks of those
# before, or takes so long that it comes last.
PARTS = {
    "ceilings": {0: ceilings.candidates},
    "mapping": {0: mapping.candidates},
    "losses": {0: losses.candidates},
    "voice": {0: voice.candidates},
    "approximation": {0: approximation.candidates},
    "selection": {0: best.selection_candidates},
    "best": {1: best.candidates, 2: best.ensemble_candidates},
    "recipes": {3: recipes.candidates, 4: recipes.rescaled_candidates},
}
N_STAGES = 5


def main(arguments=None):
    options = parse(arguments)
    if not find_spec("pesq"):
        print("pesq is not installed, and the column of that name will stay empty: "
              'python -m pip install ".[metrics]"', file=sys.stderr)  # fmt: skip
    corpus, records = Corpus(options.data_home, options.limit), Records(options.out)
    counts = run_parts(
        options.parts,
        study_options(options),
        corpus,
        records,
        jobs=options.jobs,
        budget_s=None if options.budget_minutes is None else 60 * options.budget_minutes,
    )
    print(f"{options.out}: " + ", ".join(f"{n} {name}" for name, n in counts.items()))
    return 1 if counts["failed"] else 0


def parse(arguments):
    parser = argparse.ArgumentParser(
        description=__doc__.partition("\n")[0],
        epilog=__doc__.partition("\n\n")[2],
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--data-home", help="folder of NOIZEUS; downloaded where absent")
    parser.add_argument("--parts", type=_parts, default=list(PARTS), help="with commas between")
    parser.add_argument("--jobs", type=_positive, default=1, help="candidates at a time")
    parser.add_argument("--budget-minutes", type=float, help="begin nothing that takes longer")
    parser.add_argument("--epochs", type=_positive, help="of every network")
    parser.add_argument("--seeds", type=_positive, help="networks that differ in the seed only")
    parser.add_argument("--recipe-epochs", type=_positive, help="of seed-04 and seed-05")
    parser.add_argument("--limit", type=_positive, help="pairs in each set, for a trial")
    parser.add_argument("--out", type=Path, default=RESULTS, help="CSV file")
    parser.add_argument("--models", type=Path, default=MODELS, help="folder of trained models")
    return parser.parse_args(arguments)


def study_options(options):
    return Options(
        epochs=options.epochs,
        seeds=options.seeds,
        recipe_epochs=options.recipe_epochs,
        models=str(options.models),
    )


def run_parts(parts, options, corpus, records, *, jobs=1, budget_s=None):
    """Run parts; return how many candidates were done, skipped, left and failed."""
    begin = monotonic()
    total = {}
    for stage in range(N_STAGES):
        makers = [PARTS[part][stage] for part in parts if stage in PARTS[part]]
        candidates = [candidate for make in makers for candidate in make(options, records)]
        counts = run(
            candidates,
            records,
            corpus,
            jobs=jobs,
            budget_s=None if budget_s is None else budget_s - (monotonic() - begin),
            rebuild=(compute, parts, options, records.path, corpus.data_home, corpus.limit),
        )
        total = {name: total.get(name, 0) + n for name, n in counts.items()}
    return total


_corpora = {}


def compute(parts, options, path, data_home, limit, key):
    """Compute one candidate in this process, which keeps the corpus for the next one."""
    corpus = _corpora.setdefault((data_home, limit), Corpus(data_home, limit))
    records = Records(path)
    candidates = [
        c for part in parts for make in PARTS[part].values() for c in make(options, records)
    ]
    return timed(next(c for c in candidates if c.key == key), corpus)


def _parts(text):
    names = text.split(",")
    if unknown := [name for name in names if name not in PARTS]:
        raise argparse.ArgumentTypeError(
            f"{', '.join(unknown)!r} is no part; choose from {', '.join(PARTS)}"
        )
    return names


def _positive(text):
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{number} must be at least 1")
    return number


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        print("Interrupted; the same command goes on from here.", file=sys.stderr)
        sys.exit(130)
