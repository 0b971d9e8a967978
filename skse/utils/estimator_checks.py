"""Checks that every estimator of skse passes, beside those of scikit-learn.

A class of your own passes them too, or shows where it will surprise its users::

    @pytest.mark.parametrize(
        "check", [partial(check, estimator) for check in checks_for(estimator)]
    )
    def test_mine(check):
        check()

Each check takes an estimator, clones it, and raises an AssertionError where the
estimator breaks the invariant.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.base import clone, is_regressor
from sklearn.model_selection import GridSearchCV
from sklearn.utils import get_tags

_N_TIMES = 3000


def checks_for(estimator: Any) -> list[Callable[[Any], None]]:
    """List the checks that apply to an estimator.

    Parameters
    ----------
    estimator : object
        A featurizer, target, waveform transformer, network regressor or
        enhancer.

    Returns
    -------
    checks : list of callable
        Each takes the estimator.

    Examples
    --------
    >>> from skse import IdealMaskTarget
    >>> from skse.utils.estimator_checks import checks_for
    >>> for check in checks_for(IdealMaskTarget()):
    ...     check(IdealMaskTarget())
    """
    return [*_CHECKS[_kind(estimator)], check_set_params_equals_construction]


def check_stft_inverse_is_identity(featurizer: Any) -> None:
    """``istft(stft(x))`` returns x to 1e-6, whatever its length."""
    rng = np.random.default_rng(0)
    for n_times in (1, 2, 127, 128, 255, 1000, 1023, 3000):
        x = rng.uniform(-1, 1, n_times).astype(np.float32)
        back = featurizer.istft(featurizer.stft(x[None]), n_times)[0]
        np.testing.assert_allclose(back, x, rtol=0, atol=1e-6, err_msg=f"n_times={n_times}")


def check_target_inverse_is_identity(target: Any) -> None:
    """Clean speech in, clean speech out: the target of noise-free speech changes nothing."""
    _, stft = _stft_pair()
    target = clone(target)
    back = target.inverse_transform(target.fit_transform(stft, stft), stft)
    np.testing.assert_allclose(back, stft, rtol=1e-4, atol=2e-3)


def check_target_is_within_its_range(target: Any) -> None:
    """Targets are finite and within ``output_range``, in silence too."""
    target = clone(target)
    low, high = target.output_range
    noisy, clean = _stft_pair()
    silence = np.zeros_like(clean)
    for pair in ((noisy, clean), (noisy, silence), (silence, silence), (clean, clean)):
        values = target.fit_transform(*pair)
        assert np.isfinite(values).all(), "a target is not finite"
        assert values.min() >= low, "a target is below its range"
        assert values.max() <= high, "a target is above its range"
        for prediction in (values, values - 10, values + 10):
            enhanced = target.inverse_transform(prediction.astype(np.float32), pair[0])
            assert np.isfinite(enhanced).all(), "an enhanced STFT is not finite"


def check_odd_waveforms_stay_finite(estimator: Any) -> None:
    """Silence, one sample, a constant and a full-scale click give finite output."""
    estimator = _fitted(estimator)
    click = np.zeros(_N_TIMES)
    click[_N_TIMES // 2] = 1.0
    for x in (np.zeros(_N_TIMES), np.ones(1), np.full(_N_TIMES, 0.5), click):
        out = _output(estimator, [x.astype(np.float32)])[0]
        assert np.isfinite(out).all(), f"not finite for a waveform of {len(x)} samples"


def check_scaling_scales_the_output(estimator: Any) -> None:
    """Twice the input gives twice the output."""
    estimator = _fitted(estimator)
    noisy, _ = _waveform_pair()
    for factor in (0.01, 3.0):
        once, scaled = _output(estimator, noisy), _output(estimator, factor * noisy)
        scale = np.abs(once).max()
        np.testing.assert_allclose(scaled / factor, once, rtol=0, atol=2e-4 * scale)


def check_ragged_and_rectangular_agree(estimator: Any) -> None:
    """Unequal lengths in a list give what each waveform gives in an array."""
    estimator = _fitted(estimator)
    noisy, _ = _waveform_pair()
    ragged = [x[: _N_TIMES - 300 * i] for i, x in enumerate(noisy)]
    together = _output(estimator, ragged)
    assert isinstance(together, list), "ragged input must give a list"
    for x, out in zip(ragged, together, strict=True):
        alone = _output(estimator, np.stack([x] * 3))[0]
        np.testing.assert_allclose(out, alone, rtol=1e-4, atol=1e-4)


def check_output_has_length_and_container(estimator: Any) -> None:
    """Enhanced waveforms come back as long and in the container of the input."""
    estimator = _fitted(estimator)
    noisy, _ = _waveform_pair()
    for X in (noisy, list(noisy), tuple(noisy)):
        out = estimator.predict(X)
        assert type(out) is type(X), f"{type(X).__name__} in, {type(out).__name__} out"
        assert [len(x) for x in out] == [len(x) for x in X], "a length changed"


def check_same_seed_same_result(regressor: Any) -> None:
    """Two fits with the same random_state predict the same, bit for bit."""
    X, y = _training_data(regressor)
    first, second = (clone(regressor).fit(X, y).predict(X) for _ in range(2))
    np.testing.assert_array_equal(first, second)


def check_grid_search_jobs_agree(regressor: Any) -> None:
    """GridSearchCV finds the same scores with one job and with two."""
    X, y = _training_data(regressor)
    grid = {name: [value] for name, value in list(regressor.get_params(deep=False).items())[:1]}
    scores = []
    for n_jobs in (1, 2):
        search = GridSearchCV(
            clone(regressor), grid, scoring=_negative_mse, cv=2, n_jobs=n_jobs, refit=False
        )
        scores.append(search.fit(X, y).cv_results_["mean_test_score"])
    assert np.isfinite(scores).all(), "a score is not finite"
    np.testing.assert_allclose(scores[0], scores[1], rtol=1e-5)


def check_set_params_equals_construction(estimator: Any) -> None:
    """``set_params`` then ``fit`` equals fresh construction, on a used object too."""
    params = estimator.get_params(deep=False)
    fresh = _fitted(type(estimator)(**params))
    used = _fitted(estimator)
    used.set_params(**params)
    used = _fitted(used, copy=False)
    X = _probe(estimator)
    np.testing.assert_array_equal(_output(fresh, X), _output(used, X))


_CHECKS: dict[str, list[Callable[[Any], None]]] = {
    "featurizer": [
        check_stft_inverse_is_identity,
        check_odd_waveforms_stay_finite,
        check_ragged_and_rectangular_agree,
    ],
    "target": [check_target_inverse_is_identity, check_target_is_within_its_range],
    "scaler": [],
    "step": [check_odd_waveforms_stay_finite, check_ragged_and_rectangular_agree],
    "network": [check_same_seed_same_result, check_grid_search_jobs_agree],
    "enhancer": [
        check_odd_waveforms_stay_finite,
        check_scaling_scales_the_output,
        check_ragged_and_rectangular_agree,
        check_output_has_length_and_container,
        check_same_seed_same_result,
        check_grid_search_jobs_agree,
    ],
}


def _kind(estimator):
    if hasattr(estimator, "istft"):
        return "featurizer"
    if hasattr(estimator, "output_range"):
        return "target"
    three_d = get_tags(estimator).input_tags.three_d_array
    if is_regressor(estimator):
        return "network" if three_d else "enhancer"
    return "scaler" if three_d else "step"


def _waveform_pair():
    """Six gliding tones, each alone and in noise."""
    rng = np.random.default_rng(0)
    times = np.arange(_N_TIMES) / 8000
    starts = rng.uniform(200, 1500, (6, 1))
    clean = 0.3 * np.sin(2 * np.pi * (starts * times + 400 * times**2))
    clean *= np.sin(np.pi * times / times[-1])
    noisy = clean + 0.1 * rng.standard_normal(clean.shape)
    return noisy.astype(np.float32), clean.astype(np.float32)


def _stft_pair():
    rng = np.random.default_rng(0)
    clean = rng.standard_normal((3, 17, 8)) + 1j * rng.standard_normal((3, 17, 8))
    noise = rng.standard_normal((3, 17, 8)) + 1j * rng.standard_normal((3, 17, 8))
    return (clean + noise).astype(np.complex64), clean.astype(np.complex64)


def _training_data(estimator):
    kind = _kind(estimator)
    if kind in ("network", "scaler"):
        rng = np.random.default_rng(0)
        X = rng.standard_normal((8, 17, 8)).astype(np.float32)
        return X, 1 / (1 + np.exp(-X))
    return _stft_pair() if kind == "target" else _waveform_pair()


def _probe(estimator):
    return _training_data(estimator)[0]


def _fitted(estimator, *, copy=True):
    X, y = _training_data(estimator)
    return (clone(estimator) if copy else estimator).fit(X, y)


def _output(estimator, X):
    if _kind(estimator) == "target":
        return estimator.transform(X, _stft_pair()[1])
    return estimator.predict(X) if is_regressor(estimator) else estimator.transform(X)


def _negative_mse(estimator, X, y):
    return -float(
        np.mean([np.mean((a - b) ** 2) for a, b in zip(estimator.predict(X), y, strict=True)])
    )
