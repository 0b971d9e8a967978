"""Recordings in files and folders: the engines of ``skse enhance``, ``train`` and ``score``."""

from skse.files._choice import METHODS
from skse.files._enhance import enhance_files
from skse.files._model_io import ModelError
from skse.files._rescue import NotSavedError
from skse.files._results import FileResult
from skse.files._score import score_folders
from skse.files._train import train_from_folders

__all__ = [
    "METHODS",
    "FileResult",
    "ModelError",
    "NotSavedError",
    "enhance_files",
    "score_folders",
    "train_from_folders",
]
