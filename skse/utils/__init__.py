"""Validation, tables, optional imports: what every other package may use."""

from skse.utils._params import check_choice, check_number, check_sampling_rate, import_optional
from skse.utils._progress import progress_bar
from skse.utils._tables import align, write_csv
from skse.utils._waveforms import (
    check_waveform,
    check_waveform_pairs,
    check_waveforms,
    restore_container,
)

__all__ = [
    "align",
    "check_choice",
    "check_number",
    "check_sampling_rate",
    "check_waveform",
    "check_waveform_pairs",
    "check_waveforms",
    "import_optional",
    "progress_bar",
    "restore_container",
    "write_csv",
]
