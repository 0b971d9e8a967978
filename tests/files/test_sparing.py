from dataclasses import replace

import numpy as np
import pytest
import soundfile
import soxr

from skse.datasets import load_harvard
from skse.files import _sparing, enhance_files
from skse.files._choice import Settings
from skse.files._sparing import least_taken, taken_db
from skse.models import available_models

NOTHING = {name: None for name in ("model", "method", "noise", "strength", "mask_floor_db")}


def settings(**given):
    made = Settings(sampling_rate=None, trusted=(), scratch_folder=".", **NOTHING | given)
    made.check()
    made.find()
    return made


@pytest.mark.parametrize("n_times", [1, 2**16, 2**16 + 1])
def test_what_is_taken_is_energy_of_all_channels(n_times, rng):
    x = rng.standard_normal((2, n_times)).astype(np.float32)
    assert taken_db(x, 0.99 * x) == pytest.approx(-40, abs=1e-3)
    share = 1e-4 * np.sum(np.float64(x[1]) ** 2) / np.sum(np.float64(x) ** 2)
    assert taken_db(x, [x[0], 0.99 * x[1]]) == pytest.approx(10 * np.log10(share), abs=1e-3)


def test_nothing_taken_and_nothing_there():
    x = np.ones(10, np.float32)
    assert taken_db([x], [x]) == -np.inf
    assert taken_db([0 * x], [0 * x]) == np.inf


def test_twice_what_is_taken_from_clean_speech():
    for name, rate in (("speech-8k", 8000), ("speech-16k", 16000)):
        clean_db = available_models()[name].clean_si_sdr_db
        assert 30 < clean_db < 60
        assert least_taken(settings(), rate) == pytest.approx(
            -clean_db + 10 * np.log10(2), abs=0.02
        )


@pytest.mark.parametrize(
    "given",
    [
        {"model": "auto"},
        {"model": "speech-16k"},
        {"method": "wiener"},
        {"noise": "start"},
        {"strength": 1.0},
        {"mask_floor_db": -60.0},
    ],
)
def test_whoever_asks_for_something_gets_it(given):
    assert least_taken(settings(**given), 16000) == -np.inf


def test_what_no_model_fits_is_not_spared():
    assert least_taken(settings(), 3999) == -np.inf


@pytest.fixture
def clean_and_noisy():
    """A sentence at 8 kHz, and the same in white noise at 5 dB."""
    data = load_harvard(noises=["white"], snr_db=5)
    return data.clean[0], data.noisy[0]


@pytest.mark.parametrize("rate", [8000, 16000, 22050])
def test_clean_speech_keeps_its_samples_and_noisy_does_not(
    rate, clean_and_noisy, tmp_path, monkeypatch
):
    """The voice is a synthetic one, of which more is taken than of others."""
    records = {n: replace(r, clean_si_sdr_db=22) for n, r in available_models().items()}
    monkeypatch.setattr(_sparing, "available_models", lambda: records)
    clean, noisy = (soxr.resample(x, 8000, rate).astype(np.float32) for x in clean_and_noisy)
    for name, x in (("clean", clean), ("noisy", noisy), ("both", np.stack([clean, noisy], 1))):
        soundfile.write(tmp_path / f"{name}.wav", x, rate, subtype="FLOAT")
    both, spared, enhanced = enhance_files([tmp_path / "*.wav"], tmp_path / "out")
    results = {}
    for path in (tmp_path / "out").iterdir():
        results[path.stem] = soundfile.read(path, dtype="float32")[0]
    np.testing.assert_array_equal(results["clean"], clean)
    assert np.std(results["noisy"] - noisy) > 0.1 * np.std(noisy)
    # One decision for a recording, not one for a channel.
    assert np.abs(results["both"][:, 0] - clean).max() > 0
    assert both.remarks == enhanced.remarks == ()
    assert spared.status == "enhanced"
    assert spared.remarks[0].startswith("left as it is, because the model would take no more from")
    (result,) = enhance_files([tmp_path / "clean.wav"], tmp_path / "all", model="auto")
    assert result.remarks == ()
    assert np.any(soundfile.read(result.destination, dtype="float32")[0] != clean)
