import made
import numpy as np
import pytest

RATE = 8000


@pytest.fixture
def speech(rng):
    return [rng.standard_normal(2 * RATE).astype(np.float32) for _ in range(3)]


def test_noise_is_level_and_long_enough(rng, speech):
    noises = made.make_noises(rng, RATE, speech, n_each=1)
    assert len(noises) == 12
    for noise in noises:
        assert noise.dtype == np.float32
        assert len(noise) == made.SECONDS * RATE
        assert np.sqrt(np.mean(noise**2)) == pytest.approx(0.05, rel=1e-4)


def test_a_seed_makes_the_same_noise(speech):
    one, other = (
        made.make_noises(np.random.default_rng(3), RATE, speech, n_each=1) for _ in range(2)
    )
    np.testing.assert_array_equal(one, other)


def test_a_room_leaves_the_direct_sound_in_its_place(rng):
    pytest.importorskip("pyroomacoustics")
    x = np.zeros(RATE, np.float32)
    x[2000] = 1
    for _ in range(5):
        y = made.add_room(rng, x, RATE)
        assert len(y) == len(x)
        assert np.argmax(np.abs(y)) == 2000
        tail = np.sum(y[2200:] ** 2)
        assert 0 < tail < np.sum(y**2)


@pytest.mark.parametrize("rate", [8000, 16000])
def test_rumble_goes_and_a_voice_stays(rate):
    times = np.arange(rate) / rate
    rumble, voice = (np.sin(2 * np.pi * f * times).astype(np.float32) for f in (25, 150))
    left = made.without_rumble(rumble + voice, rate)[rate // 4 : -rate // 4]
    np.testing.assert_allclose(left, voice[rate // 4 : -rate // 4], atol=0.02)


@pytest.mark.parametrize("rate", [8000, 16000])
def test_a_telephone_leaves_its_band(rate):
    times = np.arange(rate) / rate
    tones = {f: np.sin(2 * np.pi * f * times) for f in (100, 1000, 3900)}
    heard = made.as_on_the_telephone(sum(tones.values()), rate)
    level = {f: abs(np.dot(heard, tone)) for f, tone in tones.items()}
    assert level[1000] > 10 * level[100]
    assert level[1000] > 2 * level[3900]
    assert np.sqrt(np.mean(heard**2)) == pytest.approx(0.05, rel=1e-4)
