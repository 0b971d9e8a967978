"""Time stamps alone; test_media has those of files."""

from fractions import Fraction
from types import SimpleNamespace

import pytest

from skse.audio._clock import Clock

RATE, N = 1000, 20


def run(stamps, n=N, is_kept=True, is_cut=False):
    """Hand frames with stamps in ms to a clock; return it, and what it says of each."""
    clock = Clock(RATE, is_kept=is_kept, is_cut=is_cut)
    frames = [SimpleNamespace(samples=n, pts=t, time_base=Fraction(1, 1000)) for t in stamps]
    return clock, [clock.gap_before(frame) for frame in frames]


@pytest.mark.parametrize("begin", [-60, 0, 3000])
def test_frames_one_after_another(begin):
    clock, gaps = run(range(begin, begin + 2000, N))
    assert set(gaps) == {(0, 0)}
    assert clock.end_s == pytest.approx(2)
    assert clock.remarks == ()


def test_a_long_gap_is_filled_at_once():
    clock, gaps = run([0, 20, 340, 360])
    assert gaps == [(0, 0), (0, 0), (300, 0), (0, 0)]
    assert clock.end_s == pytest.approx(0.38)
    assert clock.remarks == ("silence stands for the 0.3 s missing inside it",)


def test_short_gaps_add_up():
    stamps = [t for t in range(0, 10_000, N) if t % 500 >= 80 or t < 500]
    clock, gaps = run(stamps)
    # 80 ms are too short, 160 ms are not.
    assert [n for n, _ in gaps if n] == [160] * 9
    n_read = len(stamps) * N + clock.n_silent
    assert abs(n_read / RATE - clock.end_s) < 0.1
    assert clock.remarks == ("silence stands for the 1.4 s missing inside it",)


def test_coarse_stamps_and_a_slow_clock_are_no_gap():
    assert run([t + t // N % 2 * 90 for t in range(0, 5000, N)])[0].n_silent == 0
    clock, _ = run([round(1.02 * t) for t in range(0, 20_000, N)])
    assert clock.remarks == ()


@pytest.mark.parametrize("begin", [0, 3000])
def test_a_jump_is_said_and_left_out(begin):
    stamps = [begin + t for t in (0, 20, 700_040, 700_060, 700_280, 1_400_300)]
    clock, gaps = run(stamps)
    assert [n for n, _ in gaps] == [0, 0, 0, 0, 200, 0]
    assert clock.end_s == pytest.approx(0.32)
    assert clock.left_out_s == pytest.approx(1400)
    assert clock.remarks == (
        "silence stands for the 0.2 s missing inside it",
        "its clock jumps by 1400 s, which are left out",
    )


def test_samples_before_the_beginning_are_cut_where_they_should_be():
    assert run([-30, -10, 10], is_cut=True)[1] == [(0, 20), (0, 10), (0, 0)]
    assert run([-30, -10, 10], is_cut=True)[0].end_s == pytest.approx(0.03)
    assert run([-30, -10, 10])[1] == [(0, 0)] * 3


@pytest.mark.parametrize(("stamps", "is_kept"), [([0, 500, 20], False), ([None] * 3, True)])
def test_stamps_that_do_not_count(stamps, is_kept):
    clock, gaps = run(stamps, is_kept=is_kept)
    assert gaps == [(0, 0)] * 3
    assert (clock.end_s, clock.remarks) == (0.06, ())


def test_the_first_frames_may_have_no_stamps():
    assert run([None, None, 3040, 3060, 3280])[1] == [(0, 0)] * 4 + [(200, 0)]
