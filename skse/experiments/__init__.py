"""The bench that comparisons, recipes and studies stand on: what they measure, keep and show."""

from skse.experiments._conditions import condition_means
from skse.experiments._describe import describe
from skse.experiments._examples import choose_examples, gather_examples, save_figure, write_audio
from skse.experiments._machine import (
    describe_machine,
    peak_memory_mb,
    share_cores,
    start_tensorflow,
)
from skse.experiments._records import Record, read_json, write_json
from skse.experiments._subset import spread_subset
from skse.experiments._systems import Part, configured, find_part, fits, make_system

__all__ = [
    "Part",
    "Record",
    "choose_examples",
    "condition_means",
    "configured",
    "describe",
    "describe_machine",
    "find_part",
    "fits",
    "gather_examples",
    "make_system",
    "peak_memory_mb",
    "read_json",
    "save_figure",
    "share_cores",
    "spread_subset",
    "start_tensorflow",
    "write_audio",
    "write_json",
]
