"""A C header for a program that runs a network frame by frame with onnxruntime's C API."""

import numpy as np
from scipy.signal import get_window

_HEAD = """\
/* {network}: an ONNX graph that enhances a stream frame by frame. Its inputs are `skse_inputs`
 * and then `skse_state_inputs`; its outputs `skse_output` and then `skse_state_outputs`, the states
 * of the next call. All are float, but "position" and "length", which are int64_t of shape {{1}}.
 * States are 0 at the beginning. In a shape, -1 stands for the frames of a call.
 * {network_json} tells what lies between samples and frames. */
#ifdef SKSE_STEPS_H
#error "one such header a source file: two describe two networks"
#endif
#define SKSE_STEPS_H
#include <stddef.h>
#include <stdint.h>

"""


def c_header(told, featurizer):
    """Write down in C what a program must know to call a graph that takes frames.

    Parameters
    ----------
    told : dict
        The description in the JSON file.
    featurizer : BaseFeaturizer
        Fitted.

    Returns
    -------
    text : str
        C99.
    """
    steps, name = told["steps"], told["network"]
    states = steps["states"]
    lines = [f"#define SKSE_{name} {value}" for name, value in _constants(told, featurizer)]
    lines += [
        _array("char *const", "inputs", [f'"{one}"' for one in steps["inputs"]]),
        f'static const char *const skse_output = "{steps["output"]}";',
        _array("int64_t", "input_shape", map(_size, steps["input_shape"])),
        _array("int64_t", "output_shape", map(_size, steps["output_shape"])),
    ]
    if states:
        shapes = [one["shape"] for one in states]
        rank = max(map(len, shapes))
        lines += [
            _array("char *const", "state_inputs", [f'"{one["input"]}"' for one in states]),
            _array("char *const", "state_outputs", [f'"{one["output"]}"' for one in states]),
            _array("size_t", "state_ranks", map(len, shapes)),
            _array("size_t", "state_sizes", [int(np.prod(shape)) for shape in shapes]),
            f"static const int64_t skse_state_shapes[][{rank}] = {{",
            *(f"  {{{', '.join(map(str, shape))}}}," for shape in shapes),
            "};",
        ]
    if hasattr(featurizer, "n_fft"):
        window = featurizer.window
        if isinstance(window, (str, tuple)):
            window = get_window(window, featurizer.n_fft)
        lines.append(_array("float", "window", [f"{value:.9e}f" for value in window]))
    text = _HEAD.format(network=name, network_json=f"{name.rpartition('.')[0]}.json")
    return text + "\n".join(lines) + "\n"


def _constants(told, featurizer):
    steps = told["steps"]
    constants = {
        "N_INPUTS": len(steps["inputs"]),
        "N_STATES": len(steps["states"]),
        "RANK": len(steps["input_shape"]),
        "OUTPUT_RANK": len(steps["output_shape"]),
        "AHEAD": f"{steps['ahead']}  /* frames that the output lags by */",
        "NORMALIZE_LEVEL": f"{int(told['normalize_level'])}  /* 1: bring samples to an RMS of 1 */",
    }
    if told["sampling_rate"] is not None:
        constants["SAMPLING_RATE"] = repr(told["sampling_rate"])
    for name in ("n_fft", "hop_length"):
        if hasattr(featurizer, name):
            constants[name.upper()] = int(getattr(featurizer, name))
    return constants.items()


def _array(kind, name, values):
    values = list(map(str, values))
    rows = [", ".join(values[i : i + 8]) for i in range(0, len(values), 8)]
    body = rows[0] if len(rows) == 1 else "\n  " + ",\n  ".join(rows) + "\n"
    return f"static const {kind} skse_{name}[] = {{{body}}};"


def _size(n):
    return -1 if n is None else n
