"""Tables to be read in a terminal, and as CSV."""

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from skse.utils._files import replacing
from skse.utils.typing import FilePath


def align(lines: Iterable[Sequence[str]]) -> str:
    """Align the cells of a table in columns, the first to the left, the others to the right.

    Parameters
    ----------
    lines : sequence of sequence of str
        Cells of every line, the header first; as many in each.

    Returns
    -------
    table : str
        A line of text each.

    Examples
    --------
    >>> from skse.utils import align
    >>> print(align([["", "gain"], ["U-Net", "+6.0"], ["noisy", "+0.0 ± 0.1"]]))
                 gain
    U-Net        +6.0
    noisy  +0.0 ± 0.1
    """
    columns = list(zip(*lines, strict=True))
    padded = []
    for i, column in enumerate(columns):
        width = max(map(len, column))
        padded.append([cell.rjust(width) if i else cell.ljust(width) for cell in column])
    return "\n".join("  ".join(line).rstrip() for line in zip(*padded, strict=True))


def write_csv(rows: Sequence[dict[str, Any]], path: FilePath, **options: Any) -> None:
    """Write rows to a CSV file, whole or not at all.

    Parameters
    ----------
    rows : sequence of dict
        At least one; the keys of the first are the columns.
    path : str or path-like
        File; its folder is made where it is missing.
    **options : dict
        Of :class:`csv.DictWriter`, such as ``lineterminator``.

    Raises
    ------
    OSError
        Where it cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from skse.utils import write_csv
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_csv([{"file": "a.wav", "snr_db": 6.5}], f"{folder}/scores.csv")
    ...     Path(folder, "scores.csv").read_text().split()
    ['file,snr_db', 'a.wav,6.5']
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as part, part.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]), **options)
        writer.writeheader()
        writer.writerows(rows)
