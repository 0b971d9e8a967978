"""The network of an enhancer, and the file that describes the rest."""

import json

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline

import skse


@pytest.fixture(scope="module")
def speech():
    rng = np.random.default_rng(0)
    clean = np.sin(0.3 * np.arange(4000)) * np.ones((3, 1))
    return clean + 0.1 * rng.standard_normal(clean.shape), clean


@pytest.fixture(scope="module")
def enhancer(speech):
    network = skse.UNetRegressor((4,), dilations=(), top_filters=2, epochs=1, random_state=0)
    return skse.SpeechEnhancer(
        skse.STFTFeaturizer(64, 32, window=np.hamming(64)),
        skse.SpectrumTarget(),
        make_pipeline(skse.FeatureScaler(), network),
        sampling_rate=8000,
        segment_frames=16,
    ).fit(*speech)


@pytest.fixture(scope="module")
def exported(enhancer, tmp_path_factory):
    """Path of the network as ONNX."""
    return enhancer.export(tmp_path_factory.mktemp("export") / "net.onnx")


def test_a_program_without_skse_can_enhance(enhancer, exported, speech):
    """Follow the description with NumPy and onnxruntime alone, up to the prediction."""
    import onnxruntime

    told = json.loads(exported.with_suffix(".json").read_text("utf-8"))
    assert told["network"] == exported.name == "net.onnx"
    assert told["sampling_rate"] == 8000
    assert told["target"]["class"] == "SpectrumTarget"
    assert told["target"]["parameters"]["scale"] == "log"
    assert (told["segment_frames"], told["segment_step"]) == (16, 12)
    assert told["input_shape"] == told["output_shape"] == [None, 33, None]
    window = told["featurizer"]["parameters"]["window"]
    np.testing.assert_allclose(window, np.hamming(64))

    features = enhancer.featurizer_.transform(speech[0])
    (scaler,) = told["before_the_network"]
    mean, scale = (np.array(scaler["fitted"][name])[:, None] for name in ("mean_", "scale_"))
    session = onnxruntime.InferenceSession(exported, providers=["CPUExecutionProvider"])
    rows = ((features - mean) / scale).astype(np.float32)
    (prediction,) = session.run(None, {session.get_inputs()[0].name: rows})
    np.testing.assert_allclose(prediction, enhancer.regressor_.predict(features), atol=1e-4)


def test_a_loaded_enhancer_exports_the_same(enhancer, exported, tmp_path):
    loaded = skse.load(skse.save(enhancer, tmp_path / "a.skse"))
    network = loaded.regressor_[-1].regressor_
    again = loaded.export(tmp_path / "net.onnx")
    assert again.read_bytes() == network.model
    files = [path.with_suffix(".json").read_text("utf-8") for path in (again, exported)]
    assert files[0] == files[1]
    litert = loaded.export(tmp_path / "c.tflite", format="litert").read_bytes()
    assert litert[4:8] == b"TFL3"


@pytest.mark.parametrize(
    ("path", "form", "message"),
    [
        (
            "net.onnx",
            "pb",
            "format='pb' is not allowed; choose from 'litert', 'onnx', 'onnx-steps'",
        ),
        ("net.tflite", "onnx", "must end in '.onnx'"),
        ("net.onnx", "litert", "must end in '.tflite'"),
        ("net.tflite", "onnx-steps", "must end in '.onnx'"),
    ],
)
def test_formats_and_names(path, form, message, enhancer, tmp_path):
    with pytest.raises(ValueError, match=message):
        enhancer.export(tmp_path / path, form)
    assert list(tmp_path.iterdir()) == []


def test_a_program_without_skse_can_enhance_a_stream(enhancer, speech, tmp_path):
    import onnxruntime

    for model in (enhancer, skse.load(skse.save(enhancer, tmp_path / "a.skse"))):
        path = model.export(tmp_path / "steps.onnx", format="onnx-steps")
        told = json.loads(path.with_suffix(".json").read_text("utf-8"))["steps"]
        assert told["input_shape"] == told["output_shape"] == [1, 33, None]
        session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
        features = enhancer.regressor_[0].transform(enhancer.featurizer_.transform(speech[0][:1]))
        n_frames, ahead = features.shape[2], told["ahead"]
        assert told["inputs"] == ["frames", "position", "length"]
        states = {state["input"]: np.zeros(state["shape"], "f4") for state in told["states"]}
        names = [told["output"], *(state["output"] for state in told["states"])]
        frames = []
        for i in range(n_frames + ahead):
            now = features[:, :, [i]] if i < n_frames else np.ones((1, 33, 1), "f4")
            place = {"position": [i], "length": [n_frames if i >= n_frames else 10**9]}
            place = {name: np.array(value) for name, value in place.items()}
            frame, *after = session.run(names, {"frames": now, **place, **states})
            states = dict(zip(states, after, strict=True))
            frames.append(frame)
        expected = enhancer.regressor_[-1].predict(features)
        np.testing.assert_allclose(
            np.concatenate(frames, axis=2)[:, :, ahead:], expected, atol=1e-5
        )


def test_a_network_of_whole_segments_has_no_steps(speech, tmp_path):
    network = skse.AutoencoderRegressor((4,), dense_units=(8,), epochs=1, random_state=0)
    featurizer = skse.STFTFeaturizer(64, 32)
    enhancer = skse.SpeechEnhancer(featurizer, regressor=network, segment_frames=16)
    with pytest.raises(ValueError, match="does not look a bounded number of frames back"):
        enhancer.fit(*speech).export(tmp_path / "steps.onnx", format="onnx-steps")
    assert list(tmp_path.iterdir()) == []


def test_only_networks_are_exported(speech, tmp_path):
    enhancer = skse.SpeechEnhancer(regressor=Ridge())
    with pytest.raises(NotFittedError):
        enhancer.export(tmp_path / "net.onnx")
    with pytest.raises(ValueError, match="the regressor is a Ridge"):
        enhancer.fit(*speech).export(tmp_path / "net.onnx")


def test_the_parts_of_a_union_are_described(speech, tmp_path):
    union = skse.FeaturizerUnion(
        [
            ("stft", skse.STFTFeaturizer(64, 32)),
            ("mel", skse.MelFeaturizer(8000, 128, 32, n_mels=8)),
        ]
    )
    network = skse.WideResNetRegressor((4,), n_blocks=1, epochs=1, random_state=0)
    enhancer = skse.SpeechEnhancer(union, regressor=network, segment_frames=16).fit(*speech)
    path = enhancer.export(tmp_path / "net.onnx")
    told = json.loads(path.with_suffix(".json").read_text("utf-8"))
    (first, stft), (second, mel) = told["featurizer"]["parameters"]["featurizers"]
    assert (first, second) == ("stft", "mel")
    assert (stft["class"], stft["parameters"]["floor_db"]) == ("STFTFeaturizer", -80)
    assert (mel["class"], mel["parameters"]["n_mels"]) == ("MelFeaturizer", 8)
    assert told["input_shape"] == [None, 33 + 8, None]
