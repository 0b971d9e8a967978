import pickle

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from skse import IdealMaskTarget
from skse.targets import (
    complex_ratio_mask,
    compress_complex_mask,
    ideal_binary_mask,
    ideal_ratio_mask,
    mixture_ratio_mask,
    phase_sensitive_mask,
    spectral_magnitude_mask,
    target_binary_mask,
)
from skse.targets._records import MASKS


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
        ({"mask": "irm", "beta": 0.5}, ideal_ratio_mask, {"beta": 0.5}),
        (
            {"mask": "irm", "ratio_to": "mixture"},
            ideal_ratio_mask,
            {"ratio_to": "mixture"},
        ),
        ({"mask": "smm", "bound": 2.0}, spectral_magnitude_mask, {"bound": 2.0}),
        ({"mask": "psm", "bound": 2.0}, phase_sensitive_mask, {"bound": 2.0}),
        (
            {"mask": "psm", "bound": 0.5, "truncate": False},
            phase_sensitive_mask,
            {"bound": 0.5, "truncate": False},
        ),
    ],
)
def test_parameters_reach_the_mask(stfts, params, function, options):
    target = IdealMaskTarget(**params).fit_transform(*stfts)
    np.testing.assert_array_equal(target, function(*stfts, **options))
    assert target.dtype == np.float32
    real = IdealMaskTarget(**params, part="real").fit_transform(*stfts)
    np.testing.assert_array_equal(real, function(*(s.real for s in stfts), **options))
    assert not np.array_equal(real, target)


def test_complex_mask_parameters(stfts):
    target = IdealMaskTarget("cirm", compression_k=2.0, compression_c=0.7)
    compressed = target.fit_transform(*stfts)
    expected = compress_complex_mask(complex_ratio_mask(*stfts), k=2.0, c=0.7)
    np.testing.assert_array_equal(compressed, expected)
    np.testing.assert_allclose(
        target.inverse_transform(compressed, stfts[0]), stfts[1], rtol=1e-4, atol=1e-5
    )


OUTPUTS = [
    *(({"mask": mask}, (0, 1), "sigmoid", 1) for mask in ("ibm", "tbm", "irm", "smm", "psm")),
    ({"mask": "smm", "bound": 10}, (0, 10), "linear", 1),
    ({"mask": "psm", "bound": 0.5}, (0, 0.5), "linear", 1),
    ({"mask": "psm", "truncate": False}, (-1, 1), "linear", 1),
    ({"mask": "psm", "bound": 2, "truncate": False}, (-2, 2), "linear", 1),
    ({"mask": "cirm"}, (-10, 10), "linear", 2),
    ({"mask": "cirm", "compression_k": 1, "compression_c": 9.0}, (-1, 1), "linear", 2),
]


@pytest.mark.parametrize(("params", "output_range", "activation", "n_channels"), OUTPUTS)
@pytest.mark.parametrize("noise", [0.0, 0.1, 10.0])
def test_the_target_is_what_it_says(stfts, params, output_range, activation, n_channels, noise):
    target = IdealMaskTarget(**params)
    assert target.output_range == output_range
    assert target.output_activation == activation
    assert target.n_output_channels == n_channels
    noisy, clean = stfts
    mixture = clean + np.float32(noise) * (noisy - clean)
    mixture[0, 0] = 0
    mask = target.fit_transform(mixture, clean)
    assert mask.dtype == np.float32
    assert mask.shape == noisy.shape + (2,) * (n_channels == 2)
    assert output_range[0] <= mask.min()
    assert mask.max() <= output_range[1]
    wild = np.float32(1e30) * np.sign(mask)
    for prediction in (mask, wild, -wild):
        enhanced = target.inverse_transform(prediction, mixture)
        assert enhanced.dtype == np.complex64
        assert np.isfinite(enhanced).all()


@pytest.mark.parametrize("mask", MASKS)
@pytest.mark.parametrize("part", ["magnitude", "real"])
def test_dropped_imaginary_part(stfts, mask, part):
    if (mask, part) == ("cirm", "real"):
        pytest.skip("a complex ratio needs both parts")
    rescale, drop = (
        IdealMaskTarget(mask, part=part, imaginary=imaginary).fit(*stfts)
        for imaginary in ("rescale", "drop")
    )
    prediction = rescale.transform(*stfts)
    np.testing.assert_array_equal(prediction, drop.transform(*stfts))
    kept = drop.inverse_transform(prediction, stfts[0])
    np.testing.assert_array_equal(kept.imag, 0)
    np.testing.assert_array_equal(kept.real, rescale.inverse_transform(prediction, stfts[0]).real)


def test_two_channels_in_lists_and_single_stfts(stfts):
    noisy, clean = stfts
    target = IdealMaskTarget("cirm").fit(noisy, clean)
    whole = target.transform(noisy, clean)
    single = target.transform(noisy[0], clean[0])
    ragged = target.transform([noisy[0], noisy[1, :, :3]], [clean[0], clean[1, :, :3]])
    np.testing.assert_array_equal(single, whole[0])
    np.testing.assert_array_equal(ragged[1], whole[1, :, :3])
    back = target.inverse_transform(ragged, [noisy[0], noisy[1, :, :3]])
    np.testing.assert_array_equal(back[0], target.inverse_transform(single, noisy[0]))
    assert back[1].shape == (5, 3)
    with pytest.raises(ValueError, match=r"X must have the shape of noisy and 2 channels behind"):
        target.inverse_transform(whole[..., 0], noisy)
    with pytest.raises(ValueError, match=r"X\[0\] and noisy\[0\] must have the same shape"):
        IdealMaskTarget().inverse_transform([whole[0, :, :2, 0]], [noisy[0]])


class TestLongTermAverage:
    def test_is_the_mean_power_over_all_frames(self, stfts):
        target = IdealMaskTarget("tbm", local_criterion=2).fit(*stfts)
        expected = np.mean(np.abs(stfts[1]) ** 2, axis=(0, 2))
        np.testing.assert_allclose(target.ltass_, expected, rtol=1e-5)
        assert target.n_frames_seen_ == 14
        np.testing.assert_array_equal(
            target.transform(*stfts),
            target_binary_mask(stfts[1], expected[:, None], local_criterion=2),
        )

    @pytest.mark.parametrize("part", ["magnitude", "real"])
    def test_all_at_once_and_in_parts(self, stfts, part):
        noisy, clean = stfts
        whole = IdealMaskTarget("tbm", part=part).fit(noisy, clean)
        lists = IdealMaskTarget("tbm", part=part).fit(list(noisy), list(clean))
        parts = IdealMaskTarget("tbm", part=part).partial_fit(noisy[:, :, :2], clean[:, :, :2])
        parts.partial_fit(noisy[0, :, 2:], clean[0, :, 2:])
        parts.partial_fit([noisy[1, :, 2:]], [clean[1, :, 2:]])
        for target in (lists, parts):
            np.testing.assert_allclose(target.ltass_, whole.ltass_, rtol=1e-12)
        if part == "real":
            np.testing.assert_allclose(whole.ltass_, np.mean(clean.real**2, axis=(0, 2)), rtol=1e-5)

    def test_real_rows_are_frames(self, rng):
        X = rng.standard_normal((6, 4))
        target = IdealMaskTarget("tbm").fit(X, X)
        np.testing.assert_allclose(target.ltass_, np.mean(X**2, axis=0))
        np.testing.assert_array_equal(target.transform(X, X), target.ltass_ < X**2)

    def test_another_fit_starts_anew(self, stfts):
        target = IdealMaskTarget("tbm").fit(*stfts)
        once = target.ltass_
        np.testing.assert_array_equal(target.fit(*stfts).ltass_, once)
        target.fit(stfts[0][:, :3], 2 * stfts[1][:, :3])
        np.testing.assert_allclose(target.ltass_, 4 * once[:3], rtol=1e-6)
        assert clone(target).fit(*stfts).n_features_in_ == 5

    def test_needs_a_fit(self, stfts):
        with pytest.raises(NotFittedError, match="mask='tbm' compares with the long-term average"):
            IdealMaskTarget("tbm").transform(*stfts)
        target = IdealMaskTarget("irm").fit(*stfts).set_params(mask="tbm")
        with pytest.raises(NotFittedError):
            target.transform(*stfts)

    def test_survives_pickling(self, stfts):
        target = IdealMaskTarget("tbm").fit(*stfts)
        loaded = pickle.loads(pickle.dumps(target))
        np.testing.assert_array_equal(loaded.transform(*stfts), target.transform(*stfts))


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
        ({"mask": "foo"}, r"IdealMaskTarget: mask='foo' is not allowed; choose from 'cirm', 'ibm'"),
        ({"criterion": "x"}, "criterion='x' is not allowed; choose from 'local_snr'"),
        ({"beta": 0}, "beta == 0, must be > 0"),
        ({"beta": "1"}, "beta must be an instance of"),
        ({"local_criterion": float("nan")}, "local_criterion=nan must be a number"),
        ({"mixture_threshold": -1}, "mixture_threshold == -1, must be > 0"),
        ({"bound": 0}, "bound == 0, must be > 0"),
        ({"bound": "big"}, "bound must be an instance of"),
        ({"truncate": 1}, "truncate=1 must be True or False"),
        ({"compression_k": -10}, "compression_k == -10, must be > 0"),
        ({"compression_c": 0}, "compression_c == 0, must be > 0"),
        ({"ratio_to": "speech"}, "ratio_to='speech' is not allowed; choose from 'mixture', 'noi"),
        ({"part": "imag"}, "part='imag' is not allowed; choose from 'magnitude', 'real'"),
        ({"imaginary": "keep"}, "imaginary='keep' is not allowed; choose from 'drop', 'rescale'"),
        ({"mask": "cirm", "part": "real"}, "mask='cirm' is the ratio of complex STFTs"),
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
    with pytest.raises(ValueError, match="X has 4 features, but IdealMaskTarget is expecting 5"):
        target.partial_fit(noisy[:, :4], clean[:, :4])
