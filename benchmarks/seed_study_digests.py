"""Take over the rows of the study where only the description of their settings has changed.

    git worktree add ../before REVISION
    python benchmarks/seed_study_digests.py ../before

A row of ``benchmarks/results/seed_study.csv`` counts where its column ``settings`` holds the
digest of the settings of now, defaults included. Where skse has gained a parameter whose default
changes nothing, that digest is another one, although what was run is not. Rows that hold the digest
of the settings of the checkout ``../before`` get that of the same candidate now. It is for whoever
runs this to know that both do the same.
"""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

from seed_study import RESULTS
from seed_study_figures import all_candidates
from study.records import Records, key_of

from skse.utils import write_csv

# What was run under a name that now means something else -> its variant now.
RENAMED = {
    ("recipes", name, "5 epochs", "seed-660-60", "0"): "5 epochs, rescaled"
    for name in ("seed-04", "seed-05")
}
_LIST = """
import json, sys
from pathlib import Path
sys.path.insert(0, str(Path("benchmarks").resolve()))
from seed_study_figures import all_candidates
from study.records import Records
candidates = all_candidates(Records(sys.argv[1]))
print(json.dumps([[candidate.key, candidate.digest] for candidate in candidates]))
"""


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("before", type=Path, help="checkout whose settings the rows hold")
    parser.add_argument("--csv", type=Path, default=RESULTS)
    options = parser.parse_args(arguments)
    records = Records(options.csv)
    listed = subprocess.run(
        [sys.executable, "-c", _LIST, str(options.csv.resolve())],
        cwd=options.before,
        env={**os.environ, "PYTHONPATH": str(options.before.resolve())},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    before = {tuple(key): digest for key, digest in json.loads(listed.stdout.splitlines()[-1])}
    rows = records.read()
    valid = [row for row in rows if before.get(key_of(row)) == row["settings"]]
    for row in valid:
        row["variant"] = RENAMED.get(key_of(row), row["variant"])
    # Which candidates there are depends on the rows: a part after the other.
    n_changed = len(valid)
    while n_changed:
        write_csv(rows, options.csv, lineterminator="\n")
        now = {candidate.key: candidate.digest for candidate in all_candidates(records)}
        n_changed = 0
        for row in valid:
            digest = now.get(key_of(row), row["settings"])
            n_changed += row["settings"] != digest
            row["settings"] = digest
    print(f"{options.csv}: {len(valid)} of {len(rows)} rows taken over")


if __name__ == "__main__":
    main()
