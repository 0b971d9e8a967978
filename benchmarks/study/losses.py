"""Question 3: mean squared error or cross-entropy.

Masks, features and network are the same. The losses are compared seed by seed: the same seed
gives the same initial weights and the same order of batches, so that the mean difference is
known better than either mean.
"""

from scipy import stats

from skse import IdealMaskTarget, STFTFeaturizer
from study.candidates import make_enhancer, noisy_candidate, trained_candidate

PART = "losses"
PROTOCOL = "unseen"
EPOCHS = 8
N_SEEDS = 3
MASKS = ("ibm", "irm")
# Loss -> its turn: MSE against BCE is the question.
LOSSES = {"mse": 1, "binary_crossentropy": 1, "dice": 3, "bce_dice": 5, "mae": 5}
CONFIDENCE = 0.95


def candidates(options, records):
    """Return all candidates of the part."""
    found = [noisy_candidate(PART, PROTOCOL)]
    for seed in range(options.n_seeds(N_SEEDS)):
        for loss, turn in LOSSES.items():
            for mask in MASKS:
                enhancer = make_enhancer(
                    STFTFeaturizer(),
                    IdealMaskTarget(mask),
                    loss,
                    options=options,
                    epochs=EPOCHS,
                    seed=seed,
                )
                priority = turn + (seed > 0)
                found.append(
                    trained_candidate(PART, mask, loss, PROTOCOL, enhancer, priority=priority)
                )
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
