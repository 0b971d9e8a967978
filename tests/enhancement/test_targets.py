import numpy as np
import pytest

from skse import IdealMaskTarget, SpectrumTarget
from skse.enhancement._targets import fit_target


@pytest.fixture
def pairs(rng):
    return [tuple(rng.standard_normal((2, 5, 3 + i)).astype("c8")) for i in range(4)]


def test_a_target_that_learns_sees_every_utterance(pairs):
    target = IdealMaskTarget("tbm")
    fit_target(target, iter(pairs))
    whole = np.concatenate([clean for _, clean in pairs], axis=1)
    np.testing.assert_allclose(target.ltass_, np.mean(np.abs(whole) ** 2, axis=1), rtol=1e-6)


@pytest.mark.parametrize("target", [IdealMaskTarget("irm"), SpectrumTarget("complex")])
def test_any_other_sees_the_first_alone(pairs, target):
    pairs = iter(pairs)
    fit_target(target, pairs)
    assert target.n_features_in_ == 5
    assert len(list(pairs)) == 3
