"""The C header beside a network that takes frames: compiled, and compared with the JSON file."""

import json
import shutil
import subprocess

import numpy as np
import pytest
from scipy.signal import get_window

import skse

COMPILER = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
# Prints what the header holds, as JSON.
PROGRAM = """
#include <stdio.h>
#include "steps.h"
#define PRINT(name, format, n, value) \\
  printf("\\"%s\\": [", name); \\
  for (size_t i = 0; i < (n); i++) printf(i ? ", " format : format, value); \\
  printf("], ");
int main(void) {
  printf("{");
  PRINT("inputs", "\\"%s\\"", SKSE_N_INPUTS, skse_inputs[i])
  PRINT("output", "\\"%s\\"", 1, skse_output)
  PRINT("input_shape", "%lld", SKSE_RANK, (long long)skse_input_shape[i])
  PRINT("output_shape", "%lld", SKSE_OUTPUT_RANK, (long long)skse_output_shape[i])
  PRINT("state_inputs", "\\"%s\\"", SKSE_N_STATES, skse_state_inputs[i])
  PRINT("state_outputs", "\\"%s\\"", SKSE_N_STATES, skse_state_outputs[i])
  PRINT("ranks", "%zu", SKSE_N_STATES, skse_state_ranks[i])
  PRINT("sizes", "%zu", SKSE_N_STATES, skse_state_sizes[i])
  PRINT("last_dims", "%lld", SKSE_N_STATES,
        (long long)skse_state_shapes[i][skse_state_ranks[i] - 1])
  PRINT("window", "%.9g", SKSE_N_FFT, (double)skse_window[i])
  PRINT("numbers", "%d", 1, SKSE_SAMPLING_RATE)
  printf("\\"more\\": [%d, %d, %d]}", SKSE_HOP_LENGTH, SKSE_AHEAD, SKSE_NORMALIZE_LEVEL);
  return 0;
}
"""


@pytest.mark.skipif(COMPILER is None, reason="no C compiler")
@pytest.mark.parametrize(("causal", "window"), [(True, "hann"), (False, ("kaiser", 8.0))])
def test_a_compiler_reads_what_the_json_file_says(tmp_path, rng, causal, window):
    clean = rng.standard_normal((3, 4000))
    network = skse.UNetRegressor((4,), top_filters=2, causal=causal, epochs=1, random_state=0)
    enhancer = skse.SpeechEnhancer(
        skse.STFTFeaturizer(64, 32, window=window), regressor=network, sampling_rate=8000
    )
    enhancer.set_params(segment_frames=16).fit(clean + rng.standard_normal((3, 4000)), clean)
    path = enhancer.export(tmp_path / "steps.onnx", format="onnx-steps")
    told = json.loads(path.with_suffix(".json").read_text("utf-8"))
    (tmp_path / "main.c").write_text(PROGRAM)
    strict = ["-std=c99", "-Wall", "-Wextra", "-Werror", "-pedantic"]
    subprocess.run([COMPILER, *strict, "main.c", "-o", "main"], cwd=tmp_path, check=True)
    twice = '#include "steps.h"\n#include "steps.h"\nint main(void) { return 0; }\n'
    (tmp_path / "twice.c").write_text(twice)
    refused = subprocess.run([COMPILER, "-c", "twice.c"], cwd=tmp_path, capture_output=True)
    assert refused.returncode != 0
    assert b"one such header a source file" in refused.stderr
    found = json.loads(subprocess.run([tmp_path / "main"], capture_output=True, check=True).stdout)
    steps = told["steps"]
    shapes = [state["shape"] for state in steps["states"]]
    assert found["inputs"] == steps["inputs"]
    assert found["output"] == [steps["output"]]
    for name in ("input_shape", "output_shape"):
        assert found[name] == [-1 if n is None else n for n in steps[name]]
    assert found["state_inputs"] == [state["input"] for state in steps["states"]]
    assert found["state_outputs"] == [state["output"] for state in steps["states"]]
    assert found["ranks"] == [len(shape) for shape in shapes]
    assert found["sizes"] == [int(np.prod(shape)) for shape in shapes]
    assert found["last_dims"] == [shape[-1] for shape in shapes]
    np.testing.assert_allclose(found["window"], get_window(window, 64), rtol=1e-6, atol=1e-9)
    assert found["numbers"] == [8000]
    assert found["more"] == [32, steps["ahead"], int(told["normalize_level"])]


def test_an_array_for_a_window_and_no_sampling_rate(tmp_path, rng):
    clean = rng.standard_normal((3, 4000))
    window = np.hamming(64)
    network = skse.UNetRegressor((4,), top_filters=2, epochs=1, random_state=0)
    enhancer = skse.SpeechEnhancer(skse.STFTFeaturizer(64, 32, window=window), regressor=network)
    enhancer.set_params(segment_frames=16, remix=False).fit(clean, clean)
    path = enhancer.export(tmp_path / "steps.onnx", format="onnx-steps")
    text = path.with_suffix(".h").read_text()
    assert "SAMPLING_RATE" not in text
    assert f"{window[5]:.9e}f" in text
