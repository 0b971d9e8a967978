"""One comparison of networks, targets and losses: the engine of ``skse compare``."""

from skse.comparison._run import compare
from skse.comparison._subset import spread_subset
from skse.comparison._table import format_table

__all__ = ["compare", "format_table", "spread_subset"]
