"""What every enhancer gets from its base class; a minimal one of a user's own."""

import numpy as np
import pandas as pd
import pytest
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV, KFold, cross_val_predict, cross_val_score

from skse import PeakNormalize, SpeechEnhancer, STFTFeaturizer, StreamingEnhancer, oracle_predict
from skse.enhancement import BaseClassicalEnhancer, BaseEnhancer, BaseGainEnhancer
from skse.metrics import si_sdr_scorer


class Halve(BaseClassicalEnhancer):
    def __init__(self, sampling_rate=None):
        self.sampling_rate = sampling_rate

    def enhance(self, waveforms, allocate=np.empty):
        return [0.5 * x for x in waveforms]


class Gate(BaseGainEnhancer):
    min_duration = 0.0

    def __init__(self, sampling_rate=None, *, gain=0.25, strength=1.0):
        self.sampling_rate = sampling_rate
        self.gain = gain
        self.strength = strength

    def step(self, power, state):
        return np.full(power.shape, self.gain, np.float32)


def test_checks_container_and_rate(rng):
    noisy = rng.standard_normal((3, 1000))
    enhancer = Halve(8000)
    with pytest.raises(NotFittedError):
        enhancer.predict(noisy)
    enhancer.fit(noisy)
    np.testing.assert_allclose(enhancer.predict(noisy), 0.5 * noisy, rtol=1e-6)
    assert isinstance(enhancer.predict(tuple(noisy)), tuple)
    with pytest.raises(ValueError, match=r"sampling_rate=8000, but X .* 16000 Hz"):
        enhancer.predict(noisy, sampling_rate=16000)
    with pytest.raises(ValueError, match="sampling_rate=-1"):
        Halve(-1).fit(noisy)
    assert enhancer.score(noisy, noisy) > 90


ENTRIES = {
    "fit": lambda X: Halve().fit(X),
    "fit pairs": lambda X: SpeechEnhancer(regressor=Ridge()).fit(X, X),
    "predict": lambda X: Halve().fit([np.ones(9)]).predict(X),
    "oracle": lambda X: oracle_predict(SpeechEnhancer(regressor=Ridge()), X, X),
    "featurizer": lambda X: STFTFeaturizer().fit_transform(X),
    "stft": lambda X: STFTFeaturizer().stft(X),
    "step": lambda X: PeakNormalize().fit_transform(X),
}


@pytest.mark.parametrize("entry", ENTRIES)
def test_channels_and_pcm_are_refused_at_every_entry(entry, rng):
    x = rng.uniform(-1, 1, 3000)
    for n_channels in (1, 2, 3, 7):
        with pytest.raises(ValueError, match="which may be one"):
            ENTRIES[entry](np.stack([x] * n_channels, 1))
    for dtype in ("i1", "u1", "u2", "i4", ">i8"):
        info = np.iinfo(dtype)
        with pytest.raises(ValueError, match="PCM; expected floats of full scale"):
            ENTRIES[entry]([(x * float(info.max)).astype(dtype)])
    if entry != "stft":  # it is linear: the level is of no consequence
        mean = np.stack([(x * 32767).astype("i2")] * 2, 1).mean(axis=1)
        with pytest.raises(ValueError, match=r"reaches 327\d\d; expected floats"):
            ENTRIES[entry]([mean])


def test_either_byte_order_gives_the_same_bits(rng):
    pcm = (rng.uniform(-1, 1, 5000) * 32767).astype("i2")
    enhancer = Gate(8000).fit([pcm])
    expected = enhancer.predict([pcm / np.float32(32768)])[0]
    for dtype in ("<i2", ">i2", "<i4", ">i8"):
        np.testing.assert_array_equal(enhancer.predict([pcm.astype(dtype)])[0], expected)
        stream = StreamingEnhancer(enhancer)
        out = np.concatenate([stream.process(pcm.astype(dtype)), stream.flush()])
        np.testing.assert_allclose(out[stream.latency_samples_ :], expected, atol=1e-6)


def test_columns_of_a_table_are_searched_and_predicted(rng):
    """In order and of their lengths, whatever their index and the folds."""
    clean = [0.1 * rng.standard_normal(n) for n in (900, 800, 800, 700, 1000)]
    noisy = [x + 0.1 * rng.standard_normal(len(x)) for x in clean]
    table = pd.DataFrame({"noisy": noisy, "clean": clean}, index=[3, 1, 4, 15, 9])
    enhancer, cv = SpeechEnhancer(regressor=Ridge()), KFold(3)
    scoring = {"cv": cv, "scoring": si_sdr_scorer, "error_score": "raise"}
    expected = cross_val_score(enhancer, noisy, clean, **scoring)
    np.testing.assert_array_equal(
        cross_val_score(enhancer, table.noisy, table.clean, **scoring), expected
    )
    search = GridSearchCV(enhancer, {"context_frames": [0, 1]}, **scoring)
    assert len(search.fit(table.noisy, table.clean).predict(table.noisy)) == 5
    out = cross_val_predict(enhancer, table.noisy, table.clean, cv=cv)
    for train, test in cv.split(noisy):
        fitted = enhancer.fit([noisy[i] for i in train], [clean[i] for i in train])
        for i in test:
            np.testing.assert_allclose(out[i], fitted.predict([noisy[i]])[0], atol=1e-6)
    table["enhanced"] = out
    assert table.enhanced.map(len).tolist() == [900, 800, 800, 700, 1000]


def test_a_whole_recording_is_no_stream(rng):
    enhancer = Halve().fit(rng.standard_normal((3, 1000)))
    with pytest.raises(ValueError, match="Halve enhances whole recordings only"):
        StreamingEnhancer(enhancer)


def test_hooks_that_are_missing(rng):
    noisy = rng.standard_normal((3, 1000))
    with pytest.raises(NotImplementedError, match="BaseEnhancer has no method enhance"):
        BaseEnhancer().enhance(noisy)
    with pytest.raises(NotImplementedError, match="BaseGainEnhancer has no method step"):
        BaseGainEnhancer().fit(noisy).predict(np.tile(noisy, 8))


@pytest.mark.parametrize("strength", [1.0, 0.5])
def test_a_gain_enhancer_works_on_recordings_and_streams(strength, rng):
    x = rng.standard_normal(5000).astype(np.float32)
    gate = Gate(strength=strength).fit([x])
    expected = (1 + strength * (0.25 - 1)) * x
    np.testing.assert_allclose(gate.predict([x])[0], expected, atol=1e-5)
    stream = StreamingEnhancer(gate)
    out = np.concatenate([*map(stream.process, np.split(x, 10)), stream.flush()])
    np.testing.assert_allclose(out[stream.latency_samples_ :], expected, atol=1e-5)
