"""fetch_noizeus against a local server, with a corpus of tiny files under the real names."""

import hashlib
import io
import shutil
import zipfile
from collections import Counter

import numpy as np
import pytest
import soundfile

from skse.datasets import _download, _noizeus, active_speech_level, fetch_noizeus

SELECTION = {"noises": ["car", "train"], "snr_db": [0, 15], "sentences": ["sp01", "sp30"]}
FOLDERS = ["car_0dB", "car_15dB", "clean", "train_0dB", "train_15dB"]


def wav_bytes(waveform):
    file = io.BytesIO()
    soundfile.write(file, waveform, 8000, "PCM_16", format="WAV")
    return file.getvalue()


def folder_of(name):
    if "_" not in name:
        return "clean"
    _, noise, ratio = name.removesuffix(".wav").split("_")
    return f"{noise}_{ratio.removeprefix('sn')}dB"


@pytest.fixture(scope="module")
def corpus():
    """File name -> content."""
    rng = np.random.default_rng(0)
    names = ["sp01.wav", "sp30.wav"]
    for noise in SELECTION["noises"]:
        for ratio in SELECTION["snr_db"]:
            names += [f"{s}_{noise}_sn{ratio}.wav" for s in SELECTION["sentences"]]
    return {name: wav_bytes(rng.uniform(-0.5, 0.5, 80)) for name in names}


@pytest.fixture
def zips(corpus):
    """Path on the server -> content, in the layout of the original zips."""
    out = {}
    for folder in FOLDERS:
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w") as archive:
            for name, content in corpus.items():
                if folder_of(name) == folder:
                    archive.writestr(f"{folder}/{name}", content)
        out[f"/{folder}.zip"] = file.getvalue()
    return out


@pytest.fixture
def server(zips, corpus, monkeypatch, serve):
    server = serve(zips)
    hashes = {name: hashlib.sha256(content).hexdigest() for name, content in corpus.items()}
    monkeypatch.setattr(_noizeus, "_read_hashes", lambda: hashes)
    monkeypatch.setattr(_noizeus, "_BASE_URL", server.url)
    return server


def place(corpus, home, layout):
    for name, content in corpus.items():
        path = home / layout(name) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def noise_then_snr(name):
    return folder_of(name).replace("_", "/")


LAYOUTS = {
    "original": lambda name: f"{folder_of(name)}/wav",
    "no wav folder": folder_of,
    "flat": lambda name: ".",
    "noise/snr": noise_then_snr,
    "clean_noizeus": lambda name: f"{folder_of(name).replace('clean', 'clean_noizeus')}/wav",
    "one level down": lambda name: f"corpora/NOIZEUS/{folder_of(name)}",
}


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS.keys())
def test_files_in_any_layout_are_found_offline(corpus, server, tmp_path, layout):
    place(corpus, tmp_path, layout)
    data = fetch_noizeus(data_home=tmp_path, **SELECTION)
    assert server.requests == []
    assert len(data.noisy) == 8
    assert set(zip(data.sentence, data.speaker, strict=True)) == {("sp01", "m1"), ("sp30", "f3")}
    for pair in zip(data.sentence, data.noise, data.snr_db, data.noisy, data.clean, strict=True):
        sentence, noise, ratio, noisy, clean = pair
        for name, got in ((f"{sentence}_{noise}_sn{ratio:.0f}", noisy), (sentence, clean)):
            expected, _ = soundfile.read(io.BytesIO(corpus[f"{name}.wav"]), dtype="float32")
            np.testing.assert_array_equal(got, expected)
            assert got.dtype == np.float32


def test_download_gives_the_files_of_the_zips(corpus, server, tmp_path, capsys):
    data = fetch_noizeus(data_home=tmp_path / "new", **SELECTION)
    assert sorted(server.requests) == [f"/{folder}.zip" for folder in FOLDERS]
    on_disk = {path.name: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert on_disk == corpus  # and no temporary file is left
    assert (tmp_path / "new" / "car_0dB" / "wav" / "sp01_car_sn0.wav").is_file()
    assert "car_0dB.zip (1/5)" in capsys.readouterr().err  # the progress bar

    again = fetch_noizeus(data_home=tmp_path / "new", **SELECTION)
    assert len(server.requests) == len(FOLDERS)
    np.testing.assert_array_equal(np.stack(again.noisy), np.stack(data.noisy))


def test_complete_folders_are_not_downloaded_again(corpus, server, tmp_path):
    place(corpus, tmp_path, LAYOUTS["original"])
    (tmp_path / "car_15dB" / "wav" / "sp30_car_sn15.wav").unlink()
    shutil.rmtree(tmp_path / "clean")
    fetch_noizeus(data_home=tmp_path, **SELECTION)
    assert server.requests == ["/car_15dB.zip", "/clean.zip"]


def test_interrupted_download_goes_on(corpus, server, tmp_path):
    server.broken["/clean.zip"] = [503, 503, 503]
    with pytest.raises(OSError, match=r"clean\.zip could not be .*; 2 of 5 folders are complete"):
        fetch_noizeus(data_home=tmp_path, **SELECTION)
    assert Counter(server.requests)["/clean.zip"] == 3
    server.requests.clear()
    fetch_noizeus(data_home=tmp_path, **SELECTION)
    assert server.requests == ["/clean.zip", "/train_0dB.zip", "/train_15dB.zip"]


def truncated(content):
    return content[: len(content) // 2]


def corrupted(content):
    """Flip the bits of one sample of the first wav; the zip's own checksum notices."""
    middle = content.index(b"data") + 20
    return content[:middle] + bytes([content[middle] ^ 0xFF]) + content[middle + 1 :]


def not_a_zip(content):
    return b"<html>Please log in</html>".ljust(len(content))


def other_recording(content):
    """A sound zip that holds another waveform under the same names."""
    file = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as before,
        zipfile.ZipFile(file, "w") as after,
    ):
        for name in before.namelist():
            after.writestr(name, wav_bytes(np.zeros(80)))
    return file.getvalue()


def without_first_file(content):
    file = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as before,
        zipfile.ZipFile(file, "w") as after,
    ):
        for name in before.namelist()[1:]:
            after.writestr(name, before.read(name))
    return file.getvalue().ljust(len(content), b"\0")


FAULTS = {
    truncated: "could not be downloaded",
    corrupted: "damaged",
    not_a_zip: "the zip is damaged",
    other_recording: "sp01_car_sn0.wav in the zip does not have its recorded SHA-256",
    without_first_file: "sp01_car_sn0.wav is not in the zip",
}


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_broken_download_is_repeated(corpus, server, tmp_path, fault):
    server.broken["/car_0dB.zip"] = [fault, fault]
    fetch_noizeus(data_home=tmp_path, **SELECTION)
    assert Counter(server.requests)["/car_0dB.zip"] == 3
    on_disk = {path.name: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert on_disk == corpus


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_download_that_stays_broken_leaves_nothing(server, tmp_path, fault):
    server.broken["/car_0dB.zip"] = [fault] * 3
    with pytest.raises(OSError, match=FAULTS[fault]) as caught:
        fetch_noizeus(data_home=tmp_path, noises="car", snr_db=0, sentences=["sp01", "sp30"])
    assert server.url + "car_0dB.zip" in str(caught.value)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_404_is_not_repeated(server, tmp_path):
    server.broken["/car_0dB.zip"] = [404]
    with pytest.raises(OSError, match=r"404.*4 files were missing .*; 0 of 2 folders"):
        fetch_noizeus(data_home=tmp_path, noises="car", snr_db=0, sentences=["sp01", "sp30"])
    assert server.requests == ["/car_0dB.zip"]


def test_damaged_file_is_named_and_replaced(corpus, server, tmp_path):
    place(corpus, tmp_path, LAYOUTS["original"])
    damaged = tmp_path / "train_0dB" / "wav" / "sp30_train_sn0.wav"
    damaged.write_bytes(damaged.read_bytes()[:-1] + b"\x55")
    with pytest.raises(OSError, match=r"1 of 10 files damaged: sp30_train_sn0\.wav"):
        fetch_noizeus(data_home=tmp_path, download_if_missing=False, **SELECTION)
    with pytest.warns(UserWarning, match=r"SHA-256 and .* again: sp30_train_sn0\.wav"):
        fetch_noizeus(data_home=tmp_path, **SELECTION)
    assert server.requests == ["/train_0dB.zip"]
    assert damaged.read_bytes() == corpus[damaged.name]


def test_intact_copy_beside_a_damaged_one_is_enough(corpus, server, tmp_path):
    place(corpus, tmp_path / "b", LAYOUTS["flat"])
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "sp01.wav").write_bytes(b"enhanced by someone")
    fetch_noizeus(data_home=tmp_path, download_if_missing=False, **SELECTION)


def test_missing_files_without_download_are_counted(corpus, server, tmp_path):
    place(corpus, tmp_path, LAYOUTS["original"])
    shutil.rmtree(tmp_path / "car_0dB")
    message = "2 of 10 files missing: sp01_car_sn0.wav, sp30_car_sn0.wav"
    with pytest.raises(OSError, match=message):
        fetch_noizeus(data_home=tmp_path, download_if_missing=False, **SELECTION)
    with pytest.raises(OSError, match=r"10 of 10 files missing: car_0dB \(2\), .*clean \(2\)"):
        fetch_noizeus(data_home=tmp_path / "no", download_if_missing=False, **SELECTION)
    assert server.requests == []


def test_default_folder_is_set_by_environment(corpus, server, tmp_path, monkeypatch):
    monkeypatch.setenv("SKSE_DATA", str(tmp_path))
    place(corpus, tmp_path / "noizeus", LAYOUTS["original"])
    noisy, clean = fetch_noizeus(return_X_y=True, download_if_missing=False, **SELECTION)
    assert len(noisy) == len(clean) == 8
    monkeypatch.delenv("SKSE_DATA")
    assert _download.default_home("noizeus").name == "noizeus"
    assert tmp_path not in _download.default_home("noizeus").parents


@pytest.mark.parametrize(
    "selection", [{"noises": "traffic"}, {"snr_db": 7}, {"sentences": ["sp31"]}, {"noises": []}]
)
def test_unknown_selection(selection, tmp_path):
    (name, value), *_ = selection.items()
    with pytest.raises(ValueError, match=f"fetch_noizeus: {name}=") as caught:
        fetch_noizeus(data_home=tmp_path, download_if_missing=False, **selection)
    assert repr(value) in str(caught.value)


def test_recorded_hashes_are_complete():
    expected = {f"{s}.wav" for s in _noizeus.SENTENCES} | {
        f"{s}_{noise}_sn{ratio}.wav"
        for s in _noizeus.SENTENCES
        for noise in _noizeus.NOISES
        for ratio in _noizeus.SNRS_DB
    }
    hashes = _noizeus._read_hashes()
    assert set(hashes) == expected
    assert len(set(hashes.values())) == 990


@pytest.mark.noizeus
def test_real_corpus(noizeus_home):
    data = fetch_noizeus(data_home=noizeus_home, download_if_missing=False)
    assert len(data.noisy) == 960
    assert sum(map(len, data.noisy)) / 8000 == pytest.approx(2561, abs=1)
    assert Counter(data.speaker.tolist()) == dict.fromkeys(
        ["m1", "m2", "f1", "f2", "m3", "f3"], 160
    )
    assert set(data.speaker[data.sentence == "sp14"]) == {"f1"}
    for noisy, clean, nominal in zip(
        data.noisy[::16], data.clean[::16], data.snr_db[::16], strict=True
    ):
        noise_db = 10 * np.log10(np.mean((noisy - clean).astype(float) ** 2))
        assert active_speech_level(clean, 8000) - noise_db == pytest.approx(nominal, abs=0.3)
