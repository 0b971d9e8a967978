import io

import numpy as np
import pytest
import soundfile

from skse.audio._chunks import FAMILIES, Chunks

KINDS = {"RIFF": "WAV", "RIFX": "WAV", "RF64": "RF64", "AIFF": "AIFF", "CAF": "CAF"}


@pytest.mark.parametrize("family", KINDS)
@pytest.mark.parametrize("n_bytes", [0, 1, 2, 7, 1000])
def test_a_chunk_that_is_appended_is_found_and_does_no_harm(tmp_path, rng, family, n_bytes):
    path = tmp_path / "a"
    x = rng.uniform(-1, 1, 1001)
    endian = "BIG" if family == "RIFX" else "FILE"
    soundfile.write(path, x, 8000, format=KINDS[family], subtype="PCM_16", endian=endian)
    before = soundfile.read(path)[0]
    name = b"note"
    with path.open("r+b") as file:
        assert FAMILIES[family].matches(file.read(16))
        chunks = Chunks(file, FAMILIES[family])
        chunks.append(name, b"\xab" * n_bytes)
        found = {one: (begin, n) for one, begin, n, _ in chunks.walk()}
        assert chunks.size == path.stat().st_size
    begin, n = found[name]
    assert path.read_bytes()[begin : begin + n] == b"\xab" * n_bytes
    np.testing.assert_array_equal(soundfile.read(path)[0], before)
    total = FAMILIES[family].total
    if total is not None:  # of what follows it
        n_total, order = (4 if total == 4 else 8), FAMILIES[family].order
        content = path.read_bytes()
        claimed = int.from_bytes(content[total : total + n_total], order)
        assert claimed == len(content) - 8


def test_the_length_of_rf64_is_the_long_one():
    content = b"RF64" + b"\xff" * 4 + b"WAVEds64" + (28).to_bytes(4, "little")
    content += (100).to_bytes(8, "little") + (6).to_bytes(8, "little") + bytes(12)
    begin = len(content) + 8
    content += b"data" + b"\xff" * 4 + b"123456" + b"note" + (2).to_bytes(4, "little") + b"ab"
    found = list(Chunks(io.BytesIO(content), FAMILIES["RF64"]).walk())
    assert [(name, n) for name, _, n, _ in found] == [(b"ds64", 28), (b"data", 6), (b"note", 2)]
    assert found[1] == (b"data", begin, 6, (28, 8))


@pytest.mark.parametrize("family", [*KINDS, "W64"])
def test_the_file_behind_another_is_found_and_ends_the_walk(rng, family):
    contents = []
    for n_times in (101, 50):
        file = io.BytesIO()
        options = {"format": KINDS.get(family, family), "subtype": "PCM_16"}
        options["endian"] = "BIG" if family == "RIFX" else "FILE"
        soundfile.write(file, rng.uniform(-1, 1, n_times), 8000, **options)
        contents.append(file.getvalue())
    one, both = (Chunks(io.BytesIO(x), FAMILIES[family]) for x in (contents[0], b"".join(contents)))
    assert list(both.walk()) == list(one.walk())
    *_, (_, begin, n_bytes, _) = one.walk()
    assert both.behind(begin + n_bytes) == len(contents[0])
    assert one.behind(begin + n_bytes) is None
    assert (both.begins_another(0), both.begins_another(len(contents[0]))) == (False, True)


def test_zeros_behind_the_samples_are_not_walked_through():
    class Counted(io.BytesIO):
        n_reads = 0

        def read(self, *args):
            self.n_reads += 1
            return super().read(*args)

    file = Counted(b"RIFF" + bytes(4) + b"WAVE" + bytes(100_000))
    assert Chunks(file, FAMILIES["RIFF"]).behind(12) is None
    assert file.n_reads < 10
