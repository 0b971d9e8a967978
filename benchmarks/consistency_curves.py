"""Learning curves of paper 03: where the loss of a complex mask is taken, by steps of training.

::

    python benchmarks/consistency_curves.py --data-home DIR

trains the network of ``paper-03`` for more and more steps, with the loss on the mask, on the masked
spectrum and on the waveform behind it, and a hop of a half and of a quarter of the frame, on
NOIZEUS, protocol ``unseen``. The mask begins near 1 where the loss stands behind it; "waveform,
random start" is one that begins at random, as a mask that is learned itself does, with a hop of
half the frame. Every length is a training of its own, whose learning rate falls to its end. SNR
gain and inconsistency of all test files go to ``benchmarks/results/consistency_curves.csv``; what
is there already is not run again.
"""

import argparse
import json
import os
import sys
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
from papers_study import inconsistency_of, read

from skse import Remix, WaveformTarget
from skse.datasets import fetch_noizeus
from skse.experiments import describe
from skse.metrics import snr_gain_score
from skse.recipes import get_recipe, prepare_pairs
from skse.utils import digest, write_csv

RESULTS = Path(__file__).parent / "results" / "consistency_curves.csv"
RANDOM = "waveform, random start"
LOSSES = ("mask", "spectrum", "waveform", RANDOM)
HOPS = (128, 64)
STEPS = (25, 50, 100)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data-home", help="folder of NOIZEUS; downloaded where absent")
    parser.add_argument("--steps", type=int, nargs="*", default=STEPS)
    parser.add_argument("--out", type=Path, default=RESULTS)
    options = parser.parse_args()
    data = fetch_noizeus(data_home=options.data_home)
    rows = read(options.out)
    for n_steps in options.steps:
        for hop_length in HOPS:
            for loss_on in LOSSES[: None if hop_length == HOPS[0] else -1]:
                key = {"loss_on": loss_on, "hop_length": hop_length, "steps": n_steps}
                recipe = make_recipe(**key)
                settings = {"settings": digest(json.dumps(describe(recipe.enhancer), default=str))}
                done = {k: str(v) for k, v in (key | settings).items()}
                if any(all(row[k] == v for k, v in done.items()) for row in rows):
                    continue
                rows.append(done | train(recipe, data, hop_length))
                write_csv(rows, options.out)
                print(*rows[-1].values(), file=sys.stderr, flush=True)


class RandomStartTarget(WaveformTarget):
    """The mask is what the network says, which before training is anything."""

    def network_head(self, featurizer):
        head = super().network_head(featurizer)
        return head | {"offset": 0.0, "scale": 1.0}


def make_recipe(loss_on, hop_length, steps):
    """Return the recipe that takes so many steps."""
    recipe = get_recipe("paper-03", loss_on=loss_on.partition(",")[0])
    enhancer = recipe.enhancer
    if loss_on == RANDOM:
        enhancer.set_params(target=RandomStartTarget("complex", bound=None))
    n_times = enhancer.segment_frames * enhancer.featurizer.hop_length
    enhancer.set_params(
        featurizer__hop_length=hop_length,
        remix=Remix(n_mixtures=steps * enhancer.regressor.batch_size),
        segment_frames=n_times // hop_length,
        regressor__epochs=1,
        regressor__random_state=0,
    )
    return recipe


def train(recipe, data, hop_length):
    """Train; return the scores."""
    enhancer = recipe.enhancer
    pairs, test = prepare_pairs(data, recipe.protocol, hop_length=hop_length)
    enhancer.fit(pairs.noisy, pairs.clean)
    enhanced = enhancer.predict(test.noisy)
    return {
        "snr_gain": f"{np.mean(snr_gain_score(test.clean, enhanced, test.noisy)):.4g}",
        "inconsistency_db": f"{np.mean(inconsistency_of(enhancer, test.noisy)):.4g}",
    }


if __name__ == "__main__":
    main()
