"""Commands killed, out of room, unable to read, and two at a time: every step, every count."""

import errno
import random
from collections import Counter
from pathlib import Path

import harness
from commands import COMMANDS, make_box, make_inputs
from harness import CHANGE, FAIL, FAIL_PATH, KILL, LOOK, READ, ROOM, Fault, files_below, is_hidden

# Other words for it; zipfile takes an error at the end of a file for the lack of an end.
_WORDS = {
    errno.ENOSPC: ("No space left on device",),
    errno.EIO: ("Input/output error", "cannot be read back", "the zip is damaged"),
    errno.EACCES: ("Permission denied", "permission to read it denied"),
}


class Bench:
    """Runs one command again and again, and holds every run against an undisturbed one.

    Parameters
    ----------
    command : Command
        Which.
    scratch : Path
        Folder to work in.

    Attributes
    ----------
    faults : list of str
        What should not have happened, one line each.
    counts : Counter
        What was tried.
    """

    def __init__(self, command, scratch):
        self.command, self.faults, self.counts, self._old = command, [], Counter(), {}
        self._inputs, self._box = scratch / "inputs", scratch / "box"
        if not self._inputs.exists():
            make_inputs(self._inputs)
        box = self._fresh()
        if command.before is not None:
            self._run(command.before)
            self._old = files_below(box / "out")
        outcome = self._run(command.call)
        self.seconds = outcome.seconds
        self._right = files_below(box / "out")
        if outcome.code or not self._right or any(map(is_hidden, self._right)):
            raise RuntimeError(f"undisturbed: {outcome}, {list(self._right)}")

    def count_calls(self, classes):
        """Number of calls of these classes in an undisturbed run, which must be as the first."""
        box = self._fresh()
        outcome = self._run(self.command.call, Fault(classes))
        self._check_complete("undisturbed", files_below(box / "out"))
        return outcome.n_calls

    def kill(self, fault=None, after=None):
        """Kill the command at a call or after a time, look, let it go on, and look again."""
        what = f"killed at call {fault.at}" if fault else f"killed after {after:.3f} s"
        box = self._fresh()
        outcome = self._run(self.command.call, fault, kill_after=after)
        self.counts["killed" if outcome.code == -9 else "ended before"] += 1
        left = files_below(box / "out")
        self._check_visible(what, left)
        self.counts["left an unfinished file"] += any(map(is_hidden, left))
        outcome = self._run(self.command.again or self.command.call)
        if outcome.code:
            self._note(what, f"going on ends with {outcome.code}: {outcome.text[-300:]}")
        self._check_complete(what, files_below(box / "out"))

    def fail(self, fault, what):
        """Let calls fail; look at what is left and what was said; then let it go on."""
        what = f"{what} at call {fault.at}"
        box = self._fresh()
        outcome = self._run(self.command.call, fault)
        left = files_below(box / "out")
        read = fault.classes in (READ, LOOK)
        fewer = self.command.leaves_out and read and left != self._right
        if not fewer:
            self._check_visible(what, left)
        if hidden := [name for name in left if is_hidden(name)]:
            self._note(what, f"left {hidden}")
        if outcome.hung:
            self._note(what, "hangs")
        elif outcome.code == 0 and not fewer:
            self.counts["made no difference"] += 1
            self._check_complete(what, left)
        else:
            self.counts["failed"] += 1
            self._check_answer(what, outcome, fault.error, codes=(0, 1) if fewer else (1,))
        if fewer:
            return
        outcome = self._run(self.command.again or self.command.call)
        if outcome.code:
            self._note(what, f"going on ends with {outcome.code}: {outcome.text[-300:]}")
        self._check_complete(what, files_below(box / "out"))

    def run_two(self, delay):
        """Run the command twice at a time on one folder."""
        what = f"two, {delay:.3f} s apart"
        box = self._fresh()
        again = self.command.again or self.command.call
        logs = [box.with_name(f"two-{i}.log") for i in range(2)]
        first = harness.spawn(lambda: again(box), box, logs[0])
        while delay > 0:
            harness.time.sleep(min(delay, 0.001))
            delay -= 0.001
        second = harness.spawn(lambda: again(box), box, logs[1])
        for pid, log in ((first, logs[0]), (second, logs[1])):
            outcome = harness.wait(pid, log)
            self.counts["run beside another"] += 1
            if outcome.code:
                self._note(what, f"one ends with {outcome.code}: {outcome.text[-300:]}")
        self._check_complete(what, files_below(box / "out"))

    def _fresh(self):
        return make_box(self._box, self._inputs, self._old)

    def _run(self, call, fault=None, **options):
        return harness.run(lambda: call(self._box), self._box, fault, **options)

    def _note(self, what, text):
        self.faults.append(f"{what}: {' '.join(text.split())}")

    def _check_visible(self, what, files):
        """Every finished file is that of the undisturbed run, or the one that was there before."""
        for name, content in files.items():
            if not is_hidden(name) and content not in (self._right.get(name), self._old.get(name)):
                self._note(what, f"{name} is not whole")
        if lost := self._old.keys() - files.keys():
            self._note(what, f"{sorted(lost)} are gone")

    def _check_complete(self, what, files):
        differ = sorted(
            name for name in files.keys() | self._right if files.get(name) != self._right.get(name)
        )
        if differ:
            self._note(what, f"in the end these differ from an undisturbed run: {differ}")

    def _check_answer(self, what, outcome, error, codes):
        """One line names the file and the true reason, and the exit status is right."""
        lines = [line for line in outcome.text.replace("\r", "\n").splitlines() if line.strip()]
        if outcome.code not in codes:
            self._note(what, f"ends with {outcome.code}: {lines[-1:]}")
        if "Traceback" in outcome.text:
            self._note(what, f"a traceback: {lines[-1:]}")
        named = [line for line in lines if str(self._box) in line or "the zip is" in line]
        if not any(words in line for words in _WORDS[error] for line in named):
            told = [line for line in lines if "%|" not in line]
            self._note(what, f"no line with the file and {_WORDS[error][0]!r}: {told[-3:]}")


def steps(n_calls, n_wanted, rng):
    """Choose numbers of calls: all where so many are wanted."""
    return sorted(rng.sample(range(1, n_calls + 1), min(n_calls, n_wanted)))


def kill(bench, n, rng):
    """Kill half of the times at a call, half of them in the middle of a write, else at a time."""
    n_calls = bench.count_calls(CHANGE)
    for i in range(n):
        if i % 2:
            bench.kill(after=rng.uniform(0, bench.seconds))
        else:
            bench.kill(Fault(CHANGE, KILL, rng.randint(1, n_calls), half=bool(i // 2 % 2)))
    bench.counts["calls that change files"] = n_calls


def fill(bench, n, rng):
    """Let the disk be full from every call on, half of the times after half a write."""
    n_calls = bench.count_calls(ROOM)
    for i, at in enumerate(steps(n_calls, n, rng)):
        halves = (False, True) if n >= n_calls else (bool(i % 2),)
        for half in halves:
            bench.fail(Fault(ROOM, FAIL, at, errno.ENOSPC, half), "disk full")
    bench.counts["calls that need room"] = n_calls


def unreadable(bench, n, rng):
    """Let every read fail, then every opening to read, each with all later ones of its file."""
    for classes, error, what in ((READ, errno.EIO, "EIO"), (LOOK, errno.EACCES, "EACCES")):
        n_calls = bench.count_calls(classes)
        for at in steps(n_calls, n, rng):
            bench.fail(Fault(classes, FAIL_PATH, at, error), what)
        bench.counts[f"calls for {what}"] = n_calls


def two(bench, n, rng):
    """Start two, the second at some time of the first."""
    for i in range(n):
        bench.run_two(0 if i == 0 else rng.uniform(0, bench.seconds))


PARTS = {"kill": kill, "fill": fill, "read": unreadable, "two": two}


def disturb(part, names, n, seed, scratch: Path, commands=COMMANDS):
    """Run one part on commands; yield name, counts and faults of each."""
    for name in names:
        bench = Bench(commands[name], scratch)
        PARTS[part](bench, n, random.Random(f"{seed} {part} {name}"))
        yield name, bench.counts, bench.faults
