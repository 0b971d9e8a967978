import os
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import joblib
import numpy as np
import pytest
import soundfile
import soxr
from joblib.externals.loky import get_reusable_executor

from skse import WPE, IdentityEnhancer, LogMMSE, SpectralSubtraction, SpeechEnhancer, WienerFilter
from skse.files import ModelError, _enhance, enhance_files
from skse.files._choice import frame_length
from skse.files._upper_band import step_of, write_gains
from skse.models import available_models, load_model
from skse.utils import digest


@pytest.fixture
def everything_in_files(monkeypatch):
    monkeypatch.setattr(_enhance, "_IN_MEMORY", 0)


def enhance_one(path, out, **options):
    (result,) = enhance_files([path], out, **options)
    assert (result.status, result.reason) == ("enhanced", "")
    return soundfile.read(result.destination, dtype="float32")[0]


def fitted(y, x):
    """As long as x."""
    return np.pad(y[: len(x)], (0, len(x) - len(y[: len(x)])))


def expected_of(enhancer, x, rate, model_rate):
    """The same by soxr and predict on whole arrays."""
    n_times = round(len(x) * model_rate / rate)
    low = fitted(soxr.resample(x, rate, model_rate), np.empty(n_times))
    enhanced = enhancer.predict([low])[0]
    back = fitted(soxr.resample(enhanced, model_rate, rate), x)
    if rate <= model_rate:
        return back
    step = step_of(model_rate)
    gains = np.empty(-(-n_times // step) + 1, np.float32)
    write_gains(low, enhanced, step, 0, gains)
    times = model_rate / rate / step * np.arange(len(x))
    upper = x - fitted(soxr.resample(low, model_rate, rate), x)
    return (upper * np.interp(times, np.arange(len(gains)), gains)).astype(np.float32) + back


@pytest.mark.parametrize("where", ["in memory", "in files"])
@pytest.mark.parametrize("rate", [6000, 8000, 16000, 44100])
@pytest.mark.parametrize("n_channels", [1, 2])
def test_a_model_gives_what_predict_gives_bit_for_bit(
    request, write, tmp_path, rng, speech, enhancer, model, where, rate, n_channels
):
    if where == "in files":
        request.getfixturevalue("everything_in_files")
    x = np.tile(speech, 9 if rate <= 8000 else 3)  # 67 s are more than one block
    x = np.stack([x, rng.permutation(x)][:n_channels], axis=1)
    path = write("in.wav", x, rate, subtype="FLOAT")
    enhanced = enhance_one(path, tmp_path / "out", model=model).reshape(x.shape)
    for i in range(n_channels):
        expected = expected_of(enhancer, x[:, i], rate, 8000)
        np.testing.assert_array_equal(enhanced[:, i], expected)


@pytest.mark.parametrize("where", ["in memory", "in files"])
@pytest.mark.parametrize(
    ("method", "kind"),
    [
        ("spectral-subtraction", SpectralSubtraction),
        ("log-mmse", LogMMSE),
        ("wiener", WienerFilter),
        ("wpe", WPE),
    ],
)
def test_a_classical_enhancer_gives_what_predict_gives_bit_for_bit(
    request, write, tmp_path, rng, speech, where, method, kind
):
    """However many recordings, and of whatever length, are enhanced side by side."""
    if method == "wpe":
        pytest.importorskip("nara_wpe")
    if where == "in files":
        request.getfixturevalue("everything_in_files")
    made = {}
    for i, rate in enumerate([8000, 16000, 8000, 44100, 8000]):
        x = np.tile(speech, 3 * (rate // 8000))[: (24000 - 3001 * i) * (rate // 8000)]
        made[write(f"in/{i}.wav", x, rate, subtype="FLOAT")] = x, rate
    results = enhance_files([tmp_path / "in"], tmp_path / "out", method=method)
    assert [Path(result.source) for result in results] == list(made)
    for result, (x, rate) in zip(results, made.values(), strict=True):
        n_fft = frame_length(rate) if method != "wpe" else frame_length(rate, 0.064)
        enhancer = kind(rate, n_fft=n_fft, hop_length=n_fft // 4).fit([x])
        enhanced, written_rate = soundfile.read(result.destination, dtype="float32")
        assert written_rate == rate
        assert result.seconds == len(x) / rate
        np.testing.assert_array_equal(enhanced, enhancer.predict([x])[0])


def test_wpe_needs_no_second_of_a_recording(write, tmp_path, speech):
    pytest.importorskip("nara_wpe")
    path = write("in.wav", speech[:6000], 8000, subtype="FLOAT")
    (result,) = enhance_files([path], tmp_path / "out", method="wpe")
    assert result.reason == ""
    enhanced, _ = soundfile.read(result.destination, dtype="float32")
    assert np.abs(enhanced - speech[:6000]).max() > 1e-3


@pytest.mark.parametrize(
    ("n_times", "is_left"), [(400, True), (7999, True), (8000, False), (16000, False)]
)
def test_a_word_is_left_as_it_is(write, tmp_path, rng, n_times, is_left):
    """What is short and alike throughout may be a vowel, though it is noise here."""
    noise = (0.1 * rng.standard_normal(n_times)).astype(np.float32)
    path = write("a.wav", noise, subtype="FLOAT")
    (result,) = enhance_files([path], tmp_path / "out", method="log-mmse")
    enhanced = soundfile.read(result.destination, dtype="float32")[0]
    if is_left:
        np.testing.assert_array_equal(enhanced, noise)
        assert f"not enhanced, because it is only {n_times / 8000:.3g} s" in result.remarks[0]
    else:
        assert np.std(enhanced) < 0.5 * np.std(noise)
        assert result.remarks == ()
    (result,) = enhance_files([path], tmp_path / "start", method="log-mmse", noise="start")
    assert result.remarks == ()
    assert np.std(soundfile.read(result.destination)[0]) < 0.6 * np.std(noise)


def test_below_every_model_a_word_is_left_by_default_too(write, tmp_path, rng):
    noise = (0.1 * rng.standard_normal(500)).astype(np.float32)
    (result,) = enhance_files([write("a.wav", noise, 3999, subtype="FLOAT")], tmp_path / "out")
    np.testing.assert_array_equal(soundfile.read(result.destination, dtype="float32")[0], noise)
    assert result.remarks[0].endswith("(--noise start, noise='start', enhances it)")


def test_how_short_is_told_by_the_rate_that_is_passed(write, tmp_path, rng):
    noise = (0.1 * rng.standard_normal(30_000)).astype(np.float32)
    for n_times, is_left in ((12_800, True), (30_000, False)):
        path = write(f"{n_times}.wav", noise[:n_times], 16000, subtype="FLOAT")
        for n_fft in (256, 2048):
            model = WienerFilter(n_fft=n_fft, hop_length=n_fft // 4).fit([noise])
            options = {"model": model, "sampling_rate": 16000, "force": True}
            (result,) = enhance_files([path], tmp_path / "out", **options)
            assert (result.remarks != ()) == is_left
            y = soundfile.read(result.destination, dtype="float32")[0]
            assert np.array_equal(y, noise[:n_times]) == is_left


@pytest.mark.parametrize("rate", [5000, 16000, 44100])
def test_a_word_is_left_as_it_is_at_any_rate(write, tmp_path, rng, rate):
    """The model works at another rate than the recording has: no sample goes through it."""
    noise = (0.1 * rng.standard_normal((rate // 2, 2))).astype(np.float32)
    path = write("a.wav", noise, rate, subtype="FLOAT")
    out = enhance_one(path, tmp_path / "out", model=LogMMSE(8000).fit([noise[:, 0]]))
    np.testing.assert_array_equal(out, noise)


@pytest.mark.parametrize(
    ("kind", "subtype"),
    [("WAV", "PCM_16"), ("WAV", "PCM_24"), ("FLAC", "PCM_24"), ("AIFF", "PCM_16"), ("WAV", "ULAW")],
)
def test_the_file_is_of_the_kind_it_was(write, tmp_path, speech, model, kind, subtype):
    path = write("in", np.stack([speech, speech / 2], 1), 11025, format=kind, subtype=subtype)
    enhanced = enhance_one(path, tmp_path / "out", model=model)
    was, now = soundfile.info(path), soundfile.info(tmp_path / "out" / "in")
    for name in ("format", "subtype", "samplerate", "channels", "frames"):
        assert getattr(was, name) == getattr(now, name)
    assert np.corrcoef(enhanced[:, 0], speech)[0, 1] > 0.9


def test_level_is_kept(write, tmp_path, speech):
    joblib.dump(IdentityEnhancer(8000).fit([speech]), tmp_path / "model.joblib")
    for level in (1e-3, 0.1, 3.0):
        path = write(f"{level}.wav", level * speech, 8000, subtype="FLOAT")
        out = enhance_one(path, tmp_path / "out", model=tmp_path / "model.joblib")
        np.testing.assert_array_equal(out, soundfile.read(path, dtype="float32")[0])


class Louder(IdentityEnhancer):
    def enhance(self, waveforms, allocate=np.empty):
        enhanced = super().enhance(waveforms, allocate)
        for x in enhanced:
            x[0 : len(x)] = 2 * x[0 : len(x)]
        return enhanced


def test_what_would_clip_is_turned_down_and_said(write, tmp_path):
    x = np.stack([np.linspace(-0.75, 0.75, 4000), np.linspace(0, 0.25, 4000)], axis=1)
    model = Louder(8000).fit([x[:, 0]])
    (result,) = enhance_files([write("a.wav", x)], tmp_path / "out", model=model)
    assert result.gain_db == pytest.approx(-20 * np.log10(1.5), abs=1e-3)
    enhanced, _ = soundfile.read(result.destination)
    np.testing.assert_allclose(enhanced, x * 2 / 1.5, atol=1e-4)  # both channels alike
    path = write("b.wav", x, subtype="FLOAT")
    (result,) = enhance_files([path], tmp_path / "out", model=model)
    assert result.gain_db == 0
    np.testing.assert_allclose(soundfile.read(result.destination)[0], 2 * x, atol=1e-6)


def test_what_is_broken_is_named_and_does_not_stop_the_rest(write, tmp_path, speech, model):
    good = [write(f"in/{name}.wav", speech) for name in "ahz"]
    bad = np.array(speech)
    bad[5] = np.nan
    write("in/b.wav", bad, subtype="FLOAT")
    write("in/c.wav", speech[:0])
    (tmp_path / "in" / "d.wav").write_bytes(b"")
    (tmp_path / "in" / "e.wav").write_text("a text")
    cut = write("in/f.wav", speech)
    cut.write_bytes(cut.read_bytes()[:-800])
    for options in ({"model": model}, {"model": "auto"}, {}):
        results = enhance_files([tmp_path / "in"], tmp_path / "out", force=True, **options)
        failed = {Path(r.source).stem: r.reason for r in results if r.status == "failed"}
        assert {Path(r.source) for r in results if r.status == "enhanced"} == set(good)
        assert list(failed) == list("bcdef")
        assert "NaN" in failed["b"]
        assert "no samples" in failed["c"]
        assert "empty" in failed["d"]
        assert "not an audio file" in failed["e"]
        assert failed["f"] == "truncated: 15200 of 16000 bytes of samples are there"
        written = sorted(path.name for path in (tmp_path / "out").iterdir())
        assert written == ["a.wav", "h.wav", "z.wav"]


class FailingOnLong(IdentityEnhancer):
    def enhance(self, waveforms, allocate=np.empty):
        if max(map(len, waveforms)) > 5000:
            raise MemoryError("too long")
        return super().enhance(waveforms, allocate)


def test_one_recording_that_cannot_be_enhanced_does_not_stop_its_group(write, tmp_path, speech):
    for name, n_times in (("a", 100), ("b", 6000), ("c", 200)):
        write(f"in/{name}.wav", speech[:n_times])
    model = FailingOnLong(8000).fit([speech])
    results = enhance_files([tmp_path / "in"], tmp_path / "out", model=model)
    assert [r.status for r in results] == ["enhanced", "failed", "enhanced"]
    assert results[1].reason == "MemoryError: too long"


@pytest.mark.parametrize("method", ["model", "log-mmse", "auto"])
def test_number_of_processes_does_not_matter(write, tmp_path, speech, enhancer, method):
    for i in range(5):
        write(f"in/{i}.wav", np.tile(speech, 3)[: 4000 * (i + 1)], 8000 * (1 + i % 2))
    options = {"model": {"model": enhancer, "auto": "auto"}.get(method)}
    if method == "log-mmse":
        options = {"method": method}
    for n_jobs in (1, 2):
        results = enhance_files(
            [tmp_path / "in"], tmp_path / f"out{n_jobs}", n_jobs=n_jobs, **options
        )
        assert [Path(r.source).stem for r in results] == list("01234")
    for path in (tmp_path / "out1").iterdir():
        assert path.read_bytes() == (tmp_path / "out2" / path.name).read_bytes()


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_a_class_of_ones_own_is_trusted_in_every_process(
    write, tmp_path, speech, own_model, n_jobs
):
    enhancer, path = own_model
    source = write("in/a.wav", speech, 8000, subtype="FLOAT")
    options = {"model": path, "n_jobs": n_jobs}
    get_reusable_executor().shutdown()  # processes of before do not know the module's folder
    with pytest.raises(ModelError, match=r"pass trusted=\['ownfilter.OwnFilter'\]"):
        enhance_files([source], tmp_path / "out", **options)
    got = enhance_one(source, tmp_path / "out", trusted=["ownfilter.OwnFilter"], **options)
    np.testing.assert_array_equal(got, enhancer.predict([speech])[0])


def test_a_process_that_is_killed_is_told_of(write, tmp_path, speech, monkeypatch):
    write("a.wav", speech)

    def break_down(jobs, settings):
        raise BrokenProcessPool

    monkeypatch.setattr(_enhance, "process", break_down)
    (result,) = enhance_files([tmp_path / "a.wav"], tmp_path / "out")
    assert (result.status, result.reason[:20]) == ("failed", "a process was killed")


def test_resume_and_force(write, tmp_path, speech):
    paths = [write(f"{name}.wav", speech) for name in "ab"]
    out = tmp_path / "out"
    enhance_files(paths[:1], out)
    (out / "a.wav").write_text("touched")
    assert [r.status for r in enhance_files(paths, out, resume=True)] == ["skipped", "enhanced"]
    assert [r.status for r in enhance_files(paths, out)] == ["failed", "failed"]
    assert (out / "a.wav").read_text() == "touched"
    assert [r.status for r in enhance_files(paths, out, force=True)] == ["enhanced", "enhanced"]
    assert soundfile.info(out / "a.wav").frames == len(speech)


def test_limits_take_the_place_of_the_model_s(write, tmp_path, speech, enhancer, model):
    path = write("a.wav", speech, subtype="FLOAT")
    same = enhance_one(path, tmp_path / "1", model=model, strength=0.0)
    np.testing.assert_allclose(same, speech, atol=1e-6)
    floored = enhance_one(path, tmp_path / "2", model=enhancer, mask_floor_db=-3.0)
    expected = SpeechEnhancer.predict(joblib.load(model).set_params(mask_floor_db=-3.0), [speech])[
        0
    ]
    np.testing.assert_array_equal(floored, expected)
    assert (enhancer.strength, enhancer.mask_floor_db) == (1.0, None)
    same = enhance_one(path, tmp_path / "3", strength=0.0)
    np.testing.assert_allclose(same, speech, atol=1e-6)
    same = enhance_one(path, tmp_path / "4", method="log-mmse", strength=0.0)
    np.testing.assert_allclose(same, speech, atol=1e-6)


def test_a_model_that_does_not_say_its_rate(write, tmp_path, speech):
    speech = np.tile(speech, 3)
    path = write("a.wav", speech, 16000, subtype="FLOAT")
    model = SpectralSubtraction().fit([speech])
    with pytest.raises(ValueError, match="fitted without a sampling rate; pass the one of its"):
        enhance_files([path], tmp_path / "out", model=model)
    enhanced = enhance_one(path, tmp_path / "out", model=model, sampling_rate=8000)
    np.testing.assert_array_equal(enhanced, expected_of(model, speech, 16000, 8000))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"method": "magic"}, "method='magic' is not allowed; choose from 'log-mmse'"),
        ({"n_jobs": 0}, "n_jobs == 0"),
        ({"force": True, "resume": True}, "contradict each other"),
        ({"sampling_rate": 8000}, "sampling_rate is that of a model"),
        ({"noise": "start", "model": "speech-8k"}, "noise='start' goes with method only"),
        ({"model": "auto", "sampling_rate": 8000}, "sampling_rate is that of a model"),
        ({"method": "wpe", "strength": 0.5}, "method='wpe' takes no strength=0.5"),
        ({"method": "wpe", "noise": "start"}, "method='wpe' takes no noise='start'"),
        ({"method": "wiener", "noise": "end"}, "noise='end' is not allowed; choose from 'start'"),
        ({"model": "speech-8k", "method": "wiener"}, "model and method exclude each other"),
        ({"model": "speech8k"}, "neither a file nor a model of skse .*did you mean 'speech-8k'"),
        ({"model": "https://a.org/a.skse"}, "must end in #sha256="),
        ({"trusted": ["a.B"]}, "goes with a .skse file as model only"),
        ({"strength": 2.0}, "strength == 2.0, must be <= 1"),
        ({"mask_floor_db": 5.0}, "mask_floor_db == 5.0, must be <= 0"),
        ({"model": "rate", "sampling_rate": 16000}, "fitted with sampling_rate=8000"),
    ],
)
def test_wrong_arguments_are_refused_before_anything_is_written(
    write, tmp_path, speech, model, options, message
):
    if options.get("model") == "rate":
        options = {**options, "model": model}
    with pytest.raises(ValueError, match=message):
        enhance_files([write("a.wav", speech)], tmp_path / "out", **options)
    assert os.listdir(tmp_path) == ["a.wav"]


def test_an_absurd_sampling_rate_is_refused_and_a_high_one_is_not(write, tmp_path, speech):
    paths = [write(f"{rate}.wav", speech, rate) for rate in (500_000, 2_000_000_000)]
    high, absurd = enhance_files(paths, tmp_path / "out")
    assert high.status == "enhanced"
    assert absurd.reason == "its header claims 2000000000 samples a second"


def test_folders_that_cannot_be_written_to(write, tmp_path, speech, monkeypatch):
    path = write("a.wav", speech)
    with pytest.raises(ValueError, match="is a file, not a folder"):
        enhance_files([path], path)
    with pytest.raises(NotADirectoryError):
        enhance_files([path], path / "out")

    def refuse(dir):
        raise PermissionError(13, "Permission denied", f"{dir}/tmp123")

    monkeypatch.setattr(_enhance.tempfile, "TemporaryFile", refuse)
    with pytest.raises(PermissionError, match=r"Permission denied: '.*/out'"):
        enhance_files([path], tmp_path / "out")


def test_nothing_to_do_needs_no_model(tmp_path):
    (result,) = enhance_files([tmp_path / "a.wav"], tmp_path / "out", model="none.skse")
    assert result.reason == "no such file"


def test_a_result_of_another_kind_is_what_its_name_says(tmp_path, speech):
    av = pytest.importorskip("av")
    path = tmp_path / "talk.mp3"  # AAC, as some downloads are called
    with av.open(str(path), "w", format="adts") as file:
        stream = file.add_stream("aac", rate=8000)
        stream.layout = "mono"
        frame = av.AudioFrame.from_ndarray(np.tile(speech, 2)[None], format="fltp", layout="mono")
        frame.sample_rate = 8000
        file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
    (result,) = enhance_files([path], tmp_path / "out")
    assert result.remarks == (f"its result is FLAC: {tmp_path / 'out' / 'talk.flac'}",)
    assert soundfile.info(result.destination).format == "FLAC"


def test_the_rate_of_a_recording_chooses_the_model(write, tmp_path, speech):
    for rate in (6000, 8000, 11025, 16000):
        write(f"in/{rate}.wav", speech, rate, subtype="FLOAT")
    for result in enhance_files([tmp_path / "in"], tmp_path / "out", model="auto"):
        rate = int(Path(result.source).stem)
        name = "speech-8k" if rate < 12000 else "speech-16k"
        enhanced = soundfile.read(result.destination, dtype="float32")[0]
        model = load_model(name)
        expected = expected_of(model, speech, rate, available_models()[name].sampling_rate)
        np.testing.assert_array_equal(enhanced, expected)
        assert result.remarks == ()
        again = enhance_one(result.source, tmp_path / "named", model=name)
        np.testing.assert_array_equal(enhanced, again)


def test_a_rate_that_no_model_fits(write, tmp_path, speech):
    paths = [write("a.wav", speech, 1000), write("b.wav", speech)]
    results = enhance_files(paths, tmp_path / "out", model="auto")
    assert [result.status for result in results] == ["failed", "enhanced"]
    assert results[0].reason.startswith("no model of skse (speech-8k, speech-16k) fits a sampling")
    assert os.listdir(tmp_path / "out") == ["b.wav"]
    (result,) = enhance_files(paths[:1], tmp_path / "out", method="wiener")
    assert result.status == "enhanced"


@pytest.mark.parametrize("model", ["auto", "speech-16k"])
def test_a_model_that_was_replaced(write, tmp_path, speech, monkeypatch, model):
    """Whether a recording needs it or not."""
    path = write("a.wav", speech)
    record = available_models()["speech-16k"]
    (tmp_path / "data").mkdir()
    for other in available_models().values():
        (tmp_path / "data" / other.path.name).write_bytes(other.path.read_bytes())
    (tmp_path / "data" / record.path.name).write_bytes(record.path.read_bytes()[:-1])
    monkeypatch.setattr("skse.models._registry.FOLDER", tmp_path / "data")
    with pytest.raises(ModelError, match="cannot be loaded: it is damaged or was replaced"):
        enhance_files([path], tmp_path / "out", model=model)
    assert not (tmp_path / "out").exists()


def test_a_model_by_url(write, tmp_path, speech, own_model, serve, monkeypatch):
    monkeypatch.setenv("SKSE_DATA", str(tmp_path / "home"))
    enhancer, file = own_model
    server = serve({"/own.skse": file.read_bytes()})
    url = f"{server.url}own.skse#sha256={digest(file.read_bytes())}"
    path = write("a.wav", speech, subtype="FLOAT")
    got = enhance_one(path, tmp_path / "out", model=url, trusted=["ownfilter.OwnFilter"])
    np.testing.assert_array_equal(got, enhancer.predict([speech])[0])
    assert server.requests == ["/own.skse"]
