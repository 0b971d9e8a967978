"""What a recipe leaves to look at and to listen to."""

import numpy as np

from skse.plotting import SpectrogramDisplay
from skse.recipes._rows import network_rows


def draw_spectrograms(examples, featurizer, sampling_rate, path):
    """Draw every example as a column: noisy, enhanced, clean."""
    import matplotlib.pyplot as plt

    figure = plt.figure(figsize=(5.5 * len(examples), 6.5), layout="constrained")
    axes = figure.subplots(3, len(examples), squeeze=False)
    for column, (title, waveforms) in zip(axes.T, examples.items(), strict=True):
        SpectrogramDisplay.from_waveforms(
            waveforms,
            sampling_rate=sampling_rate,
            n_fft=featurizer.n_fft,
            hop_length=featurizer.hop_length // 2,
        ).plot(column)
        column[0].set_title(f"{title}: {next(iter(waveforms))}", loc="left", fontsize="medium")
    figure.savefig(path, dpi=120)
    plt.close(figure)


def draw_masks(enhancer, examples, path):
    """Draw the ideal mask of every example above the one that the network estimates."""
    import matplotlib.pyplot as plt

    noisy, clean = ([x[name] for x in examples.values()] for name in ("noisy", "clean"))
    rows, ideal = network_rows(enhancer, noisy, clean)
    estimated = enhancer.regressor_.predict(rows)
    figure = plt.figure(figsize=(5.5 * len(examples), 5), layout="constrained")
    axes = figure.subplots(2, len(examples), sharex=True, sharey=True, squeeze=False)
    duration = ideal.shape[2] * enhancer.featurizer.hop_length / enhancer.sampling_rate
    extent = (0, duration, 0, enhancer.sampling_rate / 2000)
    for name, masks, line in (("ideal", ideal, axes[0]), ("estimated", estimated, axes[1])):
        for title, mask, ax in zip(examples, masks, line, strict=True):
            image = ax.imshow(
                mask, extent=extent, vmin=0, vmax=1, cmap="gray", origin="lower", aspect="auto"
            )
            ax.set_title(f"{title}: {name} mask", loc="left", fontsize="medium")
    for ax in axes[:, 0]:
        ax.set_ylabel("Frequency (kHz)")
    for ax in axes[-1]:
        ax.set_xlabel("Time (s)")
    figure.colorbar(image, ax=list(axes.flat), label="Gain")
    figure.savefig(path, dpi=120)
    plt.close(figure)


def draw_history(history, path):
    """Draw the loss on training and held-out data over the epochs."""
    import matplotlib.pyplot as plt

    figure, ax = plt.subplots(figsize=(6, 4), layout="constrained")
    epochs = [row["epoch"] for row in history]
    marker = "o" if len(epochs) == 1 else None
    for column, label in (("loss", "training"), ("held_out_loss", "held-out")):
        ax.plot(epochs, [row[column] for row in history], label=label, marker=marker)
    ax.set_yscale("log" if min(row["loss"] for row in history) > 0 else "linear")
    ax.set_xlabel("Epoch")
    ax.set_ylabel("Loss")
    ax.legend()
    figure.savefig(path, dpi=120)
    plt.close(figure)


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
