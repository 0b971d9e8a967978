import numpy as np
import pytest
from sklearn.linear_model import Ridge
from sklearn.utils import Bunch

from skse import IdealMaskTarget, SpeechEnhancer, STFTFeaturizer
from skse.recipes import _outputs


@pytest.fixture
def enhancer(rng):
    clean = np.sin(np.arange(3000) / 3) * np.ones((3, 1))
    noisy = clean + rng.standard_normal(clean.shape)
    return SpeechEnhancer(
        STFTFeaturizer(drop_nyquist=True),
        IdealMaskTarget("irm", imaginary="drop", part="real"),
        Ridge(),
        sampling_rate=8000,
        normalize_level=False,
    ).fit(noisy, clean)


@pytest.fixture
def examples(rng):
    clean = np.sin(np.arange(2000) / 5).astype(np.float32)
    noisy = clean + rng.standard_normal(2000).astype(np.float32)
    return {"s_car_0dB": {"noisy": noisy, "enhanced": noisy, "clean": clean}}


def test_masks_are_the_ideal_and_the_predicted(enhancer, examples, monkeypatch):
    drawn = {}
    monkeypatch.setattr(_outputs, "_draw_columns", lambda displays, *more: drawn.update(displays))
    _outputs.draw_masks(enhancer, examples, None)
    masks = drawn["s_car_0dB"].masks
    noisy, clean = ([examples["s_car_0dB"][name]] for name in ("noisy", "clean"))
    y_stft, s_stft = enhancer.featurizer.stft(np.stack([*noisy, *clean]))
    ideal = IdealMaskTarget("irm", part="real").fit_transform(y_stft[None], s_stft[None])[0]
    np.testing.assert_allclose(masks["ideal mask"], ideal, atol=1e-5)
    rows, _, _ = enhancer.chain_.rows(noisy, clean)
    predicted = enhancer.regressor_.predict(rows).T
    np.testing.assert_allclose(masks["estimated mask"], predicted[:, : ideal.shape[1]], atol=1e-4)


def test_pictures_are_written(enhancer, examples, tmp_path):
    _outputs.draw_spectrograms(examples, enhancer.featurizer, 8000, tmp_path / "spectrograms.png")
    _outputs.draw_masks(enhancer, examples, tmp_path / "masks.png")
    network = Bunch(history_={"loss": [2.0, 1.0], "val_loss": [3.0, 2.5]})
    _outputs.draw_history(network, tmp_path / "history.png")
    names = sorted(path.name for path in tmp_path.iterdir() if path.stat().st_size > 0)
    assert names == ["history.png", "masks.png", "spectrograms.png"]
