"""AudioFile: what it reads, what it is equal to, and what it says of files that are gone."""

import copy
import os
import pickle

import joblib
import numpy as np
import pytest
import soundfile
import soxr

from skse.datasets import AudioFile, _audio_file
from skse.utils import UnusableFileError


@pytest.fixture
def write(tmp_path, rng):
    """Write noise; return its path and what the file holds."""

    def write_noise(name="a.wav", n_times=5000, rate=8000, n_channels=1):
        path = tmp_path / name
        soundfile.write(path, rng.uniform(-0.5, 0.5, (n_times, n_channels)), rate)
        return path, soundfile.read(path, dtype="float32", always_2d=True)[0]

    return write_noise


PARTS = [(0, None), (0, 0), (7, 2000), (-100, None), (4999, 9999), (30, 20)]


@pytest.mark.parametrize("name", ["a.wav", "a.flac", "a.ogg"])
@pytest.mark.parametrize("rate", [None, 8000, 16000, 6000])
@pytest.mark.parametrize("n_channels", [1, 2])
def test_whole_and_parts_are_those_of_the_array(write, name, rate, n_channels):
    path, x = write(name, n_channels=n_channels)
    for channel in range(1, n_channels + 1):
        expected = x[:, channel - 1]
        if rate not in (None, 8000):
            expected = soxr.resample(np.ascontiguousarray(expected), 8000, rate)
        handle = AudioFile(path, sampling_rate=rate, channel=channel)
        assert (len(handle), handle.shape) == (len(expected), expected.shape)
        assert (handle.sampling_rate, handle.ndim, handle.dtype) == (rate or 8000, 1, np.float32)
        np.testing.assert_array_equal(np.asarray(handle), expected)
        for start, stop in PARTS:
            np.testing.assert_array_equal(handle.read(start, stop), expected[start:stop])
            part = handle[start:stop]
            assert isinstance(part, AudioFile)
            assert len(part) == len(expected[start:stop])
            np.testing.assert_array_equal(part, expected[start:stop])
            np.testing.assert_array_equal(part[5:-5].read(), expected[start:stop][5:-5])
    again = AudioFile(path, 100, 3000, rate, channel)
    np.testing.assert_array_equal(again.read(), expected[100:3000])
    assert again == handle[100:3000]


@pytest.mark.parametrize("rates", [(8000, 16000), (44100, 16000), (48000, 8000), (11025, 8000)])
def test_the_length_is_the_one_that_resampling_gives(write, rates):
    for n_times in (1, 2, 5, 100, 101, 1000, 1001, 4411, 44101):
        path, _ = write(n_times=n_times, rate=rates[0])
        handle = AudioFile(path, sampling_rate=rates[1])
        assert len(handle) == len(handle.read())


def test_it_stands_for_the_array(write):
    path, x = write()
    handle, x = AudioFile(path), x[:, 0]
    for result, expected in [
        (handle - handle[:], x - x),
        (2 * handle + 1, 2 * x + 1),
        (x * handle, x * x),
        (np.abs(handle), np.abs(x)),
        (handle[::2], x[::2]),
        (np.array([*handle]), x),
        (np.asarray(handle, np.float64), x.astype(np.float64)),
    ]:
        np.testing.assert_array_equal(result, expected)
    assert handle[17] == x[17]
    assert np.dot(handle, handle) == np.dot(x, x)
    with pytest.raises(ValueError, match="without a copy"):
        np.asarray(handle, copy=False)


def test_equal_handles_are_those_to_the_same_samples(write, monkeypatch):
    path, _ = write(n_channels=2)
    handle = AudioFile(path, channel=1)
    monkeypatch.chdir(path.parent)
    same = [AudioFile("a.wav", 0, 5000, 8000, 1), AudioFile(path, channel=1)[:], handle[0:9999]]
    assert all(other == handle and hash(other) == hash(handle) for other in same)
    others = [
        AudioFile(path, channel=2),
        handle[1:],
        handle[:10],
        AudioFile(path, sampling_rate=4000, channel=1),
    ]
    assert len({handle, *same, *others}) == 1 + len(others)
    assert handle != others[0]
    assert handle != str(path)
    assert joblib.hash(handle) == joblib.hash(same[0]) != joblib.hash(others[0])


def test_it_travels_without_samples_and_without_its_folder(write, monkeypatch, tmp_path):
    path, x = write(n_times=100_000)
    monkeypatch.chdir(path.parent)
    parts = [AudioFile("a.wav")[i : i + 100] for i in range(0, 10_000, 10)]
    monkeypatch.chdir("/")
    assert len(pickle.dumps(parts[0])) < 500
    assert len(pickle.dumps(AudioFile(path)[:])) < 500
    for twin in (pickle.loads(pickle.dumps(parts[1])), copy.deepcopy(parts[1])):
        assert twin == parts[1]
        np.testing.assert_array_equal(twin, x[10:110, 0])
    assert eval(repr(parts[1]), {"AudioFile": AudioFile}) == parts[1]
    _, x = write(n_channels=2)
    handle = AudioFile(path, 5, 9, 4000, 2)
    assert eval(repr(handle), {"AudioFile": AudioFile}) == handle


def test_what_must_be_decoded_as_a_whole_is_kept(write, monkeypatch):
    path, _ = write("a.ogg")
    decoded = []
    original = _audio_file.read_samples

    def read(*arguments, **options):
        decoded.append(arguments)
        return original(*arguments, **options)

    monkeypatch.setattr(_audio_file, "read_samples", read)
    handle = AudioFile(path)
    first = handle.read(10, 20)
    first[:] = 0  # what is given is the caller's
    assert handle.read(10, 20).any()
    handle[100:].read()
    assert len(decoded) == 1
    monkeypatch.setattr(_audio_file, "_KEPT", 0)
    AudioFile(path, sampling_rate=4000).read()
    AudioFile(path, sampling_rate=4000).read()
    assert len(decoded) == 3


def test_a_file_that_is_gone_or_another_one_is_named(write):
    path, _ = write()
    handle = AudioFile(path)
    part = pickle.loads(pickle.dumps(handle[10:20]))
    write(n_times=6000)
    for one in (handle, part):
        with pytest.raises(UnusableFileError) as caught:
            one.read()
        assert str(caught.value) == (
            f"{path}: changed since it was listed (10044 bytes then, 12044 now); list the files "
            "anew"
        )
    write()
    os.utime(path, ns=(1, 1))
    with pytest.raises(UnusableFileError, match=r"changed since it was listed"):
        handle.read()
    assert AudioFile(path) != handle
    path.unlink()
    with pytest.raises(UnusableFileError, match=r"a\.wav: No such file or directory, though it"):
        part.read()


def test_bad_input(write, tmp_path):
    path, _ = write(n_channels=2)
    with pytest.raises(UnusableFileError, match=r"b\.wav: no such file"):
        AudioFile(tmp_path / "b.wav")
    with pytest.raises(UnusableFileError, match="2 channels; mix it down to mono first, or"):
        AudioFile(path)
    with pytest.raises(UnusableFileError, match="no channel 3: it has 2"):
        AudioFile(path, channel=3)
    for arguments, message in [
        ({"channel": 0}, "channel == 0, must be >= 1"),
        ({"start": -1}, "start == -1, must be >= 0"),
        ({"stop": 2.5}, "stop must be an instance of int"),
        ({"stop": 5001}, r"start=0 and stop=5001 must be a part of .*5000 samples at 8000 Hz"),
        ({"start": 9, "stop": 8}, "start=9 and stop=8 must be a part of"),
        ({"start": 2501, "sampling_rate": 4000}, "2500 samples at 4000 Hz"),
        ({"sampling_rate": 0}, "sampling_rate=0 must be a positive number"),
    ]:
        with pytest.raises((ValueError, TypeError), match=message):
            AudioFile(path, **{"channel": 1, **arguments})


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_pipe_is_refused(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(UnusableFileError, match="a pipe, which can be read once only"):
        AudioFile(tmp_path / "pipe")
