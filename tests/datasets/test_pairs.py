"""load_pairs: matching, formats, and what happens to files that cannot be used."""

import os
import re
import warnings

import numpy as np
import pytest
import soundfile

from skse.datasets import load_pairs
from skse.utils import WaveformHandle


def waveform(seed, n_times=1600):
    return 0.1 * np.random.default_rng(seed).standard_normal(n_times)


def write(path, x, rate=8000):
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, x, rate)


@pytest.fixture
def folders(tmp_path):
    """Three sound pairs a, b, c of 16-bit wav."""
    for i, name in enumerate("abc"):
        clean = waveform(i)
        write(tmp_path / "clean" / f"{name}.wav", clean)
        write(tmp_path / "noisy" / f"{name}.wav", clean + waveform(10 + i))
    return tmp_path / "noisy", tmp_path / "clean"


def test_pairs_by_stem(folders):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        data = load_pairs(*folders)
    assert data.sampling_rate == 8000
    assert data.sentence.tolist() == ["a", "b", "c"]
    assert set(data.speaker) == set(data.noise) == {"unknown"}
    assert (data.skipped, data.unmatched) == ([], [])
    for i, (noisy, clean, snr_db) in enumerate(
        zip(data.noisy, data.clean, data.snr_db, strict=True)
    ):
        assert noisy.dtype == clean.dtype == np.float32
        np.testing.assert_allclose(clean, waveform(i), atol=2**-15)
        np.testing.assert_allclose(noisy, waveform(i) + waveform(10 + i), atol=2**-15)
        expected = 10 * np.log10(np.sum(waveform(i) ** 2) / np.sum(waveform(10 + i) ** 2))
        assert snr_db == pytest.approx(expected, abs=0.01)
    noisy, clean = load_pairs(*folders, return_X_y=True)
    np.testing.assert_array_equal(noisy[2], data.noisy[2])
    np.testing.assert_array_equal(clean[2], data.clean[2])


@pytest.mark.parametrize(
    "match",
    [
        r"^(sp\d+)_",
        re.compile(r"(sp\d+)"),
        {"sp01_car_sn5": "sp01", "sp01_rain": "sp01", "sp02_car_sn5": "sp02"},
        lambda path: path.stem.split("_")[0],
    ],
    ids=["regex", "pattern", "mapping", "callable"],
)
def test_many_noisy_files_share_a_clean_one(tmp_path, match):
    for name in ("sp01", "sp02", "sp03"):
        write(tmp_path / "clean" / f"{name}.wav", waveform(0))
    for name in ("sp01_car_sn5", "sp01_rain", "sp02_car_sn5", "other"):
        write(tmp_path / "noisy" / "deeper" / f"{name}.WAV", waveform(1))
    with pytest.warns(UserWarning, match="2 files have no partner") as caught:
        data = load_pairs(tmp_path / "noisy", tmp_path / "clean", match=match)
    assert len(caught) == 1
    assert data.sentence.tolist() == ["sp01", "sp01", "sp02"]
    noisy, clean = tmp_path / "noisy" / "deeper", tmp_path / "clean"
    assert data.filenames[1] == str(noisy / "sp01_rain.WAV")
    assert data.unmatched == [str(noisy / "other.WAV"), str(clean / "sp03.wav")]


def test_same_stem_in_two_folders_matches_within_the_folder(tmp_path):
    for i, folder in enumerate(("p1", "p2")):
        write(tmp_path / "clean" / folder / "001.wav", waveform(i))
        write(tmp_path / "noisy" / folder / "001.wav", waveform(i))
    write(tmp_path / "noisy" / "p3" / "001.wav", waveform(0))
    with pytest.warns(UserWarning, match="2 clean files have the stem '001'"):
        data = load_pairs(tmp_path / "noisy", tmp_path / "clean")
    assert data.sentence.tolist() == ["p1/001", "p2/001"]
    for noisy, clean in zip(data.noisy, data.clean, strict=True):
        np.testing.assert_array_equal(noisy, clean)


@pytest.mark.parametrize("extension", ["wav", "flac", "ogg", "mp3"])
def test_formats(tmp_path, extension):
    tone = 0.3 * np.sin(2 * np.pi * 500 * np.arange(16000) / 16000)
    for folder in ("clean", "noisy"):
        write(tmp_path / folder / f"a.{extension}", tone, rate=16000)
    data = load_pairs(tmp_path / "noisy", tmp_path / "clean", on_error="raise")
    assert data.sampling_rate == 16000
    spectrum = np.abs(np.fft.rfft(data.clean[0]))
    peak = spectrum.argmax() * 16000 / len(data.clean[0])
    assert peak == pytest.approx(500, abs=2)


def test_resampling(tmp_path):
    seconds = np.arange(16001) / 16000
    tone = 0.3 * np.sin(2 * np.pi * 500 * seconds)
    write(tmp_path / "clean" / "a.wav", tone, rate=16000)
    write(tmp_path / "noisy" / "a.wav", tone[::2], rate=8000)
    data = load_pairs(tmp_path / "noisy", tmp_path / "clean", sampling_rate=8000)
    assert data.sampling_rate == 8000
    assert len(data.clean[0]) == len(data.noisy[0])
    middle = slice(1000, 7000)
    np.testing.assert_allclose(data.clean[0][middle], tone[::2][:8000][middle], atol=1e-3)
    with pytest.raises(
        ValueError, match=r"noisy.a\.wav: 8000 Hz where .* has 16000 Hz; pass sampl"
    ):
        load_pairs(tmp_path / "noisy", tmp_path / "clean")


def truncated(path):
    write(path, waveform(0))
    path.write_bytes(path.read_bytes()[:-800])


def header_only(path):
    write(path, waveform(0))
    path.write_bytes(path.read_bytes()[:44])


def cut_in_header(path):
    write(path, waveform(0))
    path.write_bytes(path.read_bytes()[:30])


def no_samples(path):
    write(path, np.zeros(0))


def no_bytes(path):
    path.write_bytes(b"")


def text(path):
    path.write_text("not audio at all, " * 50)


def longer(path):
    write(path, waveform(20, n_times=4000))


def not_finite(path):
    x = waveform(0)
    x[3] = np.nan
    soundfile.write(path, x, 8000, "FLOAT")


def dangling_link(path):
    path.unlink()
    path.symlink_to(path.parent / "gone" / "away.wav")


FAULTS = {
    truncated: "truncated",
    header_only: "truncated",
    cut_in_header: "truncated: it ends before its samples begin",
    no_samples: "no samples in it",
    no_bytes: "empty file (0 bytes)",
    text: "not an audio file that can be read",
    longer: "samples where its clean file",
    not_finite: "NaN or inf",
    dangling_link: "no such file",
}


@pytest.mark.parametrize("side", [0, 1], ids=["noisy", "clean"])
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_unusable_file_is_named_and_the_rest_goes_on(folders, fault, side):
    path = folders[side] / "b.wav"
    fault(path)
    culprit = folders[0] / "b.wav" if fault is longer else path
    with pytest.warns(UserWarning, match="1 files could not be used") as caught:
        data = load_pairs(*folders)
    assert len(caught) == 1
    assert data.sentence.tolist() == ["a", "c"]
    [(skipped, reason)] = data.skipped
    assert skipped == str(culprit)
    assert FAULTS[fault] in reason
    assert f"{culprit}: {reason}" in str(caught[0].message)
    with pytest.raises(ValueError, match=re.escape(FAULTS[fault])) as error:
        load_pairs(*folders, on_error="raise")
    assert str(culprit) in str(error.value)


@pytest.mark.parametrize("extension", ["flac", "mp3"])
def test_unusable_compressed_file(folders, extension):
    for folder in folders:
        write(folder / f"d.{extension}", waveform(0, n_times=16000))
    path = folders[0] / f"d.{extension}"
    path.write_bytes(path.read_bytes()[:-1500])
    text(folders[0] / f"e.{extension}")
    write(folders[1] / f"e.{extension}", waveform(0))
    with pytest.warns(UserWarning, match="2 files could not be used"):
        data = load_pairs(*folders)
    assert data.sentence.tolist() == ["a", "b", "c"]
    assert [name for name, _ in data.skipped] == [str(path), str(folders[0] / f"e.{extension}")]


def test_other_files_are_named_and_hidden_ones_left_out(folders):
    (folders[0] / "notes.txt").write_text("prompts")
    (folders[0] / ".DS_Store").write_bytes(b"x")
    (folders[0] / ".cache").mkdir()
    (folders[0] / ".cache" / "x.wav").write_bytes(b"x")
    with pytest.warns(UserWarning, match="1 files could not be used"):
        data = load_pairs(*folders)
    assert data.skipped == [(str(folders[0] / "notes.txt"), "not an audio file")]
    assert len(data.noisy) == 3
    with pytest.raises(ValueError, match=r"notes\.txt: not an audio file"):
        load_pairs(*folders, on_error="raise")


def test_wav_of_unknown_length_is_not_truncated(folders):
    """ffmpeg writes this length where it cannot go back to the header."""
    path = folders[0] / "b.wav"
    content = bytearray(path.read_bytes())
    content[40:44] = b"\xff\xff\xff\xff"
    path.write_bytes(content)
    assert len(load_pairs(*folders).noisy) == 3


def test_long_lists_are_shortened_in_the_warning(folders):
    for i in range(30):
        write(folders[0] / f"z{i:02}.wav", waveform(0, n_times=8))
    with pytest.warns(UserWarning, match=r"30 files have no partner .*z19\.wav; and 10 more"):
        data = load_pairs(*folders)
    assert len(data.unmatched) == 30


def test_every_channel_is_an_utterance(folders):
    write(folders[0] / "b.wav", np.stack([waveform(1), waveform(1) + waveform(5)], axis=1))
    write(folders[1] / "c.wav", np.zeros((1600, 2)))
    with pytest.warns(UserWarning, match="1 files could not be used"):
        data = load_pairs(*folders)
    assert data.sentence.tolist() == ["a", "b", "b"]
    assert data.channel.tolist() == [1, 1, 2]
    assert data.filenames[1:] == [str(folders[0] / "b.wav")] * 2
    assert data.clean_filenames[1:] == [str(folders[1] / "b.wav")] * 2
    np.testing.assert_array_equal(data.clean[1], data.clean[2])
    assert "number of channels 1 where" in data.skipped[0][1]


def test_pairs_of_another_rate_are_left_out(folders):
    for folder in folders:
        write(folder / "a.wav", waveform(0), 16000)  # the first file is no better than the others
    with pytest.warns(
        UserWarning, match=r"a\.wav: 16000 Hz where most have 8000 Hz; pass sampling"
    ):
        data = load_pairs(*folders)
    assert (data.sampling_rate, data.sentence.tolist()) == (8000, ["b", "c"])
    with pytest.raises(ValueError, match=r"a\.wav: 16000 Hz where most have 8000 Hz"):
        load_pairs(*folders, on_error="raise")
    assert len(load_pairs(*folders, sampling_rate=8000).noisy) == 3


def test_what_differs_is_told_and_taken_out_on_demand(folders):
    late = np.concatenate([np.zeros(120), waveform(1) + waveform(11)])[:1600]
    write(folders[0] / "b.wav", -late)
    write(folders[0] / "c.wav", np.concatenate([waveform(2) + waveform(12), np.zeros(80)]))
    with pytest.warns(UserWarning, match="load_pairs: ") as caught:
        data = load_pairs(*folders)
    assert len(caught) == 1
    assert data.delay.tolist() == [0, 120, 0]
    assert data.polarity.tolist() == [1, -1, 1]
    assert data.n_cut.tolist() == [0, 0, 80]
    assert len(data.remarks) == 3
    assert all(remark in str(caught[0].message) for remark in data.remarks)
    assert data.snr_db[1] < -3
    with pytest.warns(UserWarning, match="the delay was taken out"):
        aligned = load_pairs(*folders, align=True)
    assert len(aligned.noisy[1]) == 1480
    np.testing.assert_allclose(
        aligned.noisy[1], waveform(1)[:1480] + waveform(11)[:1480], atol=1e-4
    )
    np.testing.assert_array_equal(aligned.clean[1], data.clean[1][:1480])
    np.testing.assert_array_equal(aligned.noisy[0], data.noisy[0])
    assert aligned.snr_db[1] == pytest.approx(data.snr_db[0], abs=1)


@pytest.mark.parametrize("options", [{}, {"align": True}, {"sampling_rate": 6000}])
def test_handles_hold_what_arrays_would(folders, options):
    write(folders[0] / "b.wav", -np.concatenate([np.zeros(120), waveform(1) + waveform(11)]))
    write(folders[0] / "c.wav", np.stack([waveform(2), waveform(3)], axis=1))
    (folders[0] / "d.wav").write_text("no sound")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        data, lazy = (load_pairs(*folders, lazy=lazy, **options) for lazy in (False, True))
    assert data.keys() == lazy.keys()
    for key in data.keys() - {"noisy", "clean", "recording"}:
        np.testing.assert_array_equal(data[key], lazy[key])
    for key in ("noisy", "clean", "recording"):
        for x, handle in zip(data[key], lazy[key], strict=True):
            assert isinstance(handle, WaveformHandle)
            assert handle.sampling_rate == data.sampling_rate
            np.testing.assert_array_equal(handle, x)
    assert lazy.clean[2] == lazy.clean[3]
    assert lazy.recording[2] == lazy.recording[3]


def test_names_by_a_template(folders):
    for name in "abc":
        (folders[1] / f"{name}.wav").rename(folders[1] / f"clean_{name}.wav")
    data = load_pairs(*folders, clean_name="clean_{1}", on_error="raise")
    assert data.sentence.tolist() == ["clean_a", "clean_b", "clean_c"]
    with pytest.raises(ValueError, match=r"match='\^\(b\)', clean_name='\{1\}'"):
        load_pairs(*folders, match="^(b)", clean_name="{1}")


def test_nothing_left(folders, tmp_path):
    with pytest.raises(ValueError, match=r"no pair .* 3 noisy and 3 clean .* 6 files have no part"):
        load_pairs(*folders, match={"a": "x"})
    (tmp_path / "empty").mkdir()
    with pytest.raises(ValueError, match="0 noisy and 3 clean audio files"):
        load_pairs(tmp_path / "empty", folders[1])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"noisy_dir": "nowhere"}, "noisy_dir='nowhere' is not a folder"),
        ({"clean_dir": "nowhere"}, "clean_dir='nowhere' is not a folder"),
        ({"match": "(sp"}, "no regular expression"),
        ({"match": r"sp\d+"}, "has no group"),
        ({"match": 3}, "match=3 must be 'stem'"),
        ({"on_error": "ignore"}, "on_error='ignore' is not allowed"),
        ({"sampling_rate": -1}, "sampling_rate=-1 must be a positive"),
    ],
)
def test_arguments(folders, arguments, message):
    with pytest.raises(ValueError, match=message):
        load_pairs(**{"noisy_dir": folders[0], "clean_dir": folders[1], **arguments})


def test_unmatched_noisy_file_raises_when_asked(folders):
    (folders[1] / "b.wav").unlink()
    with pytest.raises(ValueError, match=r"noisy.b\.wav: no clean file belongs to it"):
        load_pairs(*folders, on_error="raise")


def test_a_folder_that_cannot_be_listed_is_named_and_the_rest_is_loaded(folders, monkeypatch):
    locked = folders[0] / "locked"
    write(locked / "d.wav", waveform(3))
    scan = os.scandir

    def scandir(path="."):
        if str(path) == str(locked):
            raise PermissionError(13, "Permission denied", str(path))
        return scan(path)

    monkeypatch.setattr(os, "scandir", scandir)
    with pytest.warns(UserWarning, match="Permission denied"):
        data = load_pairs(*folders)
    assert data.skipped == [(str(locked), "Permission denied")]
    assert len(data.noisy) == 3
