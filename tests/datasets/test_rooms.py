"""Rooms that are drawn, and speech in them."""

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
