"""Every common check fails on an estimator that breaks its invariant."""

import numpy as np
import pytest
from sklearn.linear_model import Ridge

from skse import (
    IdealMaskTarget,
    IdentityEnhancer,
    PeakNormalize,
    SpectrumTarget,
    SpeechEnhancer,
    STFTFeaturizer,
)
from skse.utils import estimator_checks as checks


class DropsASample(STFTFeaturizer):
    def istft(self, S, n_times):
        out = np.array(super().istft(S, n_times))
        out[..., -1] = 0
        return out


class NotFiniteInSilence(STFTFeaturizer):
    def transform(self, X):
        with np.errstate(divide="ignore"):
            return [np.log(abs(s)) for s in self.stft(X)]


class LooksAtTheBatch(STFTFeaturizer):
    def transform(self, X):
        out = super().transform(X)
        return [f + len(out) for f in out] if isinstance(out, list) else out + len(out) + 1


class Halves(SpectrumTarget):
    def inverse_transform(self, X, noisy):
        return super().inverse_transform(X, noisy) / 2


class AboveOne(IdealMaskTarget):
    def transform(self, X, y):
        return 1.5 * super().transform(X, y)


class NaNInSilence(IdealMaskTarget):
    def transform(self, X, y):
        with np.errstate(invalid="ignore"):
            return (abs(y) / (abs(y) + abs(X - y))).astype(np.float32)


class AddsAConstant(IdentityEnhancer):
    def predict(self, X):
        out = super().predict(X)
        return [x + 0.1 for x in out] if isinstance(out, (list, tuple)) else out + 0.1


class ListsEverything(IdentityEnhancer):
    def predict(self, X):
        return list(super().predict(X))


class CutsTheEnd(IdentityEnhancer):
    def predict(self, X):
        out = [x[:-1] for x in super().predict(X)]
        return np.stack(out) if isinstance(X, np.ndarray) else type(X)(out)


class Unseeded(SpeechEnhancer):
    def predict(self, X, sampling_rate=None):
        out = super().predict(X)
        return out + np.random.default_rng().standard_normal(out.shape)


def fails_in_a_worker():
    """Return an enhancer of a local class: workers cannot import this file, it is sent whole."""

    class FailsInAWorker(SpeechEnhancer):
        def predict(self, X, sampling_rate=None):
            import multiprocessing

            in_worker = multiprocessing.parent_process() is not None
            return super().predict(X) * (0.5 if in_worker else 1)

    return FailsInAWorker(regressor=Ridge())


class StaysTrained(PeakNormalize):
    def fit(self, X, y=None):
        super().fit(X, y)
        self.n_fits = getattr(self, "n_fits", 0) + 1
        return self

    def transform(self, X):
        return super().transform(X) * self.n_fits


@pytest.mark.parametrize(
    ("check", "broken"),
    [
        (checks.check_stft_inverse_is_identity, DropsASample()),
        (checks.check_odd_waveforms_stay_finite, NotFiniteInSilence()),
        (checks.check_ragged_and_rectangular_agree, LooksAtTheBatch()),
        (checks.check_target_inverse_is_identity, Halves()),
        (checks.check_target_is_within_its_range, AboveOne()),
        (checks.check_target_is_within_its_range, NaNInSilence()),
        (checks.check_scaling_scales_the_output, AddsAConstant()),
        (checks.check_output_has_length_and_container, ListsEverything()),
        (checks.check_output_has_length_and_container, CutsTheEnd()),
        (checks.check_same_seed_same_result, Unseeded(regressor=Ridge())),
        (checks.check_grid_search_jobs_agree, fails_in_a_worker()),
        (checks.check_set_params_equals_construction, StaysTrained()),
    ],
)
def test_a_broken_invariant_is_found(check, broken):
    with pytest.raises(AssertionError):
        check(broken)


def test_every_check_is_broken_once():
    marks = test_a_broken_invariant_is_found.pytestmark[0].args[1]
    listed = {c for kind in checks._CHECKS.values() for c in kind}
    assert {check for check, _ in marks} == {*listed, checks.check_set_params_equals_construction}
