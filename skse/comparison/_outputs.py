"""What of a comparison is shown, and what it leaves to look at."""

from skse.comparison._table import LABELS
from skse.experiments import save_figure
from skse.metrics import FIT_TIME, snr_gain_score
from skse.plotting import ComparisonDisplay, SpectrogramDisplay


def pick_for_audio(rows):
    """Names of what is heard: the best candidate of every target, best first."""
    best_by_target = {}
    for row in rows:
        if row["kind"] == "candidate":
            best_by_target.setdefault(row["target"], row["name"])
    return list(best_by_target.values())


def pick_for_report(rows):
    """Names of what a report shows: the best baseline, candidates as above, the best ceiling."""
    best = {}
    for row in rows:
        best.setdefault(row["kind"], row["name"])
    around = [[best[kind]] if kind in best else [] for kind in ("baseline", "ceiling")]
    return [*around[0], *pick_for_audio(rows), *around[1]]


def write_pictures(rows, examples, sampling_rate, out):
    """Draw comparison.png and spectrograms.png.

    Parameters
    ----------
    rows : list of dict
        Of `make_rows`.
    examples : dict of str to dict of str to ndarray
        Title of every example, and its waveforms by name; the first is drawn.
    sampling_rate : int
        Hz.
    out : Path
        Folder.

    Returns
    -------
    files : list of Path
    """
    files = [out / "comparison.png", out / "spectrograms.png"]
    save_figure(ComparisonDisplay(rows).plot().figure_, files[0])

    title, waveforms = next(iter(examples.items()))
    named = {}
    for name, waveform in waveforms.items():
        if name in ("noisy", "clean"):
            named[name] = waveform
        else:
            gain = snr_gain_score(waveforms["clean"], waveform, waveforms["noisy"])
            named[f"{name}: SNR gain {gain:+.1f} dB"] = waveform
    display = SpectrogramDisplay.from_waveforms(named, sampling_rate=sampling_rate)
    figure = display.plot().figure_
    figure.suptitle(f"{_spell_out(title)}, not heard in training")
    save_figure(figure, files[1])
    return files


def write_comparison_report(path, rows, scores, examples, data, settings):
    """Write the HTML page of a comparison.

    Parameters
    ----------
    path : str or path-like
        File.
    rows, scores : list of dict
        Of `make_rows` and `make_scores`.
    examples : dict of str to dict of str to ndarray
        Title of every example, and its waveforms by name.
    data : :class:`~sklearn.utils.Bunch`
        What was compared on.
    settings : dict of str to object
        How it was compared.

    Returns
    -------
    path : Path
    """
    from skse.report import write_report

    dropped = set(LABELS) - {"name", "kind"}
    tidy = [{key: value for key, value in row.items() if key not in dropped} for row in scores]
    tidy += [  # of no noise and no SNR
        {key: row[key] for key in ("name", "kind")} | {"fit_time": row[f"{FIT_TIME.column}_mean"]}
        for row in rows
        if row["kind"] == "candidate"
    ]
    minutes = sum(map(len, data.noisy)) / data.sampling_rate / 60
    about = {
        "Data": (data.get("DESCR") or "not named").strip().splitlines()[0],
        "Pairs": f"{len(data.noisy)} ({minutes:.1f} min)",
        "Sentences, speakers, noises": ", ".join(
            str(len(set(data[name]))) for name in ("sentence", "speaker", "noise")
        ),
        "Sampling rate": f"{data.sampling_rate:g} Hz",
    }
    return write_report(
        path,
        title="Comparison of networks, targets and losses",
        rows=tidy,
        examples={_spell_out(title): waveforms for title, waveforms in examples.items()},
        sampling_rate=data.sampling_rate,
        settings={**about, **settings},
    )


def _spell_out(title):
    sentence, noise, level = title.split("_")
    return f"Sentence {sentence} in {noise} noise at {level.replace('dB', ' dB')}"
