"""What a recipe leaves to look at and to listen to."""

import numpy as np

from skse.plotting import LearningCurveDisplay, MaskDisplay, SpectrogramDisplay
from skse.recipes._rows import network_rows


def draw_spectrograms(examples, featurizer, sampling_rate, path):
    """Draw every example as a column: noisy, enhanced, clean."""
    _draw_columns(
        {
            title: SpectrogramDisplay.from_waveforms(
                waveforms,
                sampling_rate=sampling_rate,
                n_fft=featurizer.n_fft,
                hop_length=featurizer.hop_length // 2,
            )
            for title, waveforms in examples.items()
        },
        ("noisy", "enhanced", "clean"),
        path,
    )


def draw_masks(enhancer, examples, path):
    """Draw every example as a column: the ideal mask, the one that the network estimates."""
    noisy, clean = ([x[name] for x in examples.values()] for name in ("noisy", "clean"))
    rows, ideal = network_rows(enhancer, noisy, clean)
    estimated = enhancer.regressor_.predict(rows)
    hop_length = enhancer.featurizer.hop_length
    n_frames = 1 + len(noisy[0]) // hop_length
    _draw_columns(
        {
            title: MaskDisplay.from_masks(
                {"ideal mask": mask[:, :n_frames], "estimated mask": estimate[:, :n_frames]},
                sampling_rate=enhancer.sampling_rate,
                hop_length=hop_length,
            )
            for title, mask, estimate in zip(examples, ideal, estimated, strict=True)
        },
        ("ideal mask", "estimated mask"),
        path,
    )


def draw_history(network, path):
    """Draw the loss on training and held-out data over the epochs."""
    _save(LearningCurveDisplay.from_estimator(network).plot().figure_, path)


def gather_examples(test, enhanced, indices):
    """Collect the waveforms of some test pairs by title: noisy, enhanced, clean."""
    return {
        f"{test.sentence[i]}_{test.noise[i]}_{test.snr_db[i]:g}dB": {
            "noisy": test.noisy[i],
            "enhanced": np.asarray(enhanced[i]),
            "clean": test.clean[i],
        }
        for i in indices
    }


def _draw_columns(displays, names, path):
    import matplotlib.pyplot as plt

    size = (5.5 * len(displays), 0.5 + 2 * len(names))
    figure = plt.figure(figsize=size, layout="constrained")
    axes = figure.subplots(len(names), len(displays), squeeze=False)
    for column, (title, display) in zip(axes.T, displays.items(), strict=True):
        display.plot(column)
        column[0].set_title(f"{title}: {names[0]}", loc="left", fontsize="medium")
    _save(figure, path)


def _save(figure, path):
    import matplotlib.pyplot as plt

    figure.savefig(path, dpi=120)
    plt.close(figure)
