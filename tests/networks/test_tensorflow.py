import logging
import os
import re
import subprocess
import sys
import textwrap
from threading import Thread

import pytest

from skse.networks._tensorflow import kept_back

# What TensorFlow's libraries write before they can be told not to, and what is no remark.
STAYS = re.compile(
    r"WARNING: All log messages before absl::InitializeLog|"
    r"I0000 .* (cudart_stub|port).cc|E0000 .* cuda_platform.cc|W0000 .* Ignored "
)


def run_python(code, cwd, **environment):
    told = {"TF_CPP_MIN_LOG_LEVEL", "TF_ENABLE_ONEDNN_OPTS"}  # by whoever runs the tests
    inherited = {k: v for k, v in os.environ.items() if k not in told}
    run = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        env=inherited | environment,
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert run.returncode == 0, run.stderr
    return run


@pytest.mark.training
def test_fit_save_and_export_say_nothing_of_their_own(tmp_path):
    """GELU has an operator that tf2onnx calls unsupported."""
    run = run_python(
        """
        import os
        import numpy as np, skse
        X = np.ones((2, 8, 6))
        network = skse.UNetRegressor((2,), dilations=(), epochs=1, activation="gelu")
        network.fit(X, X)
        print(os.environ.get("TF_CPP_MIN_LOG_LEVEL"))
        from skse.networks._runtime import exported
        for form in ("onnx", "litert"):
            exported(network, form)
        """,
        tmp_path,
    )
    assert run.stdout == "None\n"
    assert [line for line in run.stderr.splitlines() if not STAYS.match(line)] == []


def test_a_level_that_is_set_is_left_alone(tmp_path):
    run = run_python(
        """
        import os
        from skse.networks import load_tensorflow
        load_tensorflow(start=True)
        print(os.environ["TF_CPP_MIN_LOG_LEVEL"])
        """,
        tmp_path,
        TF_CPP_MIN_LOG_LEVEL="0",
    )
    assert run.stdout == "0\n"
    assert "instructions in performance-critical operations" in run.stderr


def test_only_what_this_thread_says_is_kept_back(caplog):
    logger = logging.getLogger("tests.of.kept_back")
    other = Thread(target=logger.error, args=("no %s, from elsewhere", "news"))
    with kept_back("tests.of.kept_back", "no news"):
        logger.error("no %s", "news")
        logger.error("news")
        other.start()
        other.join()
    logger.error("no news, later")
    assert caplog.messages == ["news", "no news, from elsewhere", "no news, later"]
    assert logger.filters == []
