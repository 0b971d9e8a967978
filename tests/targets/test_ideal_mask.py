import numpy as np
import pytest

from skse import IdealMaskTarget
from skse.targets import ideal_binary_mask, ideal_ratio_mask, mixture_ratio_mask


@pytest.fixture
def stfts(rng):
    clean = rng.standard_normal((2, 5, 7)) + 1j * rng.standard_normal((2, 5, 7))
    noise = rng.standard_normal((2, 5, 7)) + 1j * rng.standard_normal((2, 5, 7))
    return (clean + noise).astype(np.complex64), clean.astype(np.complex64)


@pytest.mark.parametrize(
    ("params", "function", "options"),
    [
        ({"mask": "ibm", "local_criterion": 3}, ideal_binary_mask, {"local_criterion": 3}),
        (
            {"mask": "ibm", "criterion": "mixture_ratio", "mixture_threshold": 0.8},
            mixture_ratio_mask,
            {"threshold": 0.8},
        ),
        ({"mask": "irm", "beta": 1.0}, ideal_ratio_mask, {"beta": 1.0}),
    ],
)
def test_parameters_reach_the_mask(stfts, params, function, options):
    target = IdealMaskTarget(**params).fit_transform(*stfts)
    np.testing.assert_array_equal(target, function(*stfts, **options))
    assert target.dtype == np.float32


def test_inverse_applies_the_mask_within_its_range(stfts):
    noisy, _ = stfts
    target = IdealMaskTarget()
    np.testing.assert_allclose(
        target.inverse_transform(np.full(noisy.shape, 0.25), noisy), 0.25 * noisy
    )
    np.testing.assert_array_equal(target.inverse_transform(np.full(noisy.shape, 9.0), noisy), noisy)
    np.testing.assert_array_equal(target.inverse_transform(np.full(noisy.shape, -9.0), noisy), 0)


def test_lists_and_arrays_agree(stfts):
    noisy, clean = stfts
    target = IdealMaskTarget()
    together = target.fit_transform(noisy, clean)
    ragged = target.fit_transform([noisy[0], noisy[1, :, :3]], [clean[0], clean[1, :, :3]])
    np.testing.assert_array_equal(ragged[0], together[0])
    np.testing.assert_array_equal(ragged[1], together[1, :, :3])
    back = target.inverse_transform(ragged, [noisy[0], noisy[1, :, :3]])
    np.testing.assert_array_equal(back[1], ragged[1] * noisy[1, :, :3])


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"mask": "foo"}, r"IdealMaskTarget: mask='foo' is not allowed; choose from 'ibm', 'irm'"),
        ({"criterion": "x"}, "criterion='x' is not allowed; choose from 'local_snr'"),
        ({"beta": 0}, "beta == 0, must be > 0"),
        ({"beta": "1"}, "beta must be an instance of"),
        ({"local_criterion": float("nan")}, "local_criterion=nan must be a number"),
        ({"mixture_threshold": -1}, "mixture_threshold == -1, must be > 0"),
    ],
)
def test_bad_parameters(stfts, params, message):
    with pytest.raises(ValueError, match=message):
        IdealMaskTarget(**params).fit(*stfts)


def test_bad_stfts(stfts):
    noisy, clean = stfts
    target = IdealMaskTarget()
    with pytest.raises(ValueError, match=r"X and y must have the same shape; got \(2, 5, 7\)"):
        target.fit(noisy, clean[:, :, :3])
    with pytest.raises(ValueError, match="must agree in container and number of samples"):
        target.fit(noisy, clean[:1])
    with pytest.raises(ValueError, match="X contains NaN or inf"):
        target.fit(np.full_like(noisy, np.nan), clean)
    with pytest.raises(ValueError, match="requires y to be passed"):
        target.fit(noisy, None)
    with pytest.raises(ValueError, match="X has 4 features, but IdealMaskTarget is expecting 5"):
        target.fit(noisy, clean).transform(noisy[:, :4], clean[:, :4])
