import json
import logging
import os
import re
import subprocess
import sys
import textwrap
from pathlib import Path
from threading import Thread
from types import SimpleNamespace

import numpy as np
import pytest

import skse
from skse.networks._tensorflow import check_keras, kept_back, load_tensorflow

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


@pytest.fixture
def settings(monkeypatch, tmp_path):
    """Keras not imported yet, with a ``keras.json`` of one's own."""
    monkeypatch.delitem(sys.modules, "keras", raising=False)
    monkeypatch.delenv("KERAS_BACKEND", raising=False)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    return lambda **values: (tmp_path / "keras.json").write_text(json.dumps(values))


def test_another_backend_is_refused_before_keras_is_imported(settings, monkeypatch, tmp_path):
    check_keras("UNet")  # no file, no variable
    settings(backend="tensorflow", floatx="float32", epsilon=1e-7)
    check_keras("UNet")
    settings(backend="torch")
    with pytest.raises(ValueError, match=r"UNet: Keras has backend='torch'.*keras\.json"):
        check_keras("UNet")
    monkeypatch.setenv("KERAS_BACKEND", "tensorflow")
    check_keras("UNet")
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    with pytest.raises(ValueError, match=r"backend='jax'.*'tensorflow' only: unset KERAS_BACKEND"):
        check_keras("UNet")
    (tmp_path / "keras.json").write_text("{")
    monkeypatch.setenv("KERAS_BACKEND", "")
    check_keras("UNet")


@pytest.mark.parametrize(
    ("name", "value"),
    [("backend", "jax"), ("image_data_format", "channels_first"), ("floatx", "float16")],
)
def test_what_keras_was_told_in_this_process_counts(monkeypatch, name, value):
    right = {"backend": "tensorflow", "image_data_format": "channels_last", "floatx": "float32"}
    config = {key: lambda key=key: {**right, name: value}[key] for key in right}
    keras = SimpleNamespace(config=SimpleNamespace(**config))
    monkeypatch.setitem(sys.modules, "keras", keras)
    monkeypatch.setenv("KERAS_BACKEND", "tensorflow")
    network = skse.UNetRegressor(epochs=1)
    with pytest.raises(ValueError, match=f"UNetRegressor: Keras has {name}='{value}'"):
        network.fit(np.ones((2, 4, 3)), np.ones((2, 4, 3)))
    assert not hasattr(network, "regressor_")
    with pytest.raises(ValueError, match=f"skse.networks: Keras has {name}='{value}'"):
        load_tensorflow()


def test_a_model_file_predicts_whatever_the_backend(settings, monkeypatch):
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    enhancer = skse.load(Path(skse.__file__).parent / "models" / "data" / "speech-8k.skse")
    noisy = np.random.default_rng(0).standard_normal((1, 4000))
    assert np.isfinite(enhancer.predict(noisy)).all()


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"OMP_NUM_THREADS": "3", "TF_NUM_INTRAOP_THREADS": "2"}, "0 0"),
        ({"OMP_NUM_THREADS": "many"}, "0 0"),
        ({"OMP_NUM_THREADS": "3"}, "3 3"),
    ],
)
def test_workers_keep_to_their_share_of_the_cores(tmp_path, monkeypatch, environment, expected):
    monkeypatch.delenv("TF_NUM_INTRAOP_THREADS", raising=False)
    code = """
    from skse.networks._tensorflow import load_tensorflow
    load_tensorflow(start=True)
    load_tensorflow()
    import tensorflow as tf
    threads = tf.config.threading
    print(threads.get_intra_op_parallelism_threads(), threads.get_inter_op_parallelism_threads())
    """
    assert run_python(code, tmp_path, **environment).stdout.strip() == expected
