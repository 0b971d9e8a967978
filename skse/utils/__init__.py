"""Validation, files, tables, optional imports: what every other package may use."""

from skse.utils._audio import UnusableFileError, open_audio, read_blocks
from skse.utils._digest import digest
from skse.utils._files import list_files, naming, replacing, walk, write_whole
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
    "UnusableFileError",
    "align",
    "check_choice",
    "check_number",
    "check_sampling_rate",
    "check_waveform",
    "check_waveform_pairs",
    "check_waveforms",
    "digest",
    "import_optional",
    "list_files",
    "naming",
    "open_audio",
    "progress_bar",
    "read_blocks",
    "replacing",
    "restore_container",
    "walk",
    "write_csv",
    "write_whole",
]
