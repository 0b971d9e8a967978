"""The CSV: tidy, whole at any time, and asked what is done already."""

import csv
from pathlib import Path

from skse.utils import write_csv
from study.summary import METRICS

KEY = ("part", "candidate", "variant", "protocol", "seed")
COLUMNS = (
    *KEY,
    "noise",
    "snr_db",
    "n_files",
    *METRICS,
    "rmse",
    "epochs",
    "training_s",
    "n_parameters",
    "peak_memory_mb",
    "settings",
)


class Records:
    """Rows of a CSV file, one a part, candidate, protocol, seed, noise and SNR.

    Parameters
    ----------
    path : path-like
        The file; made with the first row.
    """

    def __init__(self, path):
        self.path = Path(path)

    def read(self):
        """Return all rows, as strings."""
        if not self.path.exists():
            return []
        with self.path.open(newline="", encoding="utf-8") as file:
            return list(csv.DictReader(file))

    def holds(self, candidate):
        """Tell whether a candidate with these very settings is in the file."""
        return any(
            key_of(row) == candidate.key and row["settings"] == candidate.digest
            for row in self.read()
        )

    def same_as(self, candidate):
        """Return the rows of a candidate that differs in part, name or variant only.

        The same mask occurs, for instance, in the comparison with mapping and in that of losses.
        """
        same = (candidate.protocol, str(candidate.seed), candidate.digest)
        names = ("protocol", "seed", "settings")
        found = [row for row in self.read() if tuple(row[name] for name in names) == same]
        return [row for row in found if key_of(row) == key_of(found[0])]

    def write(self, candidate, scores, figures):
        """Put in the rows of a candidate, in place of earlier ones of it.

        Parameters
        ----------
        candidate : Candidate
        scores : list of dict
            One a noise and SNR.
        figures : dict
            What is the same in all of them.
        """
        own = dict(zip(KEY, candidate.key, strict=True)) | {"settings": candidate.digest}
        rows = [row for row in self.read() if key_of(row) != candidate.key]
        rows += [{**row, **figures, **own} for row in scores]
        filled = ({**dict.fromkeys(COLUMNS, ""), **row} for row in rows)
        spelled = [{name: _spell(value) for name, value in row.items()} for row in filled]
        write_csv(spelled, self.path, lineterminator="\n")


def key_of(row):
    """Return what tells the candidate of a row from the others."""
    return tuple(row[name] for name in KEY)


def _spell(value):
    return f"{value:.5g}" if isinstance(value, float) else value
