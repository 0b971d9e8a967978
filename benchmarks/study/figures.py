"""Figures of the documentation, from the rows of the CSV alone."""

import math

from study.summary import (
    at_level,
    by_seed,
    choose,
    levels,
    mean,
    name_of,
    spread,
    systems_of,
    values_of,
)

# Okabe and Ito's colours, told apart by every kind of colour vision.
BLUE, ORANGE, GREEN, GREY = "#0072B2", "#D55E00", "#009E73", "#777777"
GAIN = "SNR gain (dB)"
_TOO_GOOD_DB = 25  # a ceiling above this is exact but for rounding


def ceilings(rows):
    """Draw the mean SNR gain of every target's ceiling, both hops."""
    targets = choose(rows, variant="hop 64")
    gains = {row["candidate"]: 0.0 for row in targets}
    gains = {name: mean(choose(targets, candidate=name), "snr_gain_db") for name in gains}
    order = sorted((n for n in gains if gains[n] < _TOO_GOOD_DB), key=gains.get)
    figure, ax = _subplots(1, height=0.28 * len(order) + 0.8)
    for variant, colour, offset in (("hop 64", BLUE, 0.2), ("hop 128", ORANGE, -0.2)):
        own = choose(rows, variant=variant)
        values = [mean(choose(own, candidate=name), "snr_gain_db") for name in order]
        places = [i + offset for i in range(len(order))]
        ax.barh(places, values, 0.38, color=colour, label=variant)
    ax.set_yticks(range(len(order)), order)
    ax.axvline(0, color="black", linewidth=0.8)
    ax.set(xlabel=f"{GAIN}, mean of 0, 5, 10 and 15 dB", title="Ceilings: the true target")
    ax.legend(loc="lower right")
    return figure


def mapping(rows):
    """Draw the SNR gain over the input SNR of what was tested at every SNR, by protocol."""
    panels = {
        "seed's protocols": [r for r in rows if r["protocol"] != "unseen"],
        "unseen": choose(rows, protocol="unseen"),
    }
    figure, axes = _subplots(2, height=5, share=True)
    for ax, (title, own) in zip(axes, panels.items(), strict=True):
        ends = []
        for name, chosen in systems_of([r for r in own if r["variant"]]).items():
            if (snrs := levels(chosen)) != levels(own):
                continue
            gains = [mean(at_level(chosen, snr_db), "snr_gain_db") for snr_db in snrs]
            colour = ORANGE if chosen[0]["variant"] == "mapping" else BLUE
            dashes = "--" if "(seed)" in name else "-"
            ax.plot(snrs, gains, dashes, color=colour, marker="o", markersize=3, linewidth=1.2)
            ends.append((gains[-1], name.rpartition(",")[0], snrs[-1], colour))
        _label_ends(ax, sorted(ends))
        ax.axhline(0, color="black", linewidth=0.8)
        ax.set(title=title, xlabel="SNR of the noisy speech (dB)", xlim=(-1, 23))
        ax.set_xticks([0, 5, 10, 15])
    axes[0].set_ylabel(GAIN)
    for label, colour in (("mapping", ORANGE), ("masking", BLUE)):
        axes[1].plot([], [], color=colour, label=label)
    axes[1].legend()
    return figure


def _label_ends(ax, ends):
    """Name lines at their right end, from the lowest, apart from each other."""
    gap = 0.03 * (ax.get_ylim()[1] - ax.get_ylim()[0])
    lowest = -math.inf
    for gain, name, snr_db, colour in ends:
        lowest = max(gain, lowest + gap)
        ax.annotate(
            name, (snr_db, gain), (snr_db + 1, lowest), fontsize=6.5, va="center", color=colour,
            arrowprops={"arrowstyle": "-", "color": colour, "linewidth": 0.4},
        )  # fmt: skip


def losses(rows):
    """Draw the SNR gain of every loss, a dot a seed."""
    networks = [row for row in rows if row["candidate"] != "noisy"]
    masks = values_of(networks, "candidate")
    figure, axes = _subplots(len(masks), height=3, share=True)
    for ax, mask in zip(_as_list(axes), masks, strict=True):
        own = choose(networks, candidate=mask)
        names = values_of(own, "variant")
        for i, loss in enumerate(names):
            chosen = choose(own, variant=loss)
            gains = list(by_seed(chosen, "snr_gain_db").values())
            ax.plot([i] * len(gains), gains, "o", color=BLUE, alpha=0.6)
            ax.plot([i - 0.25, i + 0.25], [mean(chosen, "snr_gain_db")] * 2, color=ORANGE)
        ax.set_xticks(range(len(names)), [name.replace("_", "\n", 1) for name in names])
        ax.set_title(mask)
    _as_list(axes)[0].set_ylabel(GAIN)
    return figure


def voice(rows):
    """Draw what each property changes, from either system."""
    bases = [b for b in ("good system", "seed's system") if choose(rows, candidate=b, variant="")]
    figure, axes = _subplots(len(bases), height=3.2)
    for ax, base in zip(_as_list(axes), bases, strict=True):
        own = choose(rows, candidate=base)
        start = mean(choose(own, variant=""), "snr_gain_db")
        variants = [v for v in values_of(own, "variant") if v][::-1]
        changes = [mean(choose(own, variant=v), "snr_gain_db") - start for v in variants]
        ax.barh(variants, changes, color=[GREEN if c > 0 else ORANGE for c in changes])
        ax.axvline(0, color="black", linewidth=0.8)
        ax.set_title(f"{base}: {start:+.1f} dB", fontsize="medium")
        ax.set_xlabel("change of SNR gain (dB)")
    return figure


def gains(rows):
    """Draw the mean SNR gain of all systems, best on top."""
    systems = {n: r for n, r in systems_of(rows).items() if r[0]["candidate"] != "noisy"}
    order = sorted(systems, key=lambda name: mean(systems[name], "snr_gain_db"))
    values = [mean(systems[name], "snr_gain_db") for name in order]
    figure, ax = _subplots(1, height=0.28 * len(order) + 0.8)
    deviations = [spread(systems[name], "snr_gain_db") for name in order]
    errors = [0 if math.isnan(d) else d for d in deviations]
    colours = [ORANGE if name_of(systems[n][0]).startswith("seed") else BLUE for n in order]
    ax.barh(order, values, color=colours, xerr=errors if any(errors) else None)
    ax.axvline(0, color="black", linewidth=0.8)
    ax.set_xlabel(f"{GAIN}, mean over all files")
    return figure


def _subplots(n, *, height, share=False):
    import matplotlib.pyplot as plt

    return plt.subplots(1, n, figsize=(8, height), layout="constrained", sharey=share)


def _as_list(axes):
    return list(axes) if hasattr(axes, "__iter__") else [axes]


# File -> what draws it, and the part of the rows
FIGURES = {
    "ceilings": (ceilings, "ceilings"),
    "mapping": (mapping, "mapping"),
    "losses": (losses, "losses"),
    "voice": (voice, "voice"),
    "voice_trained": (voice, "voice-trained"),
    "approximation": (gains, "approximation"),
    "selection": (gains, "selection"),
}
