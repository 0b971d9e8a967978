"""What it saves that the candidates of a search share STFTs (``stft_cache_mb``).

    python benchmarks/sweep_stft.py --jobs 1 --repeats 3

A search over two targets and four settings of a regressor, in three folds, on the
synthetic corpus inside the package. Each variant runs in a process of its own, in turns:
STFTs computed anew by every candidate, and shared. Prints how many STFTs of recordings
were computed (with one job), their processor time, that of the whole search and the peak
memory. Exits with 1 where an STFT is computed more than once in a process, or where a
score differs in any bit.

Set ``OMP_NUM_THREADS=1``: threads of BLAS that wait for each other count as processor time.

With ``--network`` the regressor is a small U-Net, and the setting its loss.
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import time

N_FOLDS = 3


def make_search(stft_cache_mb, n_jobs, network):
    """Build the search."""
    from sklearn.linear_model import Ridge
    from sklearn.model_selection import GridSearchCV, GroupKFold

    from skse import IdealMaskTarget, MelFeaturizer, SpeechEnhancer, UNetRegressor
    from skse.metrics import snr_gain_scorer

    if network:
        regressor = UNetRegressor(filters=(8, 8, 8), epochs=2, random_state=0)
        settings = {"regressor__loss": ["mse", "mae", "huber", "log_cosh"]}
    else:
        regressor, settings = Ridge(), {"regressor__alpha": [0.1, 1.0, 10.0, 100.0]}
    enhancer = SpeechEnhancer(
        MelFeaturizer(8000, n_mels=32),
        regressor=regressor,
        sampling_rate=8000,
        context_frames=1,
        remix=False,  # which would compute an STFT of every mixture
        stft_cache_mb=stft_cache_mb,
    )
    targets = [IdealMaskTarget("irm"), IdealMaskTarget("ibm")]
    return GridSearchCV(
        enhancer,
        {"target": targets, **settings},
        scoring=snr_gain_scorer,
        cv=GroupKFold(N_FOLDS),
        n_jobs=n_jobs,
        refit=False,
    )


def measure_here(stft_cache_mb, n_jobs, network):
    """Search once in this process and print the figures as JSON."""
    from skse.datasets import load_harvard
    from skse.features import _base

    counted = {"STFTs": 0, "seconds": 0.0}
    analyse = _base.analyse

    def counting(waveforms, *arguments):
        start = time.process_time()
        spectra = analyse(waveforms, *arguments)
        counted["seconds"] += time.process_time() - start
        counted["STFTs"] += len(waveforms)
        return spectra

    _base.analyse = counting
    data = load_harvard(noises=["white", "street", "babble", "car"], snr_db=[0, 10])
    search = make_search(stft_cache_mb, n_jobs, network)
    wall, processor = time.perf_counter(), time.process_time()
    search.fit(data.noisy, data.clean, groups=data.sentence)
    figures = {
        "STFTs computed": counted["STFTs"],
        "processor seconds in them": counted["seconds"],
        "processor seconds of the search": time.process_time() - processor,
        "seconds": time.perf_counter() - wall,
        "peak memory in MB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }
    # A clean recording is brought to the level of each noisy one that it belongs to.
    scores = search.cv_results_["mean_test_score"].tolist()
    print(json.dumps([figures, 2 * len(data.noisy), scores]))


def measure(stft_cache_mb, options):
    """Search once in a new process."""
    command = [sys.executable, __file__, "--measure", str(stft_cache_mb)]
    command += ["--jobs", str(options.jobs), *(["--network"] if options.network else [])]
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
    result = subprocess.run(command, capture_output=True, text=True, env=environment, check=True)
    return json.loads(result.stdout.splitlines()[-1])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--network", action="store_true")
    parser.add_argument("--megabytes", type=int, default=500)
    parser.add_argument("--measure", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure is not None:
        return measure_here(options.measure, options.jobs, options.network)

    runs = []
    for repeat in range(options.repeats):
        order = (0, options.megabytes) if repeat % 2 == 0 else (options.megabytes, 0)
        runs.append({bool(mb): measure(mb, options) for mb in order})
    recordings = runs[0][True][1]
    print(
        f"8 candidates, {N_FOLDS} folds, {recordings} recordings in pairs, n_jobs={options.jobs}, "
        f"median of {options.repeats} paired runs\n"
    )
    print("| | each anew | shared |\n|---|---|---|")
    for figure in runs[0][True][0]:
        if options.jobs > 1 and figure not in ("seconds",):
            continue  # the workers' own are not seen here
        cells = [f"{statistics.median(run[s][0][figure] for run in runs):.2f}" for s in (0, 1)]
        print(f"| {figure} | " + " | ".join(cells) + " |")
    too_many = options.jobs == 1 and any(
        run[True][0]["STFTs computed"] > recordings for run in runs
    )
    return too_many or any(run[True][2] != run[False][2] for run in runs)


if __name__ == "__main__":
    sys.exit(main())
