import numpy as np
import pytest
from sklearn.utils import Bunch

from skse.recipes import prepare_pairs


def protocol(condition, split="unseen"):
    return Bunch(split=split, sampling_rate=8000, n_times=16000, condition=condition)


@pytest.fixture(scope="module")
def in_rooms(harvard):
    pytest.importorskip("pyroomacoustics")
    return prepare_pairs(harvard, protocol("rooms"), limit=36)


@pytest.fixture(scope="module")
def as_they_are(harvard):
    return prepare_pairs(harvard, protocol(None), limit=36)


def test_a_third_is_in_noise_a_third_in_rooms_a_third_in_both(in_rooms, as_they_are):
    for part, before in zip(in_rooms, as_they_are, strict=True):
        alone = part.noise == "room"
        both = np.char.endswith(part.noise, " + room")
        n = len(part.noisy)
        assert n == len(before.noisy)
        assert abs(np.sum(alone) - n / 3) < 1
        assert abs(np.sum(both) - n / 3) < 1
        np.testing.assert_array_equal(np.isnan(part.snr_db), alone)
        for i in range(n):
            np.testing.assert_array_equal(part.clean[i], before.clean[i])
            same = np.array_equal(part.noisy[i], before.noisy[i])
            assert same == (not alone[i] and not both[i])


def test_noise_in_a_room_is_the_noise_there_was(in_rooms, as_they_are):
    # What a room adds is made from the speech: subtract both, and the direct sound is gone.
    part, before = in_rooms[0], as_they_are[0]
    i = next(i for i, name in enumerate(part.noise) if name.endswith(" + room"))
    assert part.noise[i] == f"{before.noise[i]} + room"
    room = part.noisy[i] - before.noisy[i]  # the noise cancels; what is left is echo
    spectrum, clean = np.fft.rfft(room), np.fft.rfft(part.clean[i])
    noise = np.fft.rfft(before.noisy[i] - before.clean[i])

    def likeness(a, b):
        return np.abs(np.vdot(a, b)) / np.linalg.norm(a) / np.linalg.norm(b)

    assert likeness(np.abs(spectrum), np.abs(clean)) > 0.8
    assert likeness(spectrum, noise) < 0.1


def test_training_and_test_are_in_other_rooms(harvard):
    pytest.importorskip("pyroomacoustics")
    from skse.recipes._conditions import in_rooms

    part = Bunch(
        noisy=[np.eye(1, 8000, 100, dtype=np.float32)[0]] * 30,
        clean=[np.eye(1, 8000, 100, dtype=np.float32)[0]] * 30,
        noise=np.array(["car"] * 30),
        snr_db=np.zeros(30),
        sampling_rate=8000,
    )
    train, test = (in_rooms(part, role) for role in ("train", "test"))
    responses = [
        {x.tobytes() for x, name in zip(p.noisy, p.noise, strict=True) if "room" in name}
        for p in (train, test)
    ]
    assert len(responses[0]) == 20
    assert not responses[0] & responses[1]


def test_unseen_keeps_speakers_and_noises_apart(harvard, as_they_are):
    train, test = as_they_are
    assert not set(train.speaker) & set(test.speaker)
    assert not set(train.noise) & set(test.noise)
    assert set(test.noise) == {"tonal", "white"}
    assert len(set(train.speaker)) == 4


def test_unseen_needs_speakers_and_noises(harvard):
    one = Bunch(**{**harvard, "speaker": np.full(len(harvard.noisy), "f1")})
    with pytest.raises(ValueError, match="1 speakers and 8 noises"):
        prepare_pairs(one, protocol(None))


def test_unknown_condition_is_refused(harvard):
    with pytest.raises(ValueError, match="condition='space'"):
        prepare_pairs(harvard, protocol("space"), limit=4)
