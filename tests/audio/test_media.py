"""Files that FFmpeg reads."""

import sys
from contextlib import nullcontext

import numpy as np
import pytest
import soundfile
from scipy.signal import resample_poly

from skse.audio import AudioFormat, _media, is_media, media_suffix, open_audio, write_audio
from skse.audio._media import MEDIA_SUFFIXES
from skse.utils import UnusableFileError, find_delay

av = pytest.importorskip("av", exc_type=ImportError)

RATE = 16000
# Suffix, codec, container, samples a second that it decodes to, how many samples it may add, and
# whether it can be written again.
KINDS = {
    "m4a": ("aac", "ipod", RATE, 2048, True),
    "mp4": ("aac", "mp4", RATE, 2048, True),
    "webm": ("libopus", "webm", 48000, 0, True),
    "mka": ("flac", "matroska", RATE, 0, True),
    "aac": ("aac", "adts", RATE, 2048, False),
    "wma": ("wmav2", "asf", RATE, 4096, False),
    "amr": ("libopencore_amrnb", "amr", 8000, 400, False),
    "3gp": ("libopencore_amrnb", "3gp", 8000, 400, False),
    "mov": ("alac", "mov", RATE, 0, False),
}


@pytest.fixture
def make(tmp_path, speech):
    """Encode 2 s of something like speech; return the path and the waveform."""

    def encode(suffix, n_channels=1, n_tracks=1, picture=False, metadata=None):
        codec, container, rate, *_ = KINDS[suffix]
        rate = min(rate, RATE)
        x = np.tile(speech, 2)[: rate * 2 + 77] if rate == 8000 else np.repeat(speech, 4)
        x = np.stack([x, -0.5 * x][:n_channels]).astype(np.float32)
        path = tmp_path / f"a.{suffix}"
        with av.open(str(path), "w", format=container) as file:
            file.metadata.update(metadata or {})
            streams = [file.add_stream(codec, rate=rate) for _ in range(n_tracks)]
            if picture:
                video = file.add_stream("mpeg4", rate=10)
                video.width, video.height, video.pix_fmt = 32, 32, "yuv420p"
            for stream in streams:
                stream.layout = "mono" if n_channels == 1 else "stereo"
                if codec in ("aac", "wmav2"):
                    stream.bit_rate = 48_000 * n_channels
            if picture:
                for i in range(10):
                    pixels = np.full((32, 32, 3), 20 * i, np.uint8)
                    file.mux(video.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
                file.mux(video.encode(None))
            for stream in streams:
                resampler = av.AudioResampler(stream.format, stream.layout, stream.rate)
                for begin in range(0, x.shape[1], 4096):
                    frame = av.AudioFrame.from_ndarray(
                        np.ascontiguousarray(x[:, begin : begin + 4096]),
                        format="fltp",
                        layout=stream.layout.name,
                    )
                    frame.sample_rate, frame.pts = rate, begin
                    for part in resampler.resample(frame):
                        file.mux(stream.encode(part))
                for part in resampler.resample(None):
                    file.mux(stream.encode(part))
                file.mux(stream.encode(None))
        return path, x, rate

    return encode


def read(path, reader=None):
    with open_audio(path) if reader is None else nullcontext(reader(path, path)) as audio:
        x = np.concatenate(list(audio.blocks(1000)))
        assert x.shape == (audio.n_times, audio.n_channels)
        return x.T, audio


def correlation(x, y):
    n = min(len(x), len(y))
    return np.corrcoef(x[:n], y[:n])[0, 1]


@pytest.mark.parametrize("n_channels", [1, 2])
@pytest.mark.parametrize("suffix", KINDS)
def test_all_samples_are_read(make, suffix, n_channels):
    if suffix in ("amr", "3gp") and n_channels == 2:
        pytest.skip("a codec of one channel")
    path, x, rate = make(suffix, n_channels)
    y, audio = read(path)
    _, _, decoded_rate, slack, is_written = KINDS[suffix]
    assert (audio.sampling_rate, audio.n_channels) == (decoded_rate, n_channels)
    factor = decoded_rate // rate
    assert abs(y.shape[1] / factor - x.shape[1]) <= slack + 700 * (suffix == "wma")
    assert (audio.media is not None) == is_written
    assert media_suffix(path) == (path.suffix if is_written else ".flac")
    if suffix in ("m4a", "mp4", "mka", "mov"):  # without a delay
        assert all(correlation(a, b) > 0.9 for a, b in zip(x, y, strict=True))


@pytest.mark.parametrize("suffix", ["m4a", "mp4", "webm", "mka"])
def test_it_is_written_as_it_was(make, tmp_path, suffix):
    path, *_ = make(suffix, 2, metadata={"title": "Talk"})
    x, audio = read(path)
    new = tmp_path / f"b.{suffix}"
    assert write_audio(new, list(x), AudioFormat.of(audio)) == []
    y, again = read(new)
    assert 0 <= y.shape[1] - x.shape[1] < 1024  # AAC fills its last frame
    assert (again.sampling_rate, again.media.encoder) == (audio.sampling_rate, audio.media.encoder)
    assert all(correlation(a, b) > 0.9 for a, b in zip(x, y, strict=True))
    with av.open(str(new)) as file:
        assert {name.lower(): text for name, text in file.metadata.items()}["title"] == "Talk"


def test_the_sound_of_a_film(make):
    path, x, _ = make("mp4", picture=True)
    y, audio = read(path)
    assert correlation(x[0], y[0]) > 0.9
    assert audio.remarks == ("its picture is left out",)
    assert media_suffix(path) == ".flac"


def test_one_of_many_tracks(make):
    _, audio = read(make("mka", n_tracks=3)[0])
    assert audio.remarks == ("2 of its 3 sound tracks are left out",)


@pytest.mark.parametrize("suffix", ["m4a", "webm", "mka", "wma"])
@pytest.mark.parametrize("part", [0.3, 0.7])
def test_a_file_cut_short_is_named(make, suffix, part):
    path, *_ = make(suffix)
    content = path.read_bytes()
    path.write_bytes(content[: int(part * len(content))])
    with pytest.raises(UnusableFileError) as caught:
        read(path)
    reason = caught.value.reason
    assert reason.startswith(("truncated: ", "damaged", "not an audio file that can be read ("))


def test_what_only_looks_like_one(tmp_path):
    for suffix in ("m4a", "amr", "webm"):
        path = tmp_path / f"a.{suffix}"
        path.write_bytes(b"\0\0\0\x18ftypM4A " + bytes(1000))
        with pytest.raises(UnusableFileError, match=r"not an audio file that can be read \("):
            read(path)
        assert media_suffix(path) == f".{suffix}"


def test_without_pyav_the_remedy_is_said(make, monkeypatch, tmp_path):
    path, *_ = make("m4a")
    monkeypatch.setitem(sys.modules, "av", None)
    other = tmp_path / "voice.message"  # its first bytes tell what it is
    other.write_bytes(path.read_bytes())
    for name in (other, path):
        with pytest.raises(UnusableFileError, match=r'pip install "skse\[media\]"'):
            read(name)


def test_suffixes():
    assert all(suffix == "." + suffix.strip(".").lower() for suffix in MEDIA_SUFFIXES)
    assert {".m4a", ".mp4", ".aac", ".amr", ".3gp", ".webm", ".wma", ".mka"} <= MEDIA_SUFFIXES


def test_a_codec_that_libsndfile_lacks_in_a_container_that_it_has(tmp_path, speech):
    path = tmp_path / "a.caf"
    with av.open(str(path), "w", format="caf") as file:
        stream = file.add_stream("pcm_f32le", rate=8000)
        stream.layout = "mono"
        frame = av.AudioFrame.from_ndarray(speech[None], format="flt", layout="mono")
        frame.sample_rate = 8000
        file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
    x, audio = read(path)
    assert audio.format == "CAF"
    np.testing.assert_array_equal(x[0], speech)
    assert soundfile.check_format("CAF", audio.subtype)


def test_a_kind_of_sound_that_changes_on_the_way(make):
    path, *_ = make("aac", 1)
    content = path.read_bytes()
    path, *_ = make("aac", 2)
    path.write_bytes(content + path.read_bytes())
    with pytest.raises(UnusableFileError, match="number of channels changes on the way"):
        read(path)


def test_a_duration_that_is_no_number_is_no_duration(make):
    path, x, _ = make("mka")
    content = path.read_bytes()
    at = content.index(b"DURATION") + 8
    digits = content.index(b"00:00:0", at)
    path.write_bytes(content[:digits] + b"about a" + content[digits + 7 :])
    assert read(path)[0].shape == x.shape


def test_what_is_named_for_another_kind(write, make, tmp_path, speech):
    """The first bytes decide who reads a file, and what its result is called."""
    wav = write("a.wav", speech).rename(tmp_path / "voice.m4a")
    assert not is_media(wav)
    assert read(wav)[1].format == "WAV"
    path = make("aac")[0].rename(tmp_path / "voice.mp3")
    assert is_media(path)
    assert media_suffix(path) == ".flac"
    assert not is_media(tmp_path / "none.m4a")


def test_one_sample(tmp_path):
    audio_format = AudioFormat(
        48000, 1, 1, "FLAC", "PCM_16", media=_media.MediaFormat("webm", "libopus", 48_000)
    )
    write_audio(tmp_path / "a.webm", [np.zeros(1, np.float32)], audio_format)
    assert read(tmp_path / "a.webm")[0].shape[1] >= 1


def test_tags_that_the_container_does_not_take_are_named(make, tmp_path):
    path, *_ = make("m4a")
    x, audio = read(path)
    audio.texts = {"title": "Talk", "mytag": "own"}
    remarks = write_audio(tmp_path / "b.m4a", list(x), AudioFormat.of(audio))
    assert remarks == ["its tags mytag are lost"]


def encode(path, codec, container, x, rate=RATE, layout="mono", sample_format=None, stamp=None):
    """Encode channels; `stamp` gives a packet's time in s another, or None to leave it out."""
    options = {"avoid_negative_ts": "disabled"}
    with av.open(str(path), "w", format=container, options=options) as file:
        stream = file.add_stream(codec, rate=rate)
        stream.layout = layout
        if sample_format:
            stream.format = sample_format
        if codec == "wmav2":
            stream.bit_rate = 64_000
        resampler = av.AudioResampler(stream.format, stream.layout, stream.rate)
        packed = np.ascontiguousarray(np.atleast_2d(x).T.reshape(1, -1), np.float32)
        frame = av.AudioFrame.from_ndarray(packed, format="flt", layout=layout)
        frame.sample_rate, frame.pts = rate, 0
        packets = [
            packet
            for samples in (frame, None)
            for part in resampler.resample(samples)
            for packet in stream.encode(part)
        ]
        for packet in packets + stream.encode(None):
            time = float(packet.pts * packet.time_base)
            if (new := stamp(time) if stamp else time) is not None:
                packet.pts += round((new - time) / packet.time_base)
                packet.dts = packet.pts
                file.mux(packet)


def without(begin, end):
    """Leave out the packets of a time."""
    return lambda time: None if begin <= time < end else time


@pytest.mark.parametrize(
    ("suffix", "codec", "container", "sample_format", "bits"),
    [
        ("m4a", "alac", "ipod", "s16p", 16),
        ("m4a", "alac", "ipod", "s32p", 24),
        ("mka", "flac", "matroska", "s16", 16),
        ("mka", "flac", "matroska", "s32", 24),
        ("mp4", "flac", "mp4", "s32", 24),
    ],
)
def test_bits_are_neither_lost_nor_made(
    tmp_path, speech, suffix, codec, container, sample_format, bits
):
    path, new = tmp_path / f"a.{suffix}", tmp_path / f"b.{suffix}"
    encode(path, codec, container, speech, sample_format=sample_format)
    x, audio = read(path)
    write_audio(new, list(x), AudioFormat.of(audio))
    y, again = read(new)
    np.testing.assert_array_equal(y, x)
    assert again.subtype == audio.subtype == f"PCM_{bits}"
    assert new.stat().st_size < 1.1 * path.stat().st_size


@pytest.mark.parametrize(
    ("codec", "layout", "n_channels"),
    [
        ("flac", "5.1", 6),
        ("flac", "7.1", 8),
        ("pcm_s16le", "hexadecagonal", 16),
        ("pcm_s16le", "5 channels", 5),
    ],
)
def test_many_channels(tmp_path, speech, codec, layout, n_channels):
    x = speech * np.arange(1, n_channels + 1)[:, None] / n_channels
    encode(tmp_path / "a.mka", codec, "matroska", x, layout=layout)
    y, audio = read(tmp_path / "a.mka")
    assert audio.n_channels == n_channels
    np.testing.assert_allclose(y, x, atol=2**-15)
    new = tmp_path / f"b{media_suffix(tmp_path / 'a.mka')}"
    assert new.suffix == (".flac" if n_channels <= 8 else ".wav")
    write_audio(new, list(y), AudioFormat.of(audio))
    np.testing.assert_allclose(read(new)[0], y, atol=2**-15)


@pytest.mark.parametrize(
    ("suffix", "codec", "container"),
    [
        ("mka", "flac", "matroska"),
        ("webm", "libopus", "webm"),
        ("m4a", "aac", "ipod"),
        ("mp4", "aac", "mp4"),
    ],
)
def test_silence_stands_for_what_is_missing_inside(tmp_path, speech, suffix, codec, container):
    """As with a recorder that pauses or sends nothing where it is silent."""
    x, path = np.tile(speech, 18), tmp_path / f"a.{suffix}"
    encode(path, codec, container, x, 48_000)
    whole, audio = read(path)
    assert audio.remarks == ()
    encode(path, codec, container, x, 48_000, stamp=without(1.0, 2.0))
    y, audio = read(path)
    assert audio.remarks == ("silence stands for the 1.0 s missing inside it",)
    assert y.shape == whole.shape
    # All of it is where it was, but for what a decoder makes anew of the first frames behind.
    assert correlation(y[0, 110_000:], whole[0, 110_000:]) > 0.98
    assert correlation(y[0, :40_000], whole[0, :40_000]) > 0.999
    assert not y[0, 53_000:90_000].any()


def test_a_clock_that_was_set_is_no_gap(tmp_path, speech):
    encode(tmp_path / "a.ts", "aac", "mpegts", np.tile(speech, 18), 48_000, stamp=without(1.0, 2.0))
    y, audio = read(tmp_path / "a.ts")
    assert audio.remarks == ()
    assert y.shape[1] < 18 * len(speech) - 40_000


TIMED = pytest.mark.parametrize(
    ("suffix", "codec", "container"),
    [("mka", "flac", "matroska"), ("webm", "libopus", "webm"), ("m4a", "aac", "ipod")],
)


@TIMED
def test_short_gaps_add_up(tmp_path, speech, suffix, codec, container):
    """As where a packet is lost now and then."""
    x, path = np.tile(speech, 36), tmp_path / f"a.{suffix}"
    encode(path, codec, container, x, 48_000)
    whole, _ = read(path)
    encode(path, codec, container, x, 48_000, stamp=lambda t: None if t % 0.5 > 0.42 else t)
    y, audio = read(path)
    (remark,) = audio.remarks
    assert remark.startswith("silence stands for the ")
    assert abs(whole.shape[1] - y.shape[1]) < 0.17 * 48_000
    assert y.shape[1] < whole.shape[1] + 100


@TIMED
def test_a_clock_that_jumps(tmp_path, speech, suffix, codec, container):
    """What is behind the jump is kept, and missed where the file is cut short."""
    x, path = np.tile(speech, 36), tmp_path / f"a.{suffix}"
    encode(path, codec, container, x, 48_000)
    whole, _ = read(path)
    encode(path, codec, container, x, 48_000, stamp=lambda t: t + 700 * (t > 1))
    y, audio = read(path)
    assert audio.remarks == ("its clock jumps by 700 s, which are left out",)
    np.testing.assert_array_equal(y, whole)
    if suffix != "m4a":  # without its end it has no index
        path.write_bytes(path.read_bytes()[: path.stat().st_size * 6 // 10])
        with pytest.raises(UnusableFileError, match=r"truncated: \d\.\d of 6\.0 s are there"):
            read(path)


@TIMED
@pytest.mark.parametrize("later", [-0.06, 3.0])
def test_sound_that_does_not_begin_at_0(tmp_path, speech, suffix, codec, container, later):
    x, path = np.tile(speech, 18), tmp_path / f"a.{suffix}"
    encode(path, codec, container, x, 48_000)
    whole, _ = read(path)
    encode(path, codec, container, x, 48_000, stamp=lambda t: t + later)
    y, audio = read(path)
    assert audio.remarks == ()
    # The list of edits of MP4 begins at 0.
    missing = whole.shape[1] - y.shape[1]
    assert missing <= 0.062 * 48_000 if suffix == "m4a" and later < 0 else missing <= 0
    if suffix != "m4a":
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
        with pytest.raises(UnusableFileError, match=r"truncated: 1\.\d of (2\.9|3\.0) s are there"):
            read(path)


def test_wma_that_does_not_begin_at_0(tmp_path, speech):
    path, x = tmp_path / "a.wma", np.tile(speech, 18)
    encode(path, "wmav2", "asf", x, 48_000, stamp=lambda t: t + 3)
    assert abs(read(path)[0].shape[1] - len(x)) <= 4096


@pytest.mark.parametrize("rate", [8000, 16_000, 48_000])
def test_opus_in_mp4_is_not_late(tmp_path, speech, rate):
    """FFmpeg decodes it at 48 kHz, and drops of it what it should drop at its own rate."""
    x = np.tile(speech, 4)
    encode(tmp_path / "a.mp4", "libopus", "mp4", x, rate)
    y, audio = read(tmp_path / "a.mp4")
    assert audio.sampling_rate == 48_000
    lag = find_delay(resample_poly(x, 48_000 // rate, 1).astype(np.float32), y[0]).samples
    assert abs(lag) <= 2


@pytest.mark.parametrize(
    ("name", "codec", "container", "rate", "format", "suffix"),
    [
        ("a.wav", "g726", "wav", 8000, "WAV", ".wav"),
        ("a.wav", "adpcm_yamaha", "wav", 8000, "WAV", ".wav"),
        ("a.caf", "alac", "caf", RATE, "CAF", ".caf"),
        ("a.ogg", "flac", "ogg", RATE, "FLAC", ".flac"),
        ("a.oga", "flac", "ogg", RATE, "FLAC", ".flac"),
    ],
)
def test_codecs_that_libsndfile_lacks_in_containers_that_it_reads(
    tmp_path, speech, monkeypatch, name, codec, container, rate, format, suffix
):
    path, x = tmp_path / name, np.tile(speech, 2)
    encode(path, codec, container, x, rate)
    y, audio = read(path)
    assert (audio.sampling_rate, audio.format, media_suffix(path)) == (rate, format, suffix)
    assert correlation(x, y[0]) > 0.98
    new = tmp_path / f"b{suffix}"
    write_audio(new, list(y), AudioFormat.of(audio))
    assert correlation(soundfile.read(new)[0], y[0]) > 0.999
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(UnusableFileError, match=r'pip install "skse\[media\]"'):
        read(path)


@pytest.mark.parametrize(
    ("codec", "container", "suffix", "sample_format", "remark"),
    [
        ("g726", "wav", ".wav", None, "G.726 in WAV is not written: 16 bits take its place"),
        ("g726", "wav", ".wave", None, "G.726 in WAV is not written: 16 bits take its place"),
        (
            "adpcm_yamaha",
            "wav",
            ".wav",
            None,
            "ADPCM in WAV is not written: 16 bits take its place",
        ),
        ("ac3", "wav", ".wav", None, "AC-3 in WAV is not written: 16 bits take its place"),
        ("alac", "caf", ".caf", "s16p", "ALAC in CAF is not written: 16 bits take its place"),
        ("alac", "caf", ".caf", "s32p", "ALAC in CAF is not written: 24 bits take its place"),
        ("flac", "ogg", ".ogg", None, None),
    ],
)
def test_what_takes_the_place_of_a_codec_is_said(
    tmp_path, speech, codec, container, suffix, sample_format, remark
):
    path, rate = tmp_path / f"a{suffix}", 48_000 if codec == "ac3" else 8000
    encode(path, codec, container, np.tile(speech, 2), rate, sample_format=sample_format)
    assert read(path)[1].remarks == ((remark,) if remark else ())


def test_wave_is_wav(tmp_path, speech):
    path, new = tmp_path / "a.wave", tmp_path / "b.wave"
    encode(path, "g726", "wav", speech, 8000)
    comment = b"LIST\x10\0\0\0INFOINAM\4\0\0\0Call"
    content = path.read_bytes() + comment
    path.write_bytes(content[:4] + (len(content) - 8).to_bytes(4, "little") + content[8:])
    x, audio = read(path)
    assert (audio.format, media_suffix(path)) == ("WAV", ".wave")
    assert write_audio(new, list(x), AudioFormat.of(audio)) == []
    assert new.read_bytes().startswith(b"RIFF")
    assert comment in new.read_bytes()


@pytest.mark.parametrize(
    ("codec", "number", "rate"), [("g726", 0x45, 8000), ("ac3", 0x2000, 48_000)]
)
def test_codecs_of_extensible_wav(tmp_path, speech, codec, number, rate):
    path = tmp_path / "a.wav"
    encode(path, codec, "wav", np.tile(speech, 4), rate)
    expected, _ = read(path)
    content = path.read_bytes()
    at, data = content.index(b"fmt "), content.index(b"data")
    old = content[at + 8 : at + 24]
    assert int.from_bytes(old[:2], "little") == number
    fmt = b"\xfe\xff" + old[2:] + b"\x16\0" + old[14:16] + b"\4\0\0\0"
    fmt += number.to_bytes(4, "little") + bytes.fromhex("00001000800000aa00389b71")
    body = b"WAVEfmt " + len(fmt).to_bytes(4, "little") + fmt + content[data:]
    path.write_bytes(b"RIFF" + len(body).to_bytes(4, "little") + body)
    assert is_media(path)
    np.testing.assert_array_equal(read(path)[0], expected)
    soundfile.write(path, speech, 8000, format="WAVEX")
    assert not is_media(path)


@pytest.mark.parametrize("n_times", [4000, 4096, 8100, 20_000])
def test_alac_in_caf_is_read_to_its_end(tmp_path, rng, n_times):
    x = np.round(1000 * rng.standard_normal(n_times)) / 2**15
    encode(tmp_path / "a.caf", "alac", "caf", x)
    y, _ = read(tmp_path / "a.caf")
    np.testing.assert_allclose(y, x[None], atol=2**-16)


def test_mp3_in_wav(tmp_path, speech):
    """libsndfile 1.2.2 says more samples than there are."""
    encode(tmp_path / "a.wav", "mp3", "wav", np.tile(speech, 6), 44_100)
    y, audio = read(tmp_path / "a.wav")
    assert (audio.format, audio.subtype) == ("WAV", "MPEG_LAYER_III")
    assert 0 <= y.shape[1] - 6 * len(speech) < 4 * 1152
    assert audio.remarks == ("MP3 in WAV is not written: 16 bits take its place",)
    write_audio(tmp_path / "b.wav", list(y), AudioFormat.of(audio))
    z, again = read(tmp_path / "b.wav")
    assert again.subtype == "PCM_16"
    np.testing.assert_allclose(z, y, atol=2**-16)


@pytest.mark.parametrize("n_channels", range(1, 9))
def test_channels_of_ogg_are_in_the_order_of_others(tmp_path, speech, n_channels):
    """As FFmpeg decodes it, whoever reads it: libsndfile leaves the centre second."""
    t = np.arange(24_000) / 48_000
    x = 0.1 * np.sin(2 * np.pi * 300 * np.arange(1, n_channels + 1)[:, None] * t)
    path = tmp_path / "a.opus"
    audio_format = AudioFormat(48_000, n_channels, len(t), "OGG", "OPUS")
    write_audio(path, list(x.astype(np.float32)), audio_format)
    y, audio = read(path)
    assert audio.format == "OGG"
    theirs, _ = read(path.rename(tmp_path / "b.opus"), _media.MediaReader)
    for waveforms in (y, theirs):
        loudest = np.abs(np.fft.rfft(waveforms)).argmax(axis=1)
        lfe = 3 if n_channels in (6, 7, 8) else None  # low tones alone
        expected = 150 * np.arange(1, n_channels + 1)
        keep = [i for i in range(n_channels) if i != lfe]
        np.testing.assert_array_equal(loudest[keep], expected[keep])
