"""The example for JavaScript gives the samples that Python gives."""

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from skse import StreamingEnhancer
from skse.datasets import load_harvard
from skse.models import load_model

FOLDER = Path(__file__).resolve().parents[1] / "examples" / "javascript"
INSTALLED = (FOLDER / "node_modules").is_dir() and shutil.which("node")


@pytest.mark.skipif(not INSTALLED, reason="needs node, and npm install in examples/javascript")
@pytest.mark.parametrize("runtime", ["onnxruntime-node", "onnxruntime-web"])
@pytest.mark.parametrize("block", ["128", "1000"])
def test_the_stream_is_that_of_python(runtime, block, tmp_path):
    enhancer, noisy = load_model("speech-8k"), load_harvard().noisy[0]
    enhancer.export(tmp_path / "net.onnx", format="onnx-steps")
    noisy.astype("<f4").tofile(tmp_path / "noisy.f32")
    files = [tmp_path / name for name in ("net.onnx", "noisy.f32", "out.f32")]
    more = ["--block", block, *(["--web"] if runtime == "onnxruntime-web" else [])]
    command = ["node", "enhance.mjs", *files, "--level", "0.05", *more]
    subprocess.run(command, cwd=FOLDER, check=True, capture_output=True)
    stream = StreamingEnhancer(enhancer, level=0.05)
    expected = np.concatenate([stream.process(noisy), stream.flush()])[stream.latency_samples_ :]
    np.testing.assert_allclose(np.fromfile(files[2], "<f4"), expected, atol=1e-5)


@pytest.mark.skipif(not INSTALLED, reason="needs node, and npm install in examples/javascript")
def test_what_it_does_not_know_is_named(tmp_path):
    enhancer = load_model("speech-8k").set_params(strength=0.5)
    path = enhancer.export(tmp_path / "net.onnx", format="onnx-steps")
    command = ["node", "enhance.mjs", path, path, tmp_path / "out.f32"]
    done = subprocess.run(command, cwd=FOLDER, capture_output=True, text=True)
    assert done.returncode
    assert "needs strength to be 1, not 0.5" in done.stderr
