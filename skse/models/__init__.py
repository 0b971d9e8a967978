"""Trained enhancers that come with skse, by name; others by path or URL."""

from skse.models._finding import find_model, load_model
from skse.models._registry import LEAST_RATE as LEAST_RATE
from skse.models._registry import ModelRecord, available_models, model_for

__all__ = ["ModelRecord", "available_models", "find_model", "load_model", "model_for"]
