"""Mutated files handed to the commands, in children that are watched."""

import contextlib
import io
import os
import random
import re
import resource
import signal
import time
from collections import Counter

import harness
import mutations

FORMATS = ("wav", "flac", "ogg", "mp3", "skse")
_BATCH = 200
# Limits of one file: seconds, and MB of the process.
_SECONDS, _MEGABYTES = 10, 1000
_TOO_LARGE = 71  # exit status
# The name of a Python exception has no place in an answer.
_EXCEPTION = re.compile(r"\b[A-Z][a-z]\w*(Error|Exception|Warning)\b|Traceback")


def mutate(formats, times, seed, scratch):
    """Mutate `times` files of every format; yield what became of them.

    What ends the process, hangs or takes too much memory with soundfile alone too is no fault of
    skse; it is counted as "outside".
    """
    harness.warm_up()
    folder = scratch / "mutated"
    folder.mkdir(exist_ok=True)
    (folder / "talk.wav").write_bytes(mutations.make_valid("wav")[0])
    for kind in formats:
        counts, faults, number = Counter(), [], 0
        valid = mutations.make_valid(kind)
        while number < times:
            stop = min(number + _BATCH, times)
            number = _watch(kind, valid, seed, number, stop, folder, counts, faults)
        yield kind, counts, faults


def make(kind, valid, seed, number):
    """The mutated file of a number."""
    rng = random.Random(f"{seed} {kind} {number}")
    return mutations.mutate(kind, rng.choice(valid), rng)


def _watch(kind, valid, seed, start, stop, folder, counts, faults):
    """Let a child go through some files; where it ends too early, judge that file and go on."""
    report, worker = os.pipe()
    pid = os.fork()
    if not pid:
        os.close(report)
        _work(kind, valid, seed, range(start, stop), folder, worker)
    os.close(worker)
    number, text, begin = start, b"", time.monotonic()
    os.set_blocking(report, False)
    cause = None
    while True:
        with contextlib.suppress(BlockingIOError):
            if got := os.read(report, 2**16):
                text += got
                done = text.count(b"\n")
                if start + done > number:
                    number, begin = start + done, time.monotonic()
                continue
            break
        if time.monotonic() - begin > _SECONDS:
            cause = "hang"
            os.kill(pid, signal.SIGKILL)
        time.sleep(0.002)
    os.close(report)
    _, status = os.waitpid(pid, 0)
    for line in text.decode().splitlines():
        what, _, fault = line.partition("\t")
        counts[what] += 1
        if fault:
            faults.append(f"{kind}: {fault}")
    if number < stop:
        cause = cause or _cause(status)
        outside = kind != "skse" and not _passes(folder / f"mutated.{kind}")
        counts[f"{cause}{' outside skse' if outside else ''}"] += 1
        if not outside:
            faults.append(f"{kind} {number}: {cause}")
        for unfinished in (folder / "out").glob(".*"):  # of the process that ended
            unfinished.unlink()
        number += 1
    return number


def _cause(status):
    code = os.waitstatus_to_exitcode(status)
    return f"more than {_MEGABYTES} MB" if code == _TOO_LARGE else f"crash, signal {-code}"


def _passes(path):
    """Whether soundfile alone decodes a file and encodes it again, be it with an error."""
    pid = os.fork()
    if not pid:
        import soundfile

        with contextlib.suppress(Exception), soundfile.SoundFile(path) as audio:
            form = (audio.samplerate, audio.channels, audio.subtype, audio.endian, audio.format)
            with soundfile.SoundFile(path.with_name("again"), "w", *form) as again:
                while len(block := audio.read(2**16, "float32", always_2d=True)):
                    again.write(block)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        os._exit(_TOO_LARGE if peak > _MEGABYTES else 0)
    begin = time.monotonic()
    while time.monotonic() - begin < _SECONDS:
        found, status = os.waitpid(pid, os.WNOHANG)
        if found:
            return status == 0
        time.sleep(0.01)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    return False


def _work(kind, valid, seed, numbers, folder, report):
    """In a child: hand every file to a command, and report one line each."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 2)  # decoders write there by themselves
    try:
        for number in numbers:
            path = folder / f"mutated.{kind}"
            path.write_bytes(make(kind, valid, seed, number))
            what, fault = _try(path, folder)
            if resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024 > _MEGABYTES:
                os._exit(_TOO_LARGE)
            os.write(report, f"{what}\t{fault}\n".encode(errors="backslashreplace"))
    finally:
        os._exit(0)


def _try(path, folder):
    """Enhance a file, or enhance with it; return what happened and what is wrong with that."""
    from skse.cli import main

    out = folder / "out"
    model = path.suffix == ".skse"
    recording = folder / "talk.wav" if model else path
    options = ["--model", str(path)] if model else ["--method", "log-mmse"]
    arguments = ["enhance", str(recording), *options, "--out", str(out), "--force"]
    text, code = io.StringIO(), 0
    begin = time.monotonic()
    try:
        with contextlib.redirect_stdout(text), contextlib.redirect_stderr(text):
            main(arguments, prog_name="skse")
    except SystemExit as error:
        code = error.code or 0
    except BaseException as error:
        return "traceback", f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"
    seconds = time.monotonic() - begin
    lines = re.split(r"[\r\n]", text.getvalue())
    answers = [line for line in lines if line.startswith((f"{recording}: ", "Error: "))]
    left = [p.name for p in out.iterdir() if p.name.startswith(".")] if out.exists() else []
    asks = code == 2 and model and "pass the one of its training data" in answers[-1]
    if (code not in (0, 1) and not asks) or (code == 1 and len(answers) != 1):
        return "wrong answer", f"ends with {code}: {answers or lines[-3:]}"
    if left:
        return "left over", f"left {left}"
    if code and str(path) not in answers[-1]:
        if not model:
            return "wrong answer", f"does not name the file: {answers}"
        return "refused where it is used", ""
    if code == 1 and not model and _EXCEPTION.search(answers[0]):
        return "wrong answer", f"an exception's name: {answers[0][:300]}"
    if seconds > _SECONDS:
        return "slow", f"{seconds:.0f} s"
    if code == 0 and not (out / recording.name).exists():
        return "nothing", "ends well, but there is no result"
    return ("refused" if code else "enhanced"), ""
