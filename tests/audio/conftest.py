import numpy as np
import pytest
import soundfile


@pytest.fixture
def write(tmp_path):
    """Write a waveform to a file of that name; return its path."""

    def write_audio(name, x, sampling_rate=8000, **options):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, x, sampling_rate, **options)
        return path

    return write_audio


@pytest.fixture
def speech(rng):
    """Something of a voice in noise, 1 s at 8 kHz."""
    times = np.arange(8000) / 8000
    voice = np.sin(2 * np.pi * 300 * times) * (np.sin(2 * np.pi * 3 * times) > 0)
    return (0.2 * voice + 0.03 * rng.standard_normal(8000)).astype(np.float32)
