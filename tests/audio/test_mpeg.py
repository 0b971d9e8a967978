"""MP3 files with and without the frame that says how long they are."""

import numpy as np
import pytest
import soundfile

from skse.audio import open_audio
from skse.audio._mpeg import before_tags, behind_id3, is_frame
from skse.utils import UnusableFileError

RATE = 44100
FRAME = 1152
ID3 = b"ID3\x04\0\0\0\0\x02\x01" + bytes(2 * 128 + 1)


KINDS = [(44100, "VARIABLE"), (44100, "CONSTANT"), (22050, "VARIABLE"), (8000, "VARIABLE")]


@pytest.fixture(params=KINDS, ids=str)
def mp3(request, tmp_path, rng):
    """Silence, of few bits, and then noise, of many."""
    rate, mode = request.param
    x = 0.3 * rng.standard_normal(4 * rate) * (np.arange(4 * rate) > 2 * rate)
    path = tmp_path / "a.mp3"
    soundfile.write(path, x, rate, format="MP3", bitrate_mode=mode, compression_level=0.5)
    return path


def n_samples(path):
    with open_audio(path) as audio:
        n_read = sum(map(len, audio.blocks()))
        assert n_read == audio.n_times
    return n_read


def frames(content):
    """Cut a file of frames at its sync words; as an encoder of constant header bits writes it."""
    sync = content[:2]
    positions = [i for i in range(len(content) - 3) if content[i : i + 2] == sync]
    with_xing = next(i for i in (content.find(b"Xing"), content.find(b"Info")) if i >= 0)
    assert with_xing < positions[1]
    return content[: positions[1]], content[positions[1] :]


def test_a_true_header_is_believed(mp3):
    n_times = n_samples(mp3)
    assert n_times == soundfile.info(mp3).frames
    mp3.write_bytes(ID3 + mp3.read_bytes() + b"TAG" + bytes(125))
    assert n_samples(mp3) == n_times


def test_without_a_header_all_frames_are_read(mp3):
    n_times = n_samples(mp3)
    _, rest = frames(mp3.read_bytes())
    for content in (rest, ID3 + rest):
        mp3.write_bytes(content)
        n_found = n_samples(mp3)
        # The decoder no longer knows what the encoder added in front and behind.
        assert n_times <= n_found < n_times + 4 * FRAME


def test_a_header_without_numbers_is_not_believed(mp3):
    content = mp3.read_bytes()
    at = max(content.find(b"Xing"), content.find(b"Info"))
    n_times = n_samples(mp3)
    for flags in (0, 15):  # no number is there; the numbers are zero
        new = content[: at + 4] + flags.to_bytes(4, "big") + bytes(8) + content[at + 16 :]
        mp3.write_bytes(new)
        assert n_times <= n_samples(mp3) < n_times + 4 * FRAME


def test_a_header_that_counts_the_tags_too(mp3):
    content = mp3.read_bytes()
    at = max(content.find(b"Xing"), content.find(b"Info")) + 12
    n_times = n_samples(mp3)
    n_bytes = int.from_bytes(content[at : at + 4], "big")
    for extra in (128, 4000):
        mp3.write_bytes(content[:at] + (n_bytes + extra).to_bytes(4, "big") + content[at + 4 :])
        assert n_samples(mp3) == n_times


def test_joined_files_are_read_to_the_end(mp3):
    n_times = n_samples(mp3)
    content = mp3.read_bytes()
    tag = b"TAG" + bytes(125)
    for joined in (
        content + content,
        content + ID3 + content,
        content + tag + content + tag,
        content + b"APETAGEX" + bytes(100) + content,
    ):
        mp3.write_bytes(joined)
        assert 2 * n_times <= n_samples(mp3) < 2 * n_times + 6 * FRAME


def test_a_file_cut_short_is_named(mp3):
    content = mp3.read_bytes()
    mp3.write_bytes(content[: len(content) // 2])
    with pytest.raises(UnusableFileError, match=r"truncated: \d+ of \d+ samples"):
        n_samples(mp3)


def test_tags_are_found(tmp_path):
    ape = b"APETAGEX" + (2000).to_bytes(4, "little")
    footer = ape + (32 + 100).to_bytes(4, "little") + bytes(4) + b"\0\0\0\x80" + bytes(8)
    sound, v1 = b"\xff\xfb" + bytes(5000), b"TAG" + bytes(125)
    for tail in (b"", v1, bytes(32 + 100) + footer, bytes(32 + 100) + footer + v1):
        path = tmp_path / "a"
        path.write_bytes(ID3 + sound + tail)
        with path.open("rb") as file:
            assert behind_id3(file, 0) == len(ID3)
            assert behind_id3(file, len(ID3)) == len(ID3)
        with_footer = ID3[:5] + b"\x10" + ID3[6:] + bytes(10)
        path.write_bytes(with_footer + sound)
        with path.open("rb") as file:
            assert behind_id3(file, 0) == len(with_footer)
        path.write_bytes(ID3 + sound + tail)
        with path.open("rb") as file:
            assert before_tags(file, path.stat().st_size) == len(ID3) + len(sound)
    assert is_frame(sound)
    assert not is_frame(b"\xff\xf1")  # AAC
    assert not is_frame(b"RI")
