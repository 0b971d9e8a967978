"""What an hour of audio costs: to train on, to enhance, to stream and to score.

::

    python benchmarks/cost_per_hour.py --minutes 4

Speech in noise of the corpus inside, 8 kHz, on one core. Prints processor seconds for one hour of
audio of every kind of work, and peak memory; docs/guide/how_far.rst reckons with them.
"""

import argparse
import os
import platform
import time

os.environ["OMP_NUM_THREADS"] = "1"
os.environ["TF_NUM_INTRAOP_THREADS"] = "1"
os.environ["TF_NUM_INTEROP_THREADS"] = "1"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import resource
import tempfile
from pathlib import Path

import numpy as np
import soundfile

import skse
from skse import LogMMSE, Remix, SpeechEnhancer, StreamingEnhancer, UNetRegressor
from skse.datasets import load_harvard
from skse.metrics import available_metrics, evaluate
from skse.models import load_model

SAMPLING_RATE = 8000
BLOCK = 128  # samples of a stream's block: 16 ms
SCORES = ("snr_gain", "si_sdr", "stoi", "estoi", "pesq_nb")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=4, help="of audio, for every kind")
    options = parser.parse_args()
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    data = load_harvard()
    n_seconds, n = 0.0, 0
    while n_seconds < 60 * options.minutes and n < len(data.noisy):
        n_seconds, n = n_seconds + len(data.noisy[n]) / SAMPLING_RATE, n + 1
    noisy, clean = data.noisy[:n], data.clean[:n]
    print(f"skse {skse.__version__}, Python {platform.python_version()}, {platform.machine()}")
    print(f"{n} recordings, {n_seconds:.0f} s\n\n| work | processor s an hour |\n|---|---|")

    def show(name, run, seconds=n_seconds):
        begin = time.process_time()
        result = run()
        spent = (time.process_time() - begin) * 3600 / seconds
        print(f"| {name} | {spent:.1f} |", flush=True)
        return result

    model, mmse = load_model("speech-8k"), LogMMSE(SAMPLING_RATE).fit(noisy[:1])
    for name, enhancer in (("speech-8k", model), ("log-MMSE", mmse)):
        enhancer.predict(noisy[:2])  # warm up
        enhanced = show(f"enhance, {name}", lambda enhancer=enhancer: enhancer.predict(noisy))
    for name, enhancer, level in (("speech-8k", model, 0.1), ("log-MMSE", mmse, None)):
        show(f"stream in 16 ms blocks, {name}", lambda e=enhancer, v=level: stream(e, v, noisy))
    with tempfile.TemporaryDirectory() as folder:
        show("read and write WAV", lambda: copy(noisy, Path(folder)))
    for metric in available_metrics(SAMPLING_RATE):
        if metric in SCORES:
            show(
                f"score, {metric}",
                lambda metric=metric: evaluate(
                    clean, enhanced, noisy, sampling_rate=SAMPLING_RATE, metrics=[metric]
                ),
            )
    megabytes = memory_of_streams(model)
    train(show, data)
    print(f"\nmemory of one more stream of speech-8k: {megabytes:.1f} MB")
    print(f"\npeak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3:.0f} MB")


def stream(enhancer, level, waveforms):
    """Push all recordings through one stream, block by block."""
    opened = StreamingEnhancer(enhancer, level=level)
    audio = np.concatenate(waveforms)
    for begin in range(0, len(audio), BLOCK):
        opened.process(audio[begin : begin + BLOCK])


def memory_of_streams(model, n_streams=20):
    """Megabytes that every further stream of one enhancer takes."""
    noise = np.random.default_rng(0).standard_normal(BLOCK).astype(np.float32)
    opened, before = [], 0
    for number in range(n_streams + 1):
        opened.append(StreamingEnhancer(model, level=1.0))
        for _ in range(20):
            opened[-1].process(noise)
        if number == 0:
            before = resident_mb()
    return (resident_mb() - before) / n_streams


def resident_mb():
    """Memory of this process now, in MB, where Linux tells."""
    status = Path("/proc/self/statm")
    pages = int(status.read_text().split()[1]) if status.exists() else 0
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def copy(waveforms, folder):
    """Write every recording to a file, and read it."""
    for number, x in enumerate(waveforms):
        soundfile.write(folder / f"{number}.wav", x, SAMPLING_RATE)
        soundfile.read(folder / f"{number}.wav", dtype="float32")


def train(show, data):
    """Show what one hour of mixtures costs the U-Net, and the features alone."""
    enhancer = SpeechEnhancer(sampling_rate=SAMPLING_RATE)
    hop = enhancer.make_chain().featurizer.hop_length
    n_mixtures = 320
    seconds = n_mixtures * enhancer.segment_frames * hop / SAMPLING_RATE
    enhancer.set_params(regressor=UNetRegressor(epochs=1, random_state=0))
    enhancer.set_params(remix=Remix(n_mixtures=16)).fit(data.noisy[:8], data.clean[:8])  # warm up
    enhancer.set_params(remix=Remix(n_mixtures=n_mixtures))
    show("train the U-Net once over", lambda: enhancer.fit(data.noisy, data.clean), seconds)


if __name__ == "__main__":
    main()
