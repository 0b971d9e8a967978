"""What every target gets from its base class; a minimal one of a user's own."""

import numpy as np
import pytest

from skse import IdealMaskTarget, SignalApproximationTarget, SpectrumTarget, WaveformTarget
from skse.targets import BaseTarget


class Halve(BaseTarget):
    output_range = (0.0, 0.5)

    def compute(self, noisy, clean):
        return np.full(np.shape(noisy), 0.5, np.float32)

    def apply(self, prediction, noisy):
        return prediction * noisy


def test_there_and_back_for_arrays_and_lists(rng):
    noisy = rng.standard_normal((2, 5, 4)) + 1j * rng.standard_normal((2, 5, 4))
    target = Halve()
    np.testing.assert_allclose(target.inverse_transform(target.fit_transform(noisy, noisy), noisy),
                               0.5 * noisy)  # fmt: skip
    listed = [noisy[0], noisy[1][:, :2]]
    back = target.inverse_transform(target.transform(listed, listed), listed)
    np.testing.assert_allclose(back[1], 0.5 * listed[1])
    assert target.n_features_in_ == 5
    with pytest.raises(ValueError, match="X has 3 features, but Halve is expecting 5"):
        target.transform(noisy[:, :3], noisy[:, :3])


def test_complex_numbers_are_refused():
    class Complex(Halve):
        def compute(self, noisy, clean):
            return clean

    stft = np.ones((1, 3, 2), complex)
    for given in (stft, [stft[0]]):
        with pytest.raises(ValueError, match="Complex: compute gives complex numbers"):
            Complex().fit_transform(given, given)


def test_hooks_that_are_missing():
    stft = np.ones((1, 3, 2), complex)
    with pytest.raises(NotImplementedError, match="BaseTarget has no method compute"):
        BaseTarget().fit_transform(stft, stft)
    with pytest.raises(NotImplementedError, match="BaseTarget has no method apply"):
        BaseTarget().inverse_transform(stft.real, stft)


@pytest.mark.parametrize(
    ("target", "gives", "activation"),
    [
        (Halve(), "probabilities", "linear"),
        (IdealMaskTarget("irm"), "probabilities", "sigmoid"),
        (IdealMaskTarget("smm", bound=2), "anything", "linear"),
        (IdealMaskTarget("cirm"), "anything", "linear"),
        (SpectrumTarget("log"), "anything", "linear"),
        (SpectrumTarget("complex"), "spectra", "linear"),
        (SignalApproximationTarget(), "spectra", "linear"),
        (SignalApproximationTarget("magnitude"), "anything", "linear"),
        (WaveformTarget(), "waveforms", "linear"),
    ],
)
def test_what_a_loss_is_given_and_a_network_ends_in(target, gives, activation):
    assert (target.gives, target.output_activation) == (gives, activation)
