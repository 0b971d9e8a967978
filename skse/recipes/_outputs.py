"""What a recipe leaves to look at and to listen to."""

import numpy as np

from skse.experiments import save_figure
from skse.plotting import LearningCurveDisplay, MaskDisplay, SpectrogramDisplay

_DPI = 120


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
    chain, hop_length = enhancer.chain_, enhancer.featurizer.hop_length
    displays = {}
    for title, waveforms in examples.items():
        noisy, clean = ([waveforms[name]] for name in ("noisy", "clean"))
        n_frames = 1 + len(noisy[0]) // hop_length
        ideal = chain.target.transform(*next(chain.stft_pairs(noisy, clean)))
        around = {"environments": enhancer.environments_of(noisy)}
        predicted = chain.predictions(noisy, enhancer.regressor_, **around)
        blocks = [mask for _, mask, _ in predicted]
        masks = {"ideal mask": ideal, "estimated mask": np.concatenate(blocks, axis=-1)}
        displays[title] = MaskDisplay.from_masks(
            {name: mask[:, :n_frames] for name, mask in masks.items()},
            sampling_rate=enhancer.sampling_rate,
            hop_length=hop_length,
        )
    _draw_columns(displays, ("ideal mask", "estimated mask"), path)


def draw_history(network, path):
    """Draw the loss on training and held-out data over the epochs."""
    save_figure(LearningCurveDisplay.from_estimator(network).plot().figure_, path, _DPI)


def _draw_columns(displays, names, path):
    import matplotlib.pyplot as plt

    size = (5.5 * len(displays), 0.5 + 2 * len(names))
    figure = plt.figure(figsize=size, layout="constrained")
    axes = figure.subplots(len(names), len(displays), squeeze=False)
    for column, (title, display) in zip(axes.T, displays.items(), strict=True):
        display.plot(column)
        column[0].set_title(f"{title}: {names[0]}", loc="left", fontsize="medium")
    save_figure(figure, path, _DPI)
