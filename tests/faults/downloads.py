"""Fetchers against a server that fails: they refuse or recover, and leave no wrong file."""

import shutil
from collections import Counter

import harness
from harness import files_below
from servers import FAULTS, FETCHERS, Server

# Seconds that a fetcher waits for a server in these runs, and a run may last.
_TIMEOUT, _LIMIT = 0.25, 20
# What each asks for.
_ASKED_FOR = {
    "fetch_noizeus": ["/car_0dB.zip", "/clean.zip"],
    "fetch_ms_snsd": ["/trees/master", "/trees/clean_test-sha", "/raw/noise_test/Babble_1.wav"],
    "fetch_ms_snsd archive": ["/archive.zip"],
}


def disturb(names, times, scratch):
    """Let every file fail in every way, `times` times in a row at most; yield what was found."""
    harness.warm_up()
    for name in names:
        server = Server()
        box = scratch / "box"
        right = _run(name, server, box)[1]
        served = _ASKED_FOR[name][: None if times > 1 else 1]
        counts, faults = Counter(), []
        for fault in FAULTS:
            for path in served:
                for n in {1, 3} if times > 1 else {3}:
                    server.path, server.fault, server.n_left = path, fault, n
                    outcome, left = _run(name, server, box)
                    counts["recovered" if outcome.code == 0 else "refused"] += 1
                    faults += [
                        f"{fault}, {path}, {n} times: {found}"
                        for found in _judge(outcome, left, right)
                    ]
                    server.n_left = 0
                    outcome, left = _run(name, server, box, fresh=False)
                    if outcome.code or left != right:
                        faults.append(f"{fault}, {path}: calling again: {outcome.text[-200:]}")
        yield name, counts, faults


def _judge(outcome, left, right):
    """Say what is wrong with what a fetcher did and left."""
    if outcome.hung:
        yield "hangs"
    if "Traceback" in outcome.text:
        yield f"a traceback: {outcome.text.splitlines()[-1]}"
    if wrong := [name for name, content in left.items() if content != right.get(name)]:
        yield f"left {wrong}"
    if outcome.code == 0 and left != right:
        yield "ends well, but files are missing"
    answers = [line for line in outcome.text.splitlines() if line.startswith("Error: ")]
    if outcome.code and (outcome.code != 1 or len(answers) != 1 or "http://127" not in answers[0]):
        yield f"ends with {outcome.code} and says {answers or outcome.text[-200:]}"


def _run(name, server, box, *, fresh=True):
    """Fetch in a child, with the server in a thread beside it; return the outcome and the files."""
    if fresh:
        shutil.rmtree(box, ignore_errors=True)
        box.mkdir()

    def call():
        fetch = FETCHERS[name](server.url, timeout=_TIMEOUT)
        server.start()
        try:
            fetch(box / "out")
        except OSError as error:
            print(f"Error: {' '.join(str(error).split())}")
            raise SystemExit(1) from None

    outcome = harness.run(call, box, limit=_LIMIT)
    return outcome, files_below(box / "out")
