"""Scores and recordings as one HTML page to look at, to listen to and to hand on."""

from skse.report._page import write_report

__all__ = ["write_report"]
