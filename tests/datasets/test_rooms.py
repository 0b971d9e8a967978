"""Rooms: geometry and closed forms of room acoustics, and decay as another program measures it."""

import sys
import warnings

import numpy as np
import pytest
from sklearn.utils import check_random_state

from skse.datasets import Room, load_harvard, make_rooms, reverberate
from skse.metrics import srmr_score

RATE = 8000


@pytest.fixture(scope="module")
def acoustics():
    return pytest.importorskip("pyroomacoustics")


@pytest.fixture
def speech(rng):
    return [0.1 * rng.standard_normal(n).astype(np.float32) for n in (4000, 3000, 5000, 4000)]


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


def test_speech_stays_where_it_was(acoustics, speech):
    rooms = make_rooms(2, rt60=0.2, random_state=0)
    data = reverberate(speech, rooms, sampling_rate=RATE, random_state=0)
    for dry, noisy, clean, index in zip(speech, data.noisy, data.clean, data.room, strict=True):
        np.testing.assert_array_equal(clean, dry)
        assert noisy.dtype == clean.dtype == np.float32
        reflections = rooms[index].response(RATE)
        reflections[0] = 0
        added = np.convolve(dry, reflections)[: len(dry)]
        np.testing.assert_allclose(noisy - clean, added, atol=1e-6)
    click = np.zeros((1, 2000))
    click[0, 700] = 1
    heard = reverberate(click, rooms[0], sampling_rate=RATE).noisy[0]
    assert heard[700] == pytest.approx(1)
    assert np.abs(heard[:700]).max() < 1e-6
    assert np.sum(heard[701:] ** 2) > 0.01


def test_early_reflections_are_kept_by_choice(acoustics, speech):
    room = make_rooms(1, rt60=0.3, random_state=0)[0]
    response = room.response(RATE)
    energies = []
    for early_ms, n_early in [(0, 1), (50, 400), (300, 2400), (1000, 8000)]:
        data = reverberate(speech, room, sampling_rate=RATE, early_ms=early_ms)
        for dry, clean in zip(speech, data.clean, strict=True):
            expected = np.convolve(dry, response[:n_early])[: len(dry)]
            np.testing.assert_allclose(clean, expected, atol=1e-6)
        energies.append(
            sum(np.sum((x - s) ** 2) for x, s in zip(data.noisy, data.clean, strict=True))
        )
    assert energies[0] > energies[1] > energies[2]
    assert energies[2] == energies[3] == 0


def test_every_room_is_used_in_turn_and_drawn_from_the_seed(acoustics, speech):
    rooms = make_rooms(3, rt60=0.2, random_state=0)
    data = reverberate(speech * 3, rooms, sampling_rate=RATE, random_state=5)
    for begin in range(0, 12, 3):
        assert sorted(data.room[begin : begin + 3]) == [0, 1, 2]
    assert data.rooms == rooms
    np.testing.assert_array_equal(data.rt60, np.full(12, 0.2))
    again = reverberate(speech * 3, rooms, sampling_rate=RATE, random_state=5)
    np.testing.assert_array_equal(again.room, data.room)
    for x, y in zip(again.noisy, data.noisy, strict=True):
        np.testing.assert_array_equal(x, y)
    others = [reverberate(speech * 3, rooms, sampling_rate=RATE, random_state=s) for s in range(5)]
    assert len({tuple(other.room) for other in others}) > 1


def test_a_time_gives_each_waveform_a_room_of_its_own(acoustics, speech):
    data = reverberate(speech, 0.2, sampling_rate=RATE, random_state=3)
    assert sorted(data.room) == [0, 1, 2, 3]
    assert len(set(data.rooms)) == 4
    assert {room.rt60 for room in data.rooms} == {0.2}
    again = reverberate(np.stack([speech[0]] * 4), 0.2, sampling_rate=RATE, random_state=3)
    assert again.rooms == data.rooms


def test_srmr_falls_with_the_reverberation_time(acoustics):
    clean = load_harvard(noises="white", snr_db=5).clean[::8]
    means = [srmr_score(clean, sampling_rate=RATE).mean()]
    for rt60 in (0.2, 0.4, 0.7):
        rooms = [
            Room(room.size, room.source, room.microphone, rt60)
            for room in make_rooms(2, distance=(1, 2), random_state=0)
        ]
        data = reverberate(clean, rooms, sampling_rate=RATE, random_state=0)
        means.append(srmr_score(data.noisy, sampling_rate=RATE).mean())
    assert means == sorted(means, reverse=True)
    assert means[0] > 1.5 * means[-1]


def test_rooms_are_drawn_within_their_bounds():
    rooms = make_rooms(
        200, rt60=(0.2, 0.6), size=((3, 4, 2.5), (5, 6, 3)), distance=(0.5, 1.5), random_state=0
    )
    sizes = np.array([room.size for room in rooms])
    assert (sizes >= (3, 4, 2.5)).all()
    assert (sizes <= (5, 6, 3)).all()
    for places in ([r.source for r in rooms], [r.microphone for r in rooms]):
        assert (np.array(places) >= 0.5).all()
        assert (np.array(places) <= sizes - 0.5).all()
    for values, low, high in [
        ([r.rt60 for r in rooms], 0.2, 0.6),
        ([r.distance for r in rooms], 0.5, 1.5),
    ]:
        assert low <= min(values) < low + 0.02
        assert high - 0.2 < max(values) <= high
    assert make_rooms(3, random_state=0) == make_rooms(3, random_state=0)
    assert make_rooms(3, random_state=0) != make_rooms(3, random_state=1)
    room = make_rooms(1, rt60=0.5, size=(4, 4, 3), distance=1, random_state=0)[0]
    assert (room.rt60, room.size) == (0.5, (4.0, 4.0, 3.0))
    assert room.distance == pytest.approx(1)


def test_global_random_state_and_constants_stay(acoustics, speech):
    before = check_random_state(None).get_state()[1].copy()
    constants = {name: acoustics.constants.get(name) for name in ("c", "rir_hpf_enable")}
    reverberate(speech, 0.2, sampling_rate=RATE, random_state=0)
    np.testing.assert_array_equal(check_random_state(None).get_state()[1], before)
    assert constants == {name: acoustics.constants.get(name) for name in constants}


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


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"n": 0}, "make_rooms: n == 0"),
        ({"rt60": -0.1}, "make_rooms: rt60=-0.1 must be a positive number"),
        ({"rt60": (0.5, 0.2)}, r"rt60=\(0.5, 0.2\) must be a number, or a number twice: lowest"),
        ({"rt60": (0.5, 0.2, 0.1)}, "rt60=.* must be a number, or a number twice"),
        ({"rt60": "long"}, "rt60='long' must be a positive number"),
        ({"size": (4, 4)}, "size=.* must be 3 positive numbers"),
        ({"size": ((4, 4, 3), (3, 5, 3))}, "size=.* must be 3 numbers, or 3 numbers twice"),
        ({"distance": (5, 6), "size": (4, 4, 3)}, "distance=5 to 6 m .* into a room of 4 x 4 x 3"),
        ({"size": (0.9, 4, 3)}, "does not fit into a room of 0.9 x 4 x 3 m. Draw larger rooms"),
    ],
)
def test_refuses_what_no_room_can_be_drawn_from(arguments, message):
    with pytest.raises(ValueError, match=message):
        make_rooms(**({"n": 2, "random_state": 0} | arguments))


@pytest.mark.parametrize("rooms", ["hall", [], [0.3], None, True])
def test_refuses_what_is_no_room(speech, rooms):
    with pytest.raises(ValueError, match=r"reverberate: rooms=.* must be a Room, a sequence of"):
        reverberate(speech, rooms, sampling_rate=RATE)


def test_refuses_other_arguments(speech):
    room = make_rooms(1, random_state=0)
    with pytest.raises(ValueError, match=r"rooms == -0.3, must be > 0"):
        reverberate(speech, -0.3, sampling_rate=RATE)
    with pytest.raises(ValueError, match="reverberate: early_ms == -1, must be >= 0"):
        reverberate(speech, room, sampling_rate=RATE, early_ms=-1)
    with pytest.raises(ValueError, match="reverberate: sampling_rate=0 must be a positive"):
        reverberate(speech, room, sampling_rate=0)
    with pytest.raises(ValueError, match="clean is one-dimensional"):
        reverberate(speech[0], room, sampling_rate=RATE)


def test_without_pyroomacoustics_the_error_says_how_to_install_it(monkeypatch, speech):
    monkeypatch.setitem(sys.modules, "pyroomacoustics", None)
    room = make_rooms(1, random_state=0)[0]  # needs none
    with pytest.raises(ImportError, match=r'Room.response needs .* pip install "skse\[rooms\]"'):
        reverberate(speech, room, sampling_rate=RATE)


def test_nothing_is_warned_of(acoustics, speech):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        reverberate(speech, 0.2, sampling_rate=RATE, random_state=0)
