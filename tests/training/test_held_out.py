import held_out
import numpy as np
import pytest

TIMES = np.arange(4 * held_out.RATE) / held_out.RATE


@pytest.fixture
def spoken(rng):
    """A voice that pauses, in noise 50 dB below it."""
    voice = np.sin(2 * np.pi * 220 * TIMES) * (np.sin(2 * np.pi * TIMES) > 0)
    noise = rng.standard_normal(len(TIMES))
    return voice + noise * np.sqrt(np.mean(voice**2) / np.mean(noise**2)) * 10**-2.5


def test_own_noise_is_measured_in_the_pauses(spoken):
    assert held_out.own_snr_db(spoken) == pytest.approx(50, abs=1)


def test_written_silence_is_no_pause(spoken):
    silence = np.zeros(held_out.RATE)
    alone = held_out.own_snr_db(spoken)
    # The level is that of the whole, which is longer now.
    longer = held_out.own_snr_db(np.concatenate([spoken, silence]))
    assert longer == pytest.approx(alone - 10 * np.log10(5 / 4), abs=0.5)
