"""Validation, files, tables, optional imports: what every other package may use."""

from skse.utils._ahead import Ahead as Ahead
from skse.utils._cluster import Cluster, SchedulerError, open_cluster
from skse.utils._delay import Delay, find_delay
from skse.utils._digest import digest
from skse.utils._errors import UnusableFileError
from skse.utils._files import (
    list_files,
    locked,
    naming,
    remove_unlocked,
    replacing,
    walk,
    write_whole,
)
from skse.utils._handles import Scaled as Scaled
from skse.utils._handles import WaveformHandle
from skse.utils._parallel import count_jobs, default_jobs, default_threads, this_worker
from skse.utils._params import check_choice, check_number, check_sampling_rate, import_optional
from skse.utils._progress import progress_bar
from skse.utils._scratch import FileArray as FileArray
from skse.utils._store import ArrayStore
from skse.utils._tables import align, write_csv
from skse.utils._unread import UnreadWaveforms as UnreadWaveforms
from skse.utils._unread import lengths_of as lengths_of
from skse.utils._unread import pick as pick
from skse.utils._unread import rate_of as rate_of
from skse.utils._unread import views_of as views_of
from skse.utils._waveforms import (
    check_waveform,
    check_waveform_pairs,
    check_waveforms,
    restore_container,
)

__all__ = [
    "ArrayStore",
    "Cluster",
    "Delay",
    "SchedulerError",
    "UnusableFileError",
    "WaveformHandle",
    "align",
    "check_choice",
    "check_number",
    "check_sampling_rate",
    "check_waveform",
    "check_waveform_pairs",
    "check_waveforms",
    "count_jobs",
    "default_jobs",
    "default_threads",
    "digest",
    "find_delay",
    "import_optional",
    "list_files",
    "locked",
    "naming",
    "open_cluster",
    "progress_bar",
    "remove_unlocked",
    "replacing",
    "restore_container",
    "this_worker",
    "walk",
    "write_csv",
    "write_whole",
]
