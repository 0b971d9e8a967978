"""Frames of samples that lie side by side."""

from functools import partial

import numpy as np
import pytest
from sklearn.base import clone

from skse.features import SamplesFeaturizer
from skse.utils.estimator_checks import checks_for


@pytest.mark.parametrize("hop_length", [1, 5, 64, 256])
@pytest.mark.parametrize("n_times", [1, 63, 64, 65, 1000])
def test_frames_are_the_waveform(rng, hop_length, n_times):
    x = rng.uniform(-1, 1, (2, n_times)).astype(np.float32)
    frames = SamplesFeaturizer(hop_length).fit_transform(x)
    n_frames = 1 + n_times // hop_length
    assert frames.shape == (2, hop_length, n_frames)
    assert frames.dtype == np.float32
    expected = np.pad(x, [(0, 0), (0, n_frames * hop_length - n_times)])
    flat = frames.swapaxes(1, 2).reshape(2, -1)
    np.testing.assert_allclose(flat, expected, atol=1e-6)


@pytest.mark.parametrize("hop_length", [1, 100])
def test_frames_go_back_one_by_one(rng, hop_length):
    featurizer = SamplesFeaturizer(hop_length)
    x = rng.uniform(-1, 1, 1000).astype(np.float32)
    S = featurizer.stft(x)
    np.testing.assert_allclose(featurizer.istft(S, 1000), x, atol=1e-6)
    S[:, 3] = 0
    x[3 * hop_length : 4 * hop_length] = 0
    np.testing.assert_allclose(featurizer.istft(S, 1000), x, atol=1e-6)


OWN = [SamplesFeaturizer(), SamplesFeaturizer(50)]


@pytest.mark.parametrize(
    "check", [partial(check, featurizer) for featurizer in OWN for check in checks_for(featurizer)]
)
def test_own_checks(check):
    check()


def test_what_is_no_hop_is_refused():
    assert clone(SamplesFeaturizer(7)).n_fft == 14
    for hop_length in (0, -1, 2.5, "4"):
        with pytest.raises(ValueError, match="SamplesFeaturizer: hop_length"):
            SamplesFeaturizer(hop_length).fit(np.zeros((1, 300)))
