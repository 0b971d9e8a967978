import base64
import io

import numpy as np
import pytest
import soundfile
from PIL import Image

from skse.report._examples import check_examples, embed


def decode(uri):
    kind, _, text = uri.removeprefix("data:").partition(";base64,")
    return kind, io.BytesIO(base64.b64decode(text, validate=True))


def read_sound(track):
    kind, content = decode(track["sound"])
    assert kind == "audio/flac"
    return soundfile.read(content)


def read_picture(track):
    kind, content = decode(track["picture"])
    assert kind == "image/png"
    return np.array(Image.open(content))


def test_sound_and_picture_of_a_tone(examples):
    waveforms = examples["A tone of 2 s"]
    example = embed("tone", waveforms, 8000)
    assert (example["duration"], example["attenuation_db"]) == (2, 0)
    assert [track["name"] for track in example["tracks"]] == ["noisy", "U-Net, IRM", "clean"]
    for track, expected in zip(example["tracks"], waveforms.values(), strict=True):
        sound, rate = read_sound(track)
        assert rate == 8000
        np.testing.assert_allclose(sound, expected, atol=1 / 2**15)
    picture = read_picture(example["tracks"][2])
    # 440 Hz lies in bin 14.1 of 31.25 Hz, counted from below.
    assert np.all(picture[:, 20:-20].argmax(axis=0) == 128 - 14)
    assert [track["note"] for track in example["tracks"]] == [
        "SI-SDR 11.0 dB",
        "SI-SDR 30.9 dB",
        "",
    ]


def test_one_color_scale(rng):
    noise = rng.standard_normal(8000)
    pictures = [
        read_picture(track)
        for track in embed("", {"loud": noise, "soft": noise / 100}, 8000)["tracks"]
    ]
    difference = (pictures[0].astype(float) - pictures[1])[pictures[1] > 0]
    # 40 of 60 dB, in 63 steps of colour
    np.testing.assert_allclose(difference, 42, atol=1)


def test_never_clipped(rng):
    loud = 2 * np.sin(np.arange(8000))
    example = embed("", {"loud": loud, "soft": loud / 4}, 8000)
    assert example["attenuation_db"] == pytest.approx(6.02, abs=0.01)
    sounds = [read_sound(track)[0] for track in example["tracks"]]
    np.testing.assert_allclose(sounds[0], loud / 2, atol=2e-4)
    np.testing.assert_allclose(sounds[1], loud / 8, atol=2e-4)


@pytest.mark.parametrize(
    ("rate", "seconds"), [(8000, 0.01), (8000, 70), (16000, 3), (44100, 0.01), (48000, 20)]
)
def test_pictures_are_bounded(rng, rate, seconds):
    example = embed("", {"noise": rng.standard_normal(int(rate * seconds))}, rate)
    height, width = read_picture(example["tracks"][0]).shape
    assert 64 <= height <= 160
    assert width <= 480


def test_long_recordings_are_cut(rng):
    waveform = 0.1 * rng.standard_normal(8000 * 31)
    example = embed("", {"noisy": waveform}, 8000)
    assert (example["duration"], example["left_out"]) == (30, 1)
    np.testing.assert_allclose(
        read_sound(example["tracks"][0])[0], waveform[: 8000 * 30], atol=4e-5
    )


def test_silence():
    example = embed("", {"noisy": np.zeros(800), "clean": np.zeros(800)}, 8000)
    assert example["tracks"][0]["note"] == ""
    assert read_sound(example["tracks"][0])[0].tolist() == [0] * 800


@pytest.mark.parametrize(
    ("waveforms", "match"),
    [
        ({}, r"examples\['one'\] is empty; expected waveforms by name"),
        ({"noisy": np.ones(9), "clean": np.ones(8)}, "equally long.*noisy 9, clean 8 samples"),
        ({"noisy": np.array([0, np.nan])}, r"examples\['one'\]\['noisy'\].*NaN"),
        ({"noisy": np.ones((2, 9))}, r"examples\['one'\]\['noisy'\]"),
        ({"noisy": np.ones(0)}, r"examples\['one'\]\['noisy'\]"),
    ],
)
def test_bad_examples(waveforms, match):
    with pytest.raises(ValueError, match=match):
        check_examples({"one": waveforms})


def test_16_bit_integers():
    checked = check_examples({"one": {"noisy": np.array([0, 2**14], dtype=np.int16)}})
    np.testing.assert_array_equal(checked["one"]["noisy"], [0, 0.5])
