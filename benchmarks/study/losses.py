"""Question 3: mean squared error or cross-entropy.

Masks, features and network are the same. The losses are compared seed by seed: the same seed
gives the same initial weights and the same order of batches, so that the mean difference is
known better than either mean.
"""

from itertools import product

from scipy import stats

from skse import IdealMaskTarget, STFTFeaturizer
from study.candidates import make_enhancer, noisy_candidate, trained_candidate

PART = "losses"
PROTOCOL = "unseen"
EPOCHS = 8
MASKS = ("ibm", "irm")
# Loss -> so many seeds; the first two are the question.
N_SEEDS = {"mse": 3, "binary_crossentropy": 3, "dice": 3, "bce_dice": 1, "mae": 1}
CONFIDENCE = 0.95


def candidates(options, records):
    """Return all candidates of the part."""
    found = [noisy_candidate(PART, PROTOCOL)]
    for loss, n_seeds in N_SEEDS.items():
        for seed, mask in product(range(options.n_seeds(n_seeds)), MASKS):
            enhancer = make_enhancer(
                STFTFeaturizer(),
                IdealMaskTarget(mask, beta=0.5),
                loss,
                options=options,
                epochs=EPOCHS,
                seed=seed,
            )
            priority = 1 + seed + 2 * (loss not in ("mse", "binary_crossentropy"))
            found.append(trained_candidate(PART, mask, loss, PROTOCOL, enhancer, priority=priority))
    return found


def paired_difference(first, second):
    """Mean difference of two losses over seeds, with its confidence interval.

    Parameters
    ----------
    first, second : dict of int to float
        Score by seed. Seeds that are in one only do not count.

    Returns
    -------
    mean, low, high : float
        Of ``first - second``; the interval of Student's t. NaN bounds with one seed.
    n : int
        Seeds in both.
    """
    seeds = sorted(first.keys() & second.keys())
    differences = [first[seed] - second[seed] for seed in seeds]
    mean = sum(differences) / len(differences)
    if len(seeds) < 2:
        return mean, float("nan"), float("nan"), len(seeds)
    interval = stats.ttest_1samp(differences, 0).confidence_interval(CONFIDENCE)
    return mean, float(interval.low), float(interval.high), len(seeds)
