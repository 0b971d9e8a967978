"""make_pairs: mixtures on demand."""

import pickle
from collections import Counter

import numpy as np
import pytest
import soundfile
from sklearn.linear_model import Ridge
from sklearn.model_selection import cross_val_score, train_test_split

from skse import SpeechEnhancer
from skse.datasets import AudioFile, active_speech_level, make_pairs, mix_at_snr
from skse.metrics import snr_score
from skse.utils import UnusableFileError

RATE = 16000


@pytest.fixture
def paths(rng, tmp_path):
    """Ragged speech; noise that is shorter, and noise that is longer."""

    def write(name, n_times):
        soundfile.write(tmp_path / name, 0.1 * rng.standard_normal(n_times), RATE, "FLOAT")
        return tmp_path / name

    speech = [write(f"s{i}.wav", 3000 + 500 * i) for i in range(5)]
    return speech, [write("rain_1.wav", 1000), write("wind_1.wav", 20000)]


@pytest.mark.parametrize("level", ["rms", "active"])
@pytest.mark.parametrize("snr_db", [-5, 0, [0, 10.0, 25]])
def test_every_snr_is_what_was_asked_for(paths, snr_db, level):
    pairs = make_pairs(*paths, snr_db=snr_db, level=level, random_state=0)
    assert len(pairs.noisy) == len(pairs.clean) == 5
    assert set(pairs.snr_db) <= set(np.atleast_1d(snr_db))
    for x, s, ratio in zip(pairs.noisy, pairs.clean, pairs.snr_db, strict=True):
        assert x.dtype == s.dtype == np.float32
        if level == "rms":
            assert snr_score([s], [x])[0] == pytest.approx(ratio, abs=0.01)
        else:
            noise_db = 10 * np.log10(np.mean((x - s).astype(float) ** 2))
            assert active_speech_level(s, RATE) - noise_db == pytest.approx(ratio, abs=0.01)


def test_speech_is_unchanged_and_used_evenly(paths):
    pairs = make_pairs(*paths, snr_db=[0, 5, 10], n=12, random_state=0)
    assert sorted(Counter(pairs.sentence.tolist()).values()) == [2, 2, 2, 3, 3]
    assert set(pairs.noise) == {"rain_1", "wind_1"}
    assert set(pairs.snr_db) == {0, 5, 10}
    for s, name in zip(pairs.clean, pairs.sentence, strict=True):
        expected, _ = soundfile.read(paths[0][0].parent / f"{name}.wav", dtype="float32")
        np.testing.assert_array_equal(s, expected)


def test_pairs_are_the_same_every_time_and_differ_between_seeds(paths):
    first, second, other = (
        make_pairs(*paths, snr_db=0, n=8, random_state=seed) for seed in (0, 0, 1)
    )
    for x, again, same in zip(first.noisy, first.noisy, second.noisy, strict=True):
        np.testing.assert_array_equal(x, again)
        np.testing.assert_array_equal(x, same)
    assert any(
        a.shape != b.shape or (np.asarray(a) != b).any()
        for a, b in zip(first.noisy, other.noisy, strict=True)
    )
    copy = pickle.loads(pickle.dumps(first))
    np.testing.assert_array_equal(copy.noisy[3], first.noisy[3])


def test_nothing_is_read_before_it_is_needed(paths, monkeypatch):
    read = []
    original = AudioFile.read
    monkeypatch.setattr(
        AudioFile, "read", lambda self, *part: read.append(self) or original(self, *part)
    )
    pairs = make_pairs(*paths, snr_db=0, n=1000, random_state=0)
    half = pairs.noisy[500:]
    assert [len(x) for x in half] == [len(x) for x in pairs.clean[500:]]
    assert all(x.sampling_rate == RATE for x in half)
    assert read == []
    np.testing.assert_array_equal(half[0], pairs.noisy[500])
    assert {x.path for x in read} == {pairs.clean[500].path, half[0].address[1].path}
    np.testing.assert_array_equal(half[0][100:300], half[0].read()[100:300])


def test_a_mixture_is_speech_in_a_stretch_of_the_noise(paths):
    """As it is put together by hand."""
    pairs = make_pairs(*paths, snr_db=[-5, 5], n=8, random_state=0)
    for x, s, snr_db in zip(pairs.noisy, pairs.clean, pairs.snr_db, strict=True):
        _, noise, _, _, seed = x.address
        noise, _ = soundfile.read(noise.path, dtype="float32")
        expected = mix_at_snr(s, noise, snr_db, random_state=np.random.RandomState(seed))
        np.testing.assert_array_equal(x, expected)


def test_mixtures_are_equal_where_they_are_the_same(paths):
    first, second, other = (
        make_pairs(*paths, snr_db=0, n=8, random_state=seed) for seed in (0, 0, 1)
    )
    assert first.noisy == second.noisy
    assert len({*first.noisy, *second.noisy}) == len(set(first.noisy)) == 8
    assert first.noisy != other.noisy
    assert len(pickle.dumps(first.noisy[0])) < 1000
    assert any("s0.wav') in AudioFile(" in repr(x) for x in first.noisy)


def test_parts_of_files_are_mixed_too(paths):
    speech = [AudioFile(paths[0][4])[1000:2500], AudioFile(paths[0][0], sampling_rate=8000)]
    pairs = make_pairs(speech[:1], AudioFile(paths[1][1], 500), snr_db=0, random_state=0)
    np.testing.assert_array_equal(pairs.clean[0], speech[0])
    assert (len(pairs.noisy[0]), pairs.sentence[0], pairs.noise[0]) == (1500, "s4", "wind_1")
    with pytest.raises(ValueError, match=r"s0\.wav: its sampling rate is 8000 Hz, expected 16000"):
        make_pairs(speech, paths[1], snr_db=0)


def test_as_x_and_y(paths):
    pairs = make_pairs(*paths, snr_db=5, n=12, random_state=0)
    enhancer = SpeechEnhancer(regressor=Ridge(), sampling_rate=RATE)
    enhanced = enhancer.fit(pairs.noisy, pairs.clean).predict(pairs.noisy)
    assert isinstance(enhanced, list)
    assert [len(x) for x in enhanced] == [len(x) for x in pairs.noisy]
    listed = SpeechEnhancer(regressor=Ridge()).fit(list(pairs.noisy), list(pairs.clean))
    np.testing.assert_allclose(listed.predict(pairs.noisy[:1])[0], enhanced[0], atol=1e-6)
    assert np.isfinite(cross_val_score(enhancer, pairs.noisy, pairs.clean, cv=2)).all()
    train, test, *_ = train_test_split(pairs.noisy, pairs.clean, random_state=0)
    assert [len(train), len(test)] == [9, 3]


def test_a_silent_stretch_is_not_chosen(paths, rng, tmp_path):
    noise = np.zeros(30000)
    noise[:20000] = 0.1 * rng.standard_normal(20000)
    soundfile.write(tmp_path / "gap.wav", noise, RATE)
    pairs = make_pairs(paths[0], tmp_path / "gap.wav", snr_db=0, n=40, random_state=0)
    np.testing.assert_allclose(snr_score(pairs.clean, pairs.noisy), 0, atol=0.01)


class TestBadInput:
    def write(self, folder, name, x, rate=RATE):
        soundfile.write(folder / name, x, rate)
        return folder / name

    def test_silent_files(self, paths, tmp_path):
        silent = self.write(tmp_path, "silent.wav", np.zeros(9000))
        pairs = make_pairs(paths[0], [silent], snr_db=0)
        with pytest.raises(UnusableFileError, match=r"silent\.wav: silent in all of 10"):
            pairs.noisy[0].read()
        pairs = make_pairs([silent], paths[1], snr_db=0)
        with pytest.raises(UnusableFileError, match=r"silent\.wav: silent; leave it out"):
            pairs.noisy[0].read()

    @pytest.mark.parametrize("side", [0, 1])
    def test_files_that_cannot_be_used(self, paths, tmp_path, side):
        sound = np.full(2000, 0.1)
        self.write(tmp_path, "slow.wav", sound, 8000)
        self.write(tmp_path, "stereo.wav", np.stack([sound, sound], 1))
        self.write(tmp_path, "empty.wav", sound[:0])
        cut = self.write(tmp_path, "cut.wav", sound)
        cut.write_bytes(cut.read_bytes()[:1000])
        (tmp_path / "text.wav").write_text("no audio")
        for name, message in {
            "slow.wav": r"its sampling rate is 8000 Hz, expected 16000 Hz\. Resample it with",
            "stereo.wav": "2 channels; mix it down",
            "empty.wav": "no samples in it",
            "cut.wav": "truncated",
            "text.wav": "not an audio file that can be read",
            "absent.wav": "no such file",
        }.items():
            given = [*paths]
            given[side] = [tmp_path / name]
            with pytest.raises(ValueError, match=f"make_pairs: .*{name}: {message}"):
                make_pairs(*given, snr_db=0)

    def test_a_file_that_is_damaged_later(self, paths):
        pairs = make_pairs(*paths, snr_db=0)
        for path in paths[0]:
            path.write_bytes(path.read_bytes()[:1000])
        with pytest.raises(UnusableFileError, match=r"s\d\.wav: changed since it was listed"):
            pairs.clean[0].read()
        with pytest.raises(ValueError, match=r"^y\[0\]: /.*s\d\.wav: changed since .*anew\.$"):
            SpeechEnhancer(regressor=Ridge()).fit([np.ones(len(pairs.clean[0]))], pairs.clean[:1])

    @pytest.mark.parametrize(
        ("changed", "message"),
        [
            ({"speech": []}, "speech must be a sequence of at least one path"),
            ({"noise": [np.zeros(9)]}, "noise must be a sequence of at least one path"),
            ({"snr_db": "5"}, "snr_db='5' must be a finite number of dB"),
            ({"snr_db": []}, r"snr_db=\[\] must be"),
            ({"snr_db": np.nan}, "snr_db=nan must be"),
            ({"n": 0}, "n == 0, must be >= 1"),
            ({"level": "peak"}, "level='peak' is not allowed"),
            ({"sampling_rate": 0}, "sampling_rate=0 must be a positive"),
        ],
    )
    def test_bad_arguments(self, paths, changed, message):
        arguments = {"speech": paths[0], "noise": paths[1], "snr_db": 0, **changed}
        with pytest.raises(ValueError, match=message):
            make_pairs(**arguments)
