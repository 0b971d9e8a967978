import subprocess
import sys

import numpy as np
import peers
import peers_run
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.signal import butter, sosfiltfilt


def noise(n_times, rate=8000, band=3000):
    """Nothing near half of a rate, where resampling takes away."""
    x = np.random.default_rng(0).standard_normal(n_times)
    return 0.1 * sosfiltfilt(butter(8, band, fs=rate, output="sos"), x).astype(np.float32)


@pytest.fixture
def late_peer(monkeypatch):
    """Puts one in place that returns what it hears, times `gain` and as late as it is said."""

    def put(gain=1.0, delay=1440, **known):
        def run(python, name, waveforms, rate):
            return [gain * np.pad(x, (delay, 0))[: len(x)] for x in waveforms], 2.0

        monkeypatch.setattr(peers, "install", lambda peer, home: "python")
        monkeypatch.setattr(peers, "run", run)
        monkeypatch.setitem(peers.PEERS, "late", peers.Peer("late", (), delay=delay, **known))

    return put


@pytest.mark.parametrize("n_times", [7999, 8000, 12345])
def test_a_delay_at_another_rate_is_taken_out(late_peer, n_times):
    late_peer(rate=48000)
    x = noise(n_times)
    (y,), seconds = peers.enhance("late", [x], 8000)
    assert len(y) == n_times
    assert_allclose(y[100:-100], x[100:-100], atol=1e-3)
    assert_allclose(np.sum((y - x)[-100:] ** 2), 0, atol=0.05 * np.sum(x[-100:] ** 2))
    assert seconds == 2


def test_as_long_as_before_where_rates_do_not_divide(late_peer):
    late_peer(rate=16000, delay=0)
    given = [noise(n_times) for n_times in range(1000, 1010)]
    enhanced, _ = peers.enhance("late", given, 44100)
    assert list(map(len, enhanced)) == list(map(len, given))


def test_at_its_own_rate_nothing_is_changed(late_peer):
    late_peer(rate=None, delay=3)
    x = [noise(500), noise(801)]
    enhanced, _ = peers.enhance("late", x, 8000)
    assert_array_equal(np.concatenate(enhanced), np.concatenate(x))


def test_level_is_kept_where_it_is_not_said_to_mean_nothing(late_peer):
    x = noise(4000)
    late_peer(gain=-20.0, rate=8000)
    assert_allclose(peers.enhance("late", [x], 8000)[0][0], -20 * x, rtol=1e-6)
    late_peer(gain=-20.0, rate=8000, is_fitted=True)
    assert_allclose(peers.enhance("late", [x], 8000)[0][0], x, rtol=1e-5)
    assert_array_equal(peers.fit_level(np.zeros(5), x[:5]), 0)


@pytest.fixture
def commands(monkeypatch):
    """Those that would have run. One that mentions `commands.bad` fails."""

    class Commands(list):
        bad = "nothing"

        def run(self, command, check):
            self.append([str(part) for part in command])
            if self.bad in self[-1]:
                raise subprocess.CalledProcessError(1, command)
            if "venv" in command:
                command[-1].mkdir(exist_ok=True)

    commands = Commands()
    monkeypatch.setattr(subprocess, "run", commands.run)
    return commands


def test_an_environment_is_made_once(commands, tmp_path):
    peer = peers.Peer("somebody==1.0", ("numpy==2.4.6",))
    python = peers.install(peer, tmp_path)
    assert python == tmp_path / "somebody-1.0" / "bin" / "python"
    assert [command[-1] for command in commands[1:]] == ["numpy==2.4.6", "somebody==1.0"]
    assert "--no-deps" in commands[2]
    assert peers.install(peer, tmp_path) == python
    assert len(commands) == 3
    peers.install(peer._replace(needs=("numpy==2.4.5",)), tmp_path)
    assert len(commands) == 6


def test_an_environment_that_was_not_finished_is_made_anew(commands, tmp_path):
    peer = peers.Peer("somebody==1.0", ("numpy==2.4.6",))
    peers.install(peer, tmp_path)
    commands.bad = "numpy==2.4.5"
    with pytest.raises(subprocess.CalledProcessError):
        peers.install(peer._replace(needs=("numpy==2.4.5",)), tmp_path)
    commands.clear()
    peers.install(peer, tmp_path)
    assert len(commands) == 3


def test_waveforms_go_to_the_runner_and_come_back(monkeypatch, tmp_path):
    given = [noise(300), noise(40)]
    maker = "import numpy as np, peers_run\npeers_run.MAKERS['half'] = lambda rate: lambda: "
    maker += "lambda x: x / 2 if rate == 8000 else None\npeers_run.main()\n"
    runner = tmp_path / "runner.py"
    runner.write_text(f"import sys\nsys.path.insert(0, {str(peers.RUNNER.parent)!r})\n{maker}")
    monkeypatch.setattr(peers, "RUNNER", runner)
    made, seconds = peers.run(sys.executable, "half", given, 8000)
    assert_array_equal(np.concatenate(made), np.concatenate(given) / 2)
    assert 0 <= seconds < 1


@pytest.mark.parametrize("n_times", [1, 128, 1000, 16000])
def test_dtln_that_masks_nothing_returns_what_it_hears(n_times):
    seen, seen_second = [], []

    def first(magnitudes, state):
        assert magnitudes.shape == (1, 1, 257)
        assert magnitudes.dtype == np.float32
        seen.append(state)
        return np.ones_like(magnitudes), (state or 0) + 1

    def second(block, state):
        assert block.shape == (1, 1, 512)
        seen_second.append(state)
        return block / 4, (state or 0) - 1  # four blocks overlap

    x = noise(n_times + 200)[:n_times]
    assert_allclose(peers_run.dtln(x, first, second), x, atol=1e-6)
    assert seen == [None, *range(1, len(seen))]
    assert seen_second == [None, *range(-1, -len(seen), -1)]


def test_dtln_uses_the_mask():
    half = peers_run.dtln(
        noise(1000), lambda x, state: (x * 0 + 0.5, None), lambda x, state: (x / 4, None)
    )
    assert_allclose(half, noise(1000) / 2, atol=1e-6)


@pytest.mark.parametrize("n_times", [300, 512, 16001])
def test_gtcrn_that_changes_nothing_returns_what_it_hears(n_times):
    seen = []

    def step(parts, state):
        assert parts.shape == (1, 257, 1, 2)
        seen.append(state)
        return parts, (state or 0) + 1

    assert_allclose(peers_run.gtcrn(noise(n_times), step), noise(n_times), atol=1e-6)
    assert seen == [None, *range(1, len(seen))]


def test_frames_fill_the_last():
    assert_array_equal(peers_run.frames_of(np.arange(1, 6), 3), [[1, 2, 3], [4, 5, 0]])


def test_every_peer_has_a_maker():
    assert set(peers.PEERS) == set(peers_run.MAKERS)
