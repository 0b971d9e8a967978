#!/usr/bin/env bash
# keras 3.15.1: a copy of keras.losses.Huber(delta=0.25) is Huber(delta=1.0).
#
# copy.deepcopy rebuilds an object of Keras from get_config(), and that of Huber holds only name and
# reduction, while those of Tversky and BinaryFocalCrossentropy hold their parameters. So
# sklearn.base.clone, and with it every search and cross-validation over an estimator that has such
# a loss as a parameter, trains with another loss than was asked for, and nothing is said. Seen: the
# loss of an error of 1 is 0.21875 before, 0.5 in the copy and in the clone.
#
# Needs Python 3.11 to 3.13 and the package index. Fails where any of this has changed.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
"${PYTHON:-python3}" -m venv "$scratch/venv"
"$scratch/venv/bin/python" -m pip install --quiet keras==3.15.1 tensorflow==2.21.0 scikit-learn==1.9.1
cd "$scratch"
TF_CPP_MIN_LOG_LEVEL=3 "$scratch/venv/bin/python" - <<'PYTHON'
import copy

import keras
import numpy as np
from sklearn.base import BaseEstimator, clone


class Network(BaseEstimator):
    def __init__(self, loss=None):
        self.loss = loss


def of_an_error_of_one(loss):
    return float(loss(np.zeros((1, 1)), np.ones((1, 1))))


huber = keras.losses.Huber(delta=0.25)
seen = {
    "huber": of_an_error_of_one(huber),
    "its copy": of_an_error_of_one(copy.deepcopy(huber)),
    "its clone": of_an_error_of_one(clone(Network(huber)).loss),
}
print(keras.__version__, seen, huber.get_config())
assert seen == {"huber": 0.21875, "its copy": 0.5, "its clone": 0.5}, seen
assert "delta" not in huber.get_config()
tversky = keras.losses.Tversky(alpha=0.1)
assert copy.deepcopy(tversky).get_config()["alpha"] == 0.1
print("as described")
PYTHON
