"""A room: geometry and closed forms of room acoustics, and decay as another program measures it."""

import numpy as np
import pytest

from skse.datasets import Room, make_rooms

RATE = 8000


@pytest.fixture(scope="module")
def acoustics():
    return pytest.importorskip("pyroomacoustics")


def decay_seconds(response, rate):
    """Straight line through the integral of Schroeder between -5 and -25 dB, for 60 dB."""
    left = np.array([np.sum(response[i:] ** 2) for i in range(0, len(response), 8)])
    level = 10 * np.log10(left / left[0])
    times = np.arange(len(level)) * 8 / rate
    chosen = (level < -5) & (level > -25)
    design = np.stack([times[chosen], np.ones(chosen.sum())], axis=1)
    return -60 / np.linalg.lstsq(design, level[chosen], rcond=None)[0][0]


@pytest.mark.parametrize("rate", [8000, 16000, 44100])
@pytest.mark.parametrize("rt60", [0.15, 0.3, 0.5])
def test_a_room_decays_in_the_time_asked_for(acoustics, rate, rt60):
    for room in make_rooms(3, rt60=rt60, random_state=1):
        response = room.response(rate)
        assert len(response) == round(rt60 * rate)
        reflections = np.concatenate([[0], response[1:]])
        assert decay_seconds(reflections, rate) == pytest.approx(rt60, rel=0.03)
        measured = acoustics.experimental.measure_rt60(response, rate, decay_db=20)
        assert measured == pytest.approx(rt60, rel=0.15)


def test_flat_rooms_do_not_ring_longer(acoustics):
    """Where the formulas of diffuse sound are wrong by half."""
    room = Room((8.6, 6.9, 2.4), (2, 2, 1.2), (6, 4, 1.4), rt60=0.8)
    assert decay_seconds(room.response(RATE)[1:], RATE) == pytest.approx(0.8, rel=0.03)
    tiny = Room((2, 2, 2), (0.5, 0.5, 1), (1, 1, 1), rt60=0.01)  # hardly a reflection
    assert np.isfinite(tiny.response(RATE)).all()


@pytest.mark.parametrize("rate", [16000, 48000])
def test_direct_sound_and_first_reflection(acoustics, rate):
    """From the floor: later by the longer way, fainter by it and by what the floor absorbs."""
    size, rt60 = (9.0, 8.0, 7.0), 0.5
    room = Room(size, source=(4, 4, 1), microphone=(5.5, 4, 1), rt60=rt60)
    direct, reflected = 1.5, np.hypot(1.5, 2)
    volume, surface = np.prod(size), 2 * (72 + 63 + 56)
    kept = np.exp(-24 * np.log(10) * volume / (343 * surface * rt60))  # of the energy: Eyring
    response = room.response(rate)
    assert response[0] == 1
    arrival = (reflected - direct) / 343 * rate
    near = slice(round(arrival - rate / 2000), round(arrival + rate / 2000))
    expected = np.sqrt(kept) * direct / reflected
    assert np.sqrt(np.sum(response[near] ** 2)) == pytest.approx(expected, rel=0.05)
    centre = np.average(np.arange(len(response))[near], weights=response[near] ** 2)
    assert centre == pytest.approx(arrival, abs=1)
    assert np.abs(response[1 : near.start]).max() < 0.05 * expected


def test_the_direct_sound_is_as_strong_as_in_a_diffuse_field(acoustics):
    """Over the reflections: A / (16 pi r ** 2) with the absorption area A of Sabine."""
    differences = []
    for room in make_rooms(16, rt60=(0.2, 0.5), random_state=0):
        area = 0.161 * np.prod(room.size) / room.rt60
        expected = 10 * np.log10(area / (16 * np.pi * room.distance**2))
        reflections = room.response(RATE)[1:]
        differences.append(-10 * np.log10(np.sum(reflections**2)) - expected)
    assert abs(np.mean(differences)) < 2
    assert np.std(differences) < 1.5


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"rt60": 0}, "Room: rt60 == 0, must be > 0"),
        ({"rt60": float("nan")}, "Room: rt60=nan must be a number"),
        ({"size": (4, 4)}, r"Room: size=\(4, 4\) must be 3 positive numbers"),
        ({"size": (4, 4, -3)}, "Room: size=.* must be 3 positive numbers"),
        ({"source": (1, 5, 1)}, r"Room: source=\(1, 5, 1\) must lie inside size=\(4, 4, 3\)"),
        ({"microphone": (1, 1, 3)}, "Room: microphone=.* must lie inside"),
        ({"microphone": (1, 1, 1)}, "Room: source and microphone must not be in the same place"),
        ({"rt60": 2.0}, "rt60=2 s has too many reflections in a room of 4 x 4 x 3 m.* rt60 1.4 s"),
    ],
)
def test_refuses_rooms_that_are_none(changed, message):
    fit = {"size": (4, 4, 3), "source": (1, 1, 1), "microphone": (2, 2, 1), "rt60": 0.3}
    Room(**fit)
    with pytest.raises(ValueError, match=message):
        Room(**(fit | changed))
