#!/usr/bin/env bash
# noisereduce 3.0.3: in stationary mode, what becomes of a channel depends on the others.
#
# reduce_noise takes several channels and gives each the noise of their mean: of channels that
# cancel each other that is none. White noise of 0.02 comes back at 0.0006 alone and beside
# itself; beside a copy of inverted polarity, as of a microphone that is wired the other way
# round, at 0.0197, as good as untouched; beside other noise, as of a second microphone, at
# 0.0034. The default, which is not stationary, treats each channel by itself.
#
# Needs Python 3.11 to 3.13 and the package index. Fails where any of this has changed.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
"${PYTHON:-python3}" -m venv "$scratch/venv"
"$scratch/venv/bin/python" -m pip install --quiet noisereduce==3.0.3 numpy==2.3.5 scipy==1.16.3
cd "$scratch"
"$scratch/venv/bin/python" - <<'PYTHON'
import numpy as np
from noisereduce import reduce_noise

rng = np.random.default_rng(0)
x, other = 0.02 * rng.standard_normal((2, 40_000))
beside = {"alone": [x], "the same": [x, x], "inverted": [x, -x], "another": [x, other]}
for stationary in (True, False):
    left = {
        name: float(reduce_noise(y=np.stack(channels), sr=8000, stationary=stationary)[0].std())
        for name, channels in beside.items()
    }
    print(stationary, {name: round(value, 5) for name, value in left.items()})
    if stationary:
        assert left["alone"] == left["the same"] < 0.001, left
        assert left["inverted"] > 0.0195, left
        assert left["another"] > 4 * left["alone"], left
    else:
        assert len(set(left.values())) == 1, left
print("as described")
PYTHON
