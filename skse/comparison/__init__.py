"""One comparison of networks, targets and losses: the engine of ``skse compare``."""

from skse.comparison._run import compare
from skse.comparison._table import format_table
from skse.experiments import spread_subset

__all__ = ["compare", "format_table", "spread_subset"]
