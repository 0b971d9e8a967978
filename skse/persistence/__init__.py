"""Model files that cannot run code: save, load, share."""

from skse.persistence._archive import ModelFileError
from skse.persistence._model_file import get_untrusted_types, load, read_card, save

__all__ = ["ModelFileError", "get_untrusted_types", "load", "read_card", "save"]
