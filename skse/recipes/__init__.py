"""The named systems of a published study, ready to train: what they are, and their data.

Every recipe is a function that returns an enhancer with all of its parameters and the
protocol of its data; :func:`run_recipe` trains and scores one.
"""

from skse.recipes._data import prepare_pairs
from skse.recipes._papers import paper_02, paper_03, paper_04, paper_05
from skse.recipes._registry import get_recipe, list_recipes
from skse.recipes._run import run_recipe
from skse.recipes._scores import format_scores
from skse.recipes._seed import seed_01, seed_02, seed_03_bce, seed_03_mse, seed_04, seed_05
from skse.recipes._todo import todo_unet_ibm, todo_unet_irm, todo_unet_phase, todo_unet_real

__all__ = [
    "format_scores",
    "get_recipe",
    "list_recipes",
    "paper_02",
    "paper_03",
    "paper_04",
    "paper_05",
    "prepare_pairs",
    "run_recipe",
    "seed_01",
    "seed_02",
    "seed_03_bce",
    "seed_03_mse",
    "seed_04",
    "seed_05",
    "todo_unet_ibm",
    "todo_unet_irm",
    "todo_unet_phase",
    "todo_unet_real",
]
