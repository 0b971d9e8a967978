from skse.comparison._progress import RecordsBar
from skse.comparison._records import Record


def test_bar_counts_records_of_now_and_before(tmp_path, capsys):
    records = [Record(tmp_path / f"{i}.npz") for i in range(3)]
    records[0].write({"snr_gain": 1.0}, {}, {})
    expected = {record: f"candidate {i}" for i, record in enumerate(records)}
    with RecordsBar(expected, n_more=1) as bar:
        assert list(bar.missing.values()) == ["candidate 1", "candidate 2"]
        records[1].write({"snr_gain": 6.25}, {}, {})
        bar.finish_records()
        bar.say("the last step")
        bar.advance()
    shown = capsys.readouterr().err
    assert "1/4" in shown
    assert "3/4" in shown
    assert "the last step" in shown
    assert list(bar.missing.values()) == ["candidate 2"]


def test_bar_can_be_silent(tmp_path, capsys):
    with RecordsBar({Record(tmp_path / "0.npz"): "candidate"}, disable=True):
        pass
    assert capsys.readouterr().err == ""
