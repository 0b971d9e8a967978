import numpy as np
import pytest
import soundfile
from sklearn.utils import Bunch

from skse.experiments import choose_examples, gather_examples, save_figure, write_audio


def test_examples_cover_the_levels():
    snr_db = np.tile([0.0, 5.0, 10.0], 4)
    chosen = choose_examples(snr_db, 3)
    assert list(snr_db[chosen]) == [0, 5, 10]
    assert choose_examples([5.0], 3) == [0]


def test_examples_are_gathered_by_title_and_name():
    data = Bunch(
        noisy=[np.zeros(2), np.ones(2)],
        clean=[np.full(2, 2.0), np.full(2, 3.0)],
        sentence=["s1", "s2"],
        noise=["car", "babble"],
        snr_db=np.array([2.5, -5.0]),
    )
    examples = gather_examples(data, [1], {"a": {1: [7.0, 8.0]}, "b": data.noisy})
    assert list(examples) == ["s2_babble_-5dB"]
    waveforms = examples["s2_babble_-5dB"]
    assert list(waveforms) == ["noisy", "a", "b", "clean"]
    np.testing.assert_array_equal(list(waveforms.values()), [[1, 1], [7, 8], [1, 1], [3, 3]])


def test_audio_takes_the_place_of_what_was_there(tmp_path):
    folder = tmp_path / "audio"
    for level in (0.5, 2.0):
        (path,) = write_audio({f"{level}": {"U-Net, IRM": np.full(8, level)}}, 8000, folder)
        waveform, rate = soundfile.read(path)
        assert rate == 8000
        assert waveform == pytest.approx(min(level, 1), abs=1e-4)
    assert [path.name for path in folder.iterdir()] == ["2.0_u-net-irm.wav"]


def test_audio_of_before_stays_until_all_is_written(tmp_path):
    one = {"one": {"a": np.zeros(8)}}
    (old,) = write_audio(one, 8000, tmp_path / "audio")
    content = old.read_bytes()
    hidden = old.with_name(".of another process.wav")
    hidden.touch()
    with pytest.raises(ValueError, match="shape"):
        write_audio({"two": {"a": np.zeros((2, 2, 2))}}, 8000, tmp_path / "audio")
    assert old.read_bytes() == content
    assert {*old.parent.iterdir()} == {old, hidden}


def test_a_figure_that_cannot_be_drawn_leaves_the_old_one(tmp_path, monkeypatch):
    import matplotlib.pyplot as plt

    path = tmp_path / "f.png"
    path.write_text("old")

    def fail(part, dpi):
        part.write_text("half")
        raise OSError(28, "No space left on device")

    figure = plt.figure()
    monkeypatch.setattr(figure, "savefig", fail)
    with pytest.raises(OSError, match=f"No space left on device: '{path}'"):
        save_figure(figure, path)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]
    assert figure.number not in plt.get_fignums()


def test_figure_is_closed(tmp_path):
    import matplotlib.pyplot as plt

    figure = plt.figure()
    save_figure(figure, tmp_path / "f.png", 20)
    assert figure.number not in plt.get_fignums()
    assert (tmp_path / "f.png").stat().st_size > 0


def test_unknown_levels_are_shown_last():
    snr_db = [np.nan, 5.0, np.nan, 5.0]
    chosen = choose_examples(snr_db, 2)
    assert [snr_db[i] for i in chosen] == pytest.approx([5, np.nan], nan_ok=True)
