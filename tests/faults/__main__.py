"""Inject faults into skse and count what comes of it: ``python tests/faults``.

Needs Linux and a C compiler. Ends with 1 where skse did what it should not.
"""

import argparse
import sys
import time
from pathlib import Path

import harness

HERE = Path(__file__).parent
# Part -> how often, in short and in long.
PARTS = {
    "kill": (2, 200),
    "fill": (2, 10**6),
    "read": (1, 10**6),
    "two": (1, 20),
    "download": (1, 3),
    "mutate": (60, 20_000),
}


def main():
    """Parse the command line, run the parts, print a table and all faults found."""
    parser = argparse.ArgumentParser(prog="python tests/faults", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join(PARTS))
    parser.add_argument("--long", action="store_true", help="try thousands, not some")
    parser.add_argument("--times", type=int, help="how often, for every command or format")
    parser.add_argument("--commands", help="some of the commands or formats, with commas")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    if unknown := set(options.parts) - set(PARTS):
        parser.error(f"no part {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    scratch = harness.start_preloaded(HERE / "shim.c")

    n_faults = 0
    for part in options.parts or PARTS:
        times = options.times or PARTS[part][options.long]
        wanted = options.commands.split(",") if options.commands else None
        begin = time.monotonic()
        for name, counts, faults in run_part(part, wanted, times, options.seed, scratch):
            listed = ", ".join(f"{n} {what}" for what, n in counts.items() if n)
            seconds = time.monotonic() - begin
            head = f"{part:8} {name:22} {len(faults)} faults"
            print(f"{head}; {listed} ({seconds:.0f} s)", flush=True)
            for fault in faults:
                print(f"    {fault}")
            n_faults += len(faults)
            begin = time.monotonic()
    print(f"{n_faults} faults")
    sys.exit(n_faults > 0)


def run_part(part, wanted, times, seed, scratch):
    """Yield name, counts and faults of every command or format of a part."""
    if part == "mutate":
        import fuzz

        return fuzz.mutate(wanted or fuzz.FORMATS, times, seed, scratch)
    if part == "download":
        import downloads

        return downloads.disturb(wanted or downloads.FETCHERS, times, scratch)
    return disturb(part, wanted, times, seed, scratch)


def disturb(part, wanted, times, seed, scratch):
    """Warm this process up and run the parts that it forks children for."""
    import commands
    import disturb
    import servers

    harness.warm_up()
    commands.small_corpus()
    if "SKSE_FAULTS_URL" not in harness.os.environ:
        servers.serve_in_a_child()
    known = commands.COMMANDS | commands.SLOW | commands.CARELESS
    return disturb.disturb(part, wanted or list(commands.COMMANDS), times, seed, scratch, known)


if __name__ == "__main__":
    main()
