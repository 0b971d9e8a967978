"""What a comparison leaves to look at and to listen to."""

import re

import numpy as np

from skse.comparison._table import LABELS
from skse.metrics import FIT_TIME, snr_gain_score
from skse.plotting import ComparisonDisplay, SpectrogramDisplay


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
    import matplotlib.pyplot as plt

    files = [out / "comparison.png", out / "spectrograms.png"]
    figure = ComparisonDisplay(rows).plot().figure_
    figure.savefig(files[0], dpi=150)
    plt.close(figure)

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
    figure.savefig(files[1], dpi=150)
    plt.close(figure)
    return files


def write_audio(examples, sampling_rate, folder):
    """Write every waveform of the examples as 16-bit wav; return the paths."""
    import soundfile

    folder.mkdir(exist_ok=True)
    for old in folder.glob("*.wav"):
        old.unlink()
    files = []
    for title, waveforms in examples.items():
        for name, waveform in waveforms.items():
            short = re.sub("[^a-z0-9]+", "-", name.lower())
            files.append(folder / f"{title}_{short}.wav")
            soundfile.write(files[-1], np.clip(waveform, -1, 1), sampling_rate, subtype="PCM_16")
    return files


def write_comparison_report(path, rows, scores, examples, data, settings):
    """Write the HTML page of a comparison.

    Parameters
    ----------
    path : str or path-like
        File.
    rows, scores : list of dict
        Of `make_rows` and `make_condition_rows`.
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
