"""The bench that comparisons, recipes and studies stand on: what they measure, keep and show."""

from skse.experiments._conditions import condition_means
from skse.experiments._describe import describe
from skse.experiments._examples import choose_examples, gather_examples, write_audio
from skse.experiments._examples import save_figure as save_figure
from skse.experiments._machine import describe_machine, peak_memory_mb
from skse.experiments._machine import share_cores as share_cores
from skse.experiments._machine import start_tensorflow as start_tensorflow
from skse.experiments._records import Record
from skse.experiments._records import read_json as read_json
from skse.experiments._records import write_json as write_json
from skse.experiments._subset import spread_subset as spread_subset
from skse.experiments._systems import Part as Part
from skse.experiments._systems import configured as configured
from skse.experiments._systems import find_part as find_part
from skse.experiments._systems import fits as fits
from skse.experiments._systems import make_system as make_system

# What is imported as itself is for the other packages of skse, and may change.
__all__ = [
    "Record",
    "choose_examples",
    "condition_means",
    "describe",
    "describe_machine",
    "gather_examples",
    "peak_memory_mb",
    "write_audio",
]
