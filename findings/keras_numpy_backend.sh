#!/usr/bin/env bash
# keras 3.15.1: the backend "numpy" does not run on NumPy: importing Keras with it imports scipy and
# jax, and keras requires neither.
#
# With keras and numpy alone, KERAS_BACKEND=numpy and "import keras" end in ModuleNotFoundError: No
# module named 'scipy'; with scipy too, in No module named 'jax', from which that backend takes its
# FFT. Whoever hopes to predict without a framework needs another runtime, such as ONNX.
#
# Needs Python 3.11 to 3.13 and the package index. Fails where any of this has changed.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
"${PYTHON:-python3}" -m venv "$scratch/venv"
python=$scratch/venv/bin/python
cd "$scratch"

missing() {  # module that is to be missed
    if KERAS_BACKEND=numpy "$python" -c 'import keras' 2>error.txt; then
        echo "keras is imported without $1 now"
        exit 1
    fi
    tail -n 1 error.txt
    grep -q "No module named '$1'" error.txt
}

"$python" -m pip install --quiet keras==3.15.1 numpy==2.4.6
"$python" -m pip show keras | grep '^Requires:'
missing scipy
"$python" -m pip install --quiet scipy==1.17.1
missing jax
echo "as described"
