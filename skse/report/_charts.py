"""Charts as numbers: places, ticks and labels that the template draws as SVG."""

import numpy as np

# One chart in the units of its SVG, made for a phone's width.
WIDTH = 360
_RIGHT, _TOP = 12, 8
_PLOT_HEIGHT, _ROW_HEIGHT, _BELOW = 180, 24, 40
_LEFT_OF_NUMBERS, _LEFT_OF_NAMES = 46, 92
_LONGEST_NAME = 14
N_COLORS = 6
# Two numbers without a common divisor: thirty series look different.
_MARKERS = (
    "M-4.5,0a4.5,4.5 0 1,0 9,0a4.5,4.5 0 1,0 -9,0z",  # disc
    "M-4,-4h8v8h-8z",  # square
    "M0,-5.2L5,3.8H-5z",  # triangle
    "M0,-5.5L5.5,0L0,5.5L-5.5,0z",  # diamond
    "M0,5.2L5,-3.8H-5z",  # triangle on its head
)
_N_CANDIDATES_SHOWN = 3
_MOST_NOISES = 24  # more are no picture


def make_series(scores):
    """Say how every name looks, and whether it is shown at first.

    Shown are the best candidates, the best baseline, the noisy speech and the best
    ceiling: more lines cannot be told apart.
    """
    candidates = [name for name in scores.names if scores.kinds[name] == "candidate"]
    shown = {*candidates[:_N_CANDIDATES_SHOWN]}
    shown |= {scores.best(kind) for kind in ("noisy", "baseline", "ceiling")}
    counts = dict.fromkeys(scores.kinds.values(), 0)
    series = {}
    for name in scores.names:
        kind = scores.kinds[name]
        i = counts[kind]
        counts[kind] += 1
        series[name] = {
            "id": len(series),
            "name": name,
            "kind": kind,
            "look": f"c{i % N_COLORS}" if kind == "candidate" else kind,
            "marker": _MARKERS[i % len(_MARKERS)],
            "shown": name in shown,
        }
    return series


def charts_by_snr(scores, series):
    """One chart a metric: lines over the SNR of the input."""
    if len(scores.levels) < 2:
        return []
    ends = scores.levels[0], scores.levels[-1]
    xs = _scale(*ends, _LEFT_OF_NUMBERS + 10, WIDTH - _RIGHT - 10)
    about = ", to the nearest 5" if scores.rounded else ""
    charts = []
    for metric, means in _means(scores, "snr_db", scores.levels):
        low, high, ticks = _axis(means, 6)
        ys = _scale(low, high, _TOP + _PLOT_HEIGHT, _TOP)
        lines = []
        for name, values in means.items():
            points = [
                _point(xs(level), ys(value), name, f"{level:g} dB SNR", metric, value)
                for level, value in zip(scores.levels, values, strict=True)
                if np.isfinite(value)
            ]
            path = "M" + "L".join(f"{p['x']},{p['y']}" for p in points) if points else ""
            lines.append({**series[name], "points": points, "path": path})
        charts.append(
            {
                **_frame(metric, _PLOT_HEIGHT, _LEFT_OF_NUMBERS),
                "x_ticks": [_tick(xs, level) for level in scores.levels],
                "y_ticks": [_tick(ys, value) for value in ticks],
                "x_label": f"SNR of the noisy speech (dB{about})",
                "lines": lines,
            }
        )
    return charts


def charts_by_noise(scores, series):
    """One chart a metric: points in a row for every noise."""
    if not 2 <= len(scores.noises) <= _MOST_NOISES:
        return []
    height = _ROW_HEIGHT * len(scores.noises)
    rows = {noise: _TOP + _ROW_HEIGHT * (i + 0.5) for i, noise in enumerate(scores.noises)}
    charts = []
    for metric, means in _means(scores, "noise", scores.noises):
        low, high, ticks = _axis(means, 5)
        xs = _scale(low, high, _LEFT_OF_NAMES, WIDTH - _RIGHT)
        lines = [
            {
                **series[name],
                "path": "",
                "points": [
                    _point(xs(value), rows[noise], name, noise, metric, value)
                    for noise, value in zip(scores.noises, values, strict=True)
                    if np.isfinite(value)
                ],
            }
            for name, values in means.items()
        ]
        charts.append(
            {
                **_frame(metric, height, _LEFT_OF_NAMES),
                "x_ticks": [_tick(xs, value) for value in ticks],
                "y_ticks": [
                    {"at": at, "text": _shorten(noise), "title": noise}
                    for noise, at in rows.items()
                ],
                "x_label": metric.heading,
                "lines": lines,
            }
        )
    return charts


def _means(scores, key, conditions):
    """Yield every metric that is defined somewhere, with its means by name and condition."""
    for metric in scores.metrics:
        means = {
            name: [scores.mean(name, metric, **{key: condition}) for condition in conditions]
            for name in scores.names
        }
        if np.isfinite(list(means.values())).any():
            yield metric, means


def _frame(metric, plot_height, left):
    return {
        "metric": metric,
        "width": WIDTH,
        "height": _TOP + plot_height + _BELOW,
        "left": left,
        "right": WIDTH - _RIGHT,
        "top": _TOP,
        "bottom": _TOP + plot_height,
    }


def _point(x, y, name, condition, metric, value):
    number = f"{metric.spell(value)} {metric.unit}".rstrip()
    return {
        "x": round(x, 1),
        "y": round(y, 1),
        "title": f"{name}, {condition}: {metric.label} {number}",
    }


def _scale(low, high, start, end):
    return lambda value: start + (value - low) / (high - low) * (end - start)


def _tick(scale, value):
    return {"at": round(scale(value), 1), "text": f"{value:g}".replace("-", "−")}


def _axis(means, n_steps):
    """Return the ends of an axis with room for all finite means, and round numbers on it."""
    from matplotlib.ticker import MaxNLocator

    values = np.array(list(means.values()))
    values = values[np.isfinite(values)]
    low, high = float(values.min()), float(values.max())
    margin = 0.06 * (high - low) or 0.5
    low, high = low - margin, high + margin
    ticks = MaxNLocator(n_steps, steps=[1, 2, 2.5, 5, 10], min_n_ticks=4).tick_values(low, high)
    return low, high, [float(f"{tick:.6g}") for tick in ticks if low <= tick <= high]


def _shorten(name):
    return name if len(name) <= _LONGEST_NAME else name[: _LONGEST_NAME - 1] + "…"
