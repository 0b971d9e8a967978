"""fetch_ms_snsd against a local server, and on small trees in each layout."""

import hashlib
import io
import json
import shutil
import subprocess
import zipfile
from collections import Counter

import numpy as np
import pytest
import soundfile

from skse.datasets import _ms_snsd, fetch_ms_snsd, make_pairs
from skse.metrics import snr_score

PRESENT = {
    "clean_train": ["clnsp1.wav", "clnsp2.wav", "clnsp10.wav"],
    "noise_train": ["AirConditioner_1.wav", "AirConditioner_2.wav", "Babble_1.wav"],
    "clean_test": ["clnsp100.wav"],
    "noise_test": ["Munching_5.wav"],
}
OLDER = {"clean_speech": ["p1.wav"], "Noise": ["Babble_1.WAV"]}


def wav_bytes(waveform):
    file = io.BytesIO()
    soundfile.write(file, waveform, 16000, "PCM_16", format="WAV")
    return file.getvalue()


@pytest.fixture
def tree(rng):
    """Path -> content of the present layout."""
    return {
        f"{folder}/{name}": wav_bytes(rng.uniform(-0.5, 0.5, 400 + 10 * i))
        for folder, names in PRESENT.items()
        for i, name in enumerate(names)
    }


@pytest.fixture
def server(tree, serve, monkeypatch):
    """What GitHub serves: listings, single files, an archive."""
    files = {f"/raw/{path}": content for path, content in tree.items()}
    root = []
    for folder in PRESENT:
        entries = [
            {
                "path": path.split("/")[1],
                "type": "blob",
                "size": len(content),
                "sha": _ms_snsd.git_blob_hash(content),
            }
            for path, content in tree.items()
            if path.startswith(folder)
        ]
        readme = {"path": "README.md", "type": "blob", "size": 1, "sha": "0"}
        files[f"/trees/{folder}-sha"] = json.dumps({"tree": [*entries, readme]}).encode()
        root.append({"path": folder, "type": "tree", "sha": f"{folder}-sha"})
    files["/trees/master"] = json.dumps({"tree": [readme, *root]}).encode()
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as zipped:
        zipped.writestr("MS-SNSD-master/README.md", "about")
        for path, content in tree.items():
            zipped.writestr(f"MS-SNSD-master/{path}", content)
    files["/archive.zip"] = archive.getvalue()
    server = serve(files)
    monkeypatch.setattr(_ms_snsd, "_RAW", f"{server.url}raw/")
    monkeypatch.setattr(_ms_snsd, "_TREES", f"{server.url}trees/")
    monkeypatch.setattr(_ms_snsd, "_ARCHIVE", f"{server.url}archive.zip")
    server.archive = archive.getvalue()
    return server


def place(tree, home):
    for path, content in tree.items():
        (home / path).parent.mkdir(parents=True, exist_ok=True)
        (home / path).write_bytes(content)


def wavs_below(home):
    return {
        path.relative_to(home).as_posix(): path.read_bytes()
        for path in home.rglob("*")
        if path.is_file() and path.suffix != ".json"
    }


@pytest.mark.parametrize("above", ["", "MS-SNSD-master/", "corpora/MS-SNSD/"])
def test_present_layout_is_indexed_and_nothing_read(tree, server, tmp_path, above, monkeypatch):
    place({above + path: content for path, content in tree.items()}, tmp_path)
    monkeypatch.setattr(soundfile, "SoundFile", None)
    data = fetch_ms_snsd(data_home=tmp_path)
    assert server.requests == []
    assert data.speech == sorted(
        str(tmp_path / above / "clean_train" / name) for name in PRESENT["clean_train"]
    )
    assert data.noise_kind.tolist() == ["AirConditioner", "AirConditioner", "Babble"]
    assert data.sampling_rate == 16000
    assert "halves the dB" in data.DESCR
    test = fetch_ms_snsd("test", data_home=tmp_path)
    assert [len(test.speech), len(test.noise)] == [1, 1]


def test_older_layout(server, tmp_path):
    place({f"{f}/{name}": wav_bytes(np.ones(9)) for f, n in OLDER.items() for name in n}, tmp_path)
    data = fetch_ms_snsd(data_home=tmp_path, download_if_missing=False)
    assert data.speech == [str(tmp_path / "clean_speech" / "p1.wav")]
    assert data.noise_kind.tolist() == ["Babble"]
    with pytest.raises(OSError, match=r"test part .* clean_test/: missing; noise_test/: missing"):
        fetch_ms_snsd("test", data_home=tmp_path, download_if_missing=False)


def test_chosen_folders_are_downloaded_file_by_file(tree, server, tmp_path, capsys):
    data = fetch_ms_snsd("train", data_home=tmp_path / "new")
    wanted = {path: content for path, content in tree.items() if "train" in path}
    assert wavs_below(tmp_path / "new") == wanted
    assert Counter(server.requests) == Counter(
        ["/trees/master"] * 2
        + ["/trees/clean_train-sha", "/trees/noise_train-sha"]
        + [f"/raw/{path}" for path in wanted]
    )
    assert "noise_train" in capsys.readouterr().err  # the progress bar
    again = fetch_ms_snsd(data_home=tmp_path / "new", download_if_missing=False)
    assert again.speech + again.noise == data.speech + data.noise
    fetch_ms_snsd("test", data_home=tmp_path / "new")
    assert wavs_below(tmp_path / "new") == tree


def test_interrupted_download_is_noticed_and_goes_on(tree, server, tmp_path):
    server.broken["/raw/clean_train/clnsp2.wav"] = [503] * 3
    with pytest.raises(OSError, match=r"clnsp2\.wav could not .* kept under .*Call again to go on"):
        fetch_ms_snsd(data_home=tmp_path)
    with pytest.raises(OSError, match=r"clean_train/: \d of 3 files missing or cut .*clnsp2\.wav"):
        fetch_ms_snsd(data_home=tmp_path, download_if_missing=False)
    kept = wavs_below(tmp_path)
    server.requests.clear()
    fetch_ms_snsd(data_home=tmp_path)
    assert not {f"/raw/{path}" for path in kept} & set(server.requests)
    assert wavs_below(tmp_path) == {path: c for path, c in tree.items() if "train" in path}


@pytest.mark.parametrize("archive", [False, True])
def test_a_file_of_another_size_is_replaced(tree, server, tmp_path, archive):
    fetch_ms_snsd("test", data_home=tmp_path, archive=archive)
    path = tmp_path / "noise_test" / "Munching_5.wav"
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(OSError, match=r"1 of 1 files missing or cut \(Munching_5\.wav\)"):
        fetch_ms_snsd("test", data_home=tmp_path, download_if_missing=False)
    fetch_ms_snsd("test", data_home=tmp_path)
    assert path.read_bytes() == tree["noise_test/Munching_5.wav"]


@pytest.mark.parametrize(
    "fault", [lambda c: c[:-1] + b"\x55", lambda c: b"<html>".ljust(len(c)), lambda c: c[:9]]
)
def test_a_damaged_file_is_downloaded_again(tree, server, tmp_path, fault):
    server.broken["/raw/noise_test/Munching_5.wav"] = [fault, fault]
    fetch_ms_snsd("test", data_home=tmp_path)
    assert Counter(server.requests)["/raw/noise_test/Munching_5.wav"] == 3
    assert (tmp_path / "noise_test/Munching_5.wav").read_bytes() == tree[
        "noise_test/Munching_5.wav"
    ]
    server.broken["/raw/noise_test/Munching_5.wav"] = [fault] * 3
    with pytest.raises(OSError, match="could not be downloaded"):
        fetch_ms_snsd("test", data_home=tmp_path / "other")
    assert "noise_test/Munching_5.wav" not in wavs_below(tmp_path / "other")


def test_archive(tree, server, tmp_path):
    sha256 = hashlib.sha256(server.archive).hexdigest()
    fetch_ms_snsd(data_home=tmp_path, archive=True, known_hash=sha256)
    assert server.requests == ["/archive.zip"]
    assert wavs_below(tmp_path) == tree  # both parts, and no temporary file
    fetch_ms_snsd("test", data_home=tmp_path, archive=True)
    assert server.requests == ["/archive.zip"]
    shutil.rmtree(tmp_path / "clean_train")
    with pytest.raises(OSError, match=r"SHA-256 is .*, not known_hash='abc'"):
        fetch_ms_snsd(data_home=tmp_path, archive=True, known_hash="abc")


def corrupted(archive):
    middle = archive.index(b"data") + 20
    return archive[:middle] + bytes([archive[middle] ^ 0xFF]) + archive[middle + 1 :]


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        (corrupted, r"does not have its CRC-32|Bad CRC-32"),
        (lambda c: c[: len(c) // 2], "could not be downloaded"),
        (lambda c: b"<html>".ljust(len(c)), "the zip is damaged"),
        (lambda c: c.replace(b"_train", b"-train").replace(b"_test", b"-test"), "none of the"),
    ],
)
def test_a_damaged_archive_leaves_nothing(server, tmp_path, fault, message):
    server.broken["/archive.zip"] = [fault] * 3
    with pytest.raises(OSError, match=message):
        fetch_ms_snsd(data_home=tmp_path, archive=True)
    assert wavs_below(tmp_path) == {}


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        (403, "archive=True, which does without it"),
        (lambda c: c.replace(b'"tree"', b'"truncated": true, "tree"', 1).ljust(len(c))[: len(c)],
         "cannot be used"),
        (lambda c: b"[]".ljust(len(c)), "cannot be used"),
    ],
)  # fmt: skip
def test_a_listing_that_cannot_be_used(server, tmp_path, fault, message):
    server.broken["/trees/master"] = [fault] * 3
    with pytest.raises(OSError, match=message):
        fetch_ms_snsd(data_home=tmp_path)


def test_folders_of_ones_own_are_checked_for_the_obvious(tree, tmp_path):
    place(tree, tmp_path)
    (tmp_path / "noise_train" / "Babble_1.wav").write_bytes(b"")
    with pytest.raises(OSError, match=r"noise_train/: 1 empty \(Babble_1\.wav\)"):
        fetch_ms_snsd(data_home=tmp_path, download_if_missing=False)
    shutil.rmtree(tmp_path / "clean_test")
    (tmp_path / "clean_test").mkdir()
    with pytest.raises(OSError, match="clean_test/: no wav files"):
        fetch_ms_snsd("test", data_home=tmp_path, download_if_missing=False)
    with pytest.raises(ValueError, match="part='all' is not allowed"):
        fetch_ms_snsd("all", data_home=tmp_path)


def test_a_damaged_listing_is_named(server, tmp_path):
    fetch_ms_snsd("test", data_home=tmp_path)
    path = tmp_path / "noise_test.json"
    path.write_text("{half")
    with pytest.raises(OSError, match=rf"^{path}, which lists .* is damaged .*; remove it"):
        fetch_ms_snsd("test", data_home=tmp_path)


def test_an_archive_that_cannot_be_read_back(server, tmp_path, monkeypatch):
    def forget(file, known_hash):
        file.truncate(0)

    monkeypatch.setattr(_ms_snsd, "_fetch_archive", forget)
    with pytest.raises(OSError, match=rf"cannot be read back from {tmp_path} \("):
        fetch_ms_snsd("test", data_home=tmp_path, archive=True)
    assert list(tmp_path.iterdir()) == []


def test_default_folder_is_set_by_environment(tree, tmp_path, monkeypatch):
    monkeypatch.setenv("SKSE_DATA", str(tmp_path))
    place(tree, tmp_path / "ms_snsd")
    assert len(fetch_ms_snsd(download_if_missing=False).speech) == 3


def test_what_is_found_can_be_mixed(tree, tmp_path):
    place(tree, tmp_path)
    data = fetch_ms_snsd(data_home=tmp_path)
    pairs = make_pairs(data.speech, data.noise, snr_db=[0, 20], n=9, random_state=0)
    np.testing.assert_allclose(snr_score(pairs.clean, pairs.noisy), pairs.snr_db, atol=0.01)
    lazy = fetch_ms_snsd(data_home=tmp_path, lazy=True)
    assert [x.path for x in (*lazy.speech, *lazy.noise)] == [*data.speech, *data.noise]
    again = make_pairs(lazy.speech, lazy.noise, snr_db=[0, 20], n=9, random_state=0)
    assert (again.noisy, again.clean) == (pairs.noisy, pairs.clean)


def test_hash_is_that_of_git(tmp_path):
    if shutil.which("git") is None:
        pytest.skip("git is not installed")
    (tmp_path / "file").write_bytes(b"some bytes")
    command = ["git", "hash-object", "--no-filters", str(tmp_path / "file")]
    expected = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    assert _ms_snsd.git_blob_hash(b"some bytes") == expected
