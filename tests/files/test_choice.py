import pytest

from skse import WPE
from skse.files._choice import METHODS, Settings, enhancer_for, frame_length
from skse.models import available_models


def settings(**changes):
    given = dict.fromkeys(["model", "method", "noise", "sampling_rate", "strength"])
    given |= {"mask_floor_db": None, "trusted": (), "scratch_folder": "."}
    made = Settings(**(given | changes))
    made.check()
    made.find()
    return made


@pytest.mark.parametrize("name", sorted(set(METHODS) - {"wpe"}))
def test_a_method_works_at_any_rate(name):
    enhancer, rate = enhancer_for(settings(method=name, strength=0.5), 22050)
    assert (type(enhancer), rate) == (METHODS[name], 22050)
    assert (enhancer.noise, enhancer.strength, enhancer.n_fft) == ("tracked", 0.5, 704)
    assert enhancer_for(settings(method=name, noise="start"), 8000)[0].noise == "start"


def test_wpe_has_frames_of_64_ms():
    pytest.importorskip("nara_wpe")
    for rate, n_fft in ((8000, 512), (16000, 1024), (44100, 2816)):
        enhancer, _ = enhancer_for(settings(method="wpe"), rate)
        assert (type(enhancer), enhancer.n_fft, enhancer.hop_length) == (WPE, n_fft, n_fft // 4)


def test_noise_alone_stands_for_log_mmse():
    made = settings(noise="start")
    enhancer, _ = enhancer_for(made, 8000)
    assert (type(enhancer), enhancer.noise) == (METHODS["log-mmse"], "start")
    assert made.shipped == {}


def test_what_no_model_fits_gets_log_mmse_by_default_alone():
    enhancer, rate = enhancer_for(settings(strength=0.5), 3999)
    assert (type(enhancer), rate, enhancer.noise) == (METHODS["log-mmse"], 3999, "tracked")
    assert enhancer.strength == 0.5
    with pytest.raises(ValueError, match="no model of skse"):
        enhancer_for(settings(model="auto"), 3999)


@pytest.mark.parametrize("model", [None, "auto"])
def test_the_rate_chooses_the_model(model):
    made = settings(model=model, mask_floor_db=-20.0)
    assert list(made.shipped) == list(available_models())
    for rate, own_rate in ((8000, 8000), (11025, 8000), (12000, 16000), (48000, 16000)):
        enhancer, found = enhancer_for(made, rate)
        assert (enhancer.sampling_rate_, enhancer.mask_floor_db, found) == (own_rate, -20, own_rate)


def test_a_model_is_looked_for_once():
    made = settings(model="speech-16k")
    assert made.model == available_models()["speech-16k"].path
    assert enhancer_for(made, 8000)[1] == 16000


@pytest.mark.parametrize(
    ("rate", "n_fft"), [(1000, 64), (8000, 256), (16000, 512), (44100, 1408), (48000, 1536)]
)
def test_frames_last_32_ms(rate, n_fft):
    assert frame_length(rate) == n_fft


def test_a_copy_named_like_a_model_is_read_as_a_model_file(tmp_path):
    """It is not taken for a pickle, which runs code."""
    copied = tmp_path / "speech-8k"
    copied.write_bytes(available_models()["speech-8k"].path.read_bytes())
    assert enhancer_for(settings(model=str(copied)), 44100)[1] == 8000


@pytest.mark.parametrize("model", [None, "model.joblib"])
def test_trust_goes_with_skse_files_alone(model, tmp_path):
    if model:
        (tmp_path / model).write_bytes(b"")
        model = str(tmp_path / model)
    with pytest.raises(ValueError, match=r"goes with a \.skse file"):
        settings(model=model, trusted=["mine.Mask"])


def test_trust_goes_with_a_name_too():
    assert settings(model="speech-8k", trusted=["mine.Mask"]).trusted == ["mine.Mask"]
