"""The form of pairs: every row stands for one pair, in all entries alike."""

import numpy as np

from skse.datasets._bunch import make_bunch, take

ROWS = [
    (np.full(3 + i, i, np.float32), np.full(3 + i, -i, np.float32), f"s{i}", f"v{i % 2}", "car", i)
    for i in range(5)
]


def test_rows_become_entries():
    data = make_bunch(ROWS, 8000, "five pairs", listing=[1, 2])
    assert set(data) == {
        *("noisy", "clean", "sentence", "speaker", "noise", "snr_db"),
        *("sampling_rate", "DESCR", "listing"),
    }
    assert (data.sampling_rate, data.DESCR, data.listing) == (8000, "five pairs", [1, 2])
    entries = zip(
        *(data[n] for n in ("noisy", "clean", "sentence", "speaker", "noise", "snr_db")),
        strict=True,
    )
    for row, pair in zip(ROWS, entries, strict=True):
        assert pair[0] is row[0]
        assert pair[1] is row[1]
        assert pair[2:] == row[2:]
    assert data.snr_db.dtype == np.float64  # whole numbers too: levels are compared


def test_two_lists_alone():
    noisy, clean = make_bunch(ROWS, 8000, "", return_X_y=True)
    assert isinstance(noisy, list)
    assert [x[0] for x in noisy] == [-x[0] for x in clean] == [0, 1, 2, 3, 4]


def test_take_keeps_pairs_together_and_copies_no_waveform():
    data = make_bunch(ROWS, 8000, "five pairs", listing=[1, 2])
    for indices in ([4, 0, 0], np.array([2]), np.flatnonzero(data.speaker == "v1")):
        part = take(data, indices)
        assert [int(x[0]) for x in part.noisy] == list(indices)
        assert part.snr_db.tolist() == [float(i) for i in indices]
        assert part.sentence.tolist() == [f"s{i}" for i in indices]
        assert all(part.clean[k] is data.clean[i] for k, i in enumerate(indices))
        assert (part.sampling_rate, part.listing) == (8000, [1, 2])
    assert len(data.noisy) == 5


def test_take_nothing():
    part = take(make_bunch(ROWS, 8000, ""), [])
    assert part.noisy == part.clean == []
    assert len(part.noise) == 0
