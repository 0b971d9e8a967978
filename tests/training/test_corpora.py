import io
import lzma
import tarfile

import corpora
import numpy as np
import pooch
import pytest
import soundfile


def package(files):
    """A Debian package, as far as it is looked at: an ar archive of compressed tar files."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    members = {
        "debian-binary": b"2.0\n",
        "control.tar.xz": b"odd",
        "data.tar.xz": packed.getvalue(),
    }
    members["data.tar.xz"] = lzma.compress(members["data.tar.xz"])
    parts = [b"!<arch>\n"]
    for name, content in members.items():
        header = f"{name:<16}{0:<12}{0:<6}{0:<6}{'100644':<8}{len(content):<10}`\n"
        parts += [header.encode(), content, b"\n" * (len(content) % 2)]
    return b"".join(parts)


def test_files_of_a_package_are_read_in_order(tmp_path, monkeypatch):
    path = tmp_path / "voices.deb"
    path.write_bytes(package({"./b.wav": b"two", "./a.txt": b"one"}))
    monkeypatch.setattr(pooch, "retrieve", lambda url, sha256, **more: str(path))
    assert list(corpora.fetch_sounds("v/voices.deb", "0")) == [
        ("./a.txt", b"one"),
        ("./b.wav", b"two"),
    ]


@pytest.mark.parametrize(("rate", "band"), [(16000, 7000), (16000, 5000)])
def test_the_band_above_is_filled_and_the_one_below_kept(rng, rate, band):
    x = rng.standard_normal(4 * rate)
    spectrum = np.fft.rfft(x)
    frequencies = np.fft.rfftfreq(len(x), 1 / rate)
    spectrum[frequencies > band] = 0
    x = np.fft.irfft(spectrum).astype(np.float32)
    filled = np.abs(np.fft.rfft(corpora.whole_band(x, band, rate)))
    low, high = frequencies < band - 400, frequencies > band + 300
    np.testing.assert_allclose(filled[low], np.abs(spectrum[low]), rtol=0.02, atol=5)
    level = np.sqrt(np.mean(filled[high] ** 2) / np.mean(np.abs(spectrum[low]) ** 2))
    assert 0.3 < level < 0.6
    assert corpora.whole_band(x, rate / 2, rate) is x


def test_speech_and_noise_come_from_the_manifest(tmp_path, monkeypatch, rng):
    monkeypatch.setattr(corpora, "PACKAGES", {})
    for kind in ("speech", "noise"):
        (tmp_path / kind).mkdir()
        soundfile.write(tmp_path / kind / "a.wav", 0.3 * rng.standard_normal(16000), 16000)
    columns = "file\tseconds\tsource\tkind\tspeaker\tlicence\tsnr_db\tbandwidth_hz\n"
    rows = "speech/a.wav\t60\tus\ten\tf\tCC0\t40\t7000\nnoise/a.wav\t120\tthem\train\t\tCC0\t\t\n"
    (tmp_path / "manifest.tsv").write_text(columns + rows)
    ((x, band),) = corpora.speech_of(tmp_path, 8000)
    assert (len(x), band) == (8000, 7000)
    (noise,) = corpora.noise_of(tmp_path, 16000)
    assert np.sqrt(np.mean(noise**2)) == pytest.approx(0.05, rel=1e-4)
    assert corpora.credits_of(tmp_path, 8000) == [
        "noise: them, CC0, 2 min",
        "speech: us, CC0, 1 min",
    ]
