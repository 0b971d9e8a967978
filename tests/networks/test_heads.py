"""Masks that are applied inside the network."""

import numpy as np
import pytest

from skse import STFTFeaturizer, WaveformTarget

HEAD = {"mask": "real", "bound": 1.0, "output": "complex", "compression": 1.0, "n_bands": 5}


@pytest.fixture
def inputs(rng):
    """What a body puts out, and a noisy STFT with a silent unit."""
    body = 3 * rng.standard_normal((2, 5, 4, 2)).astype(np.float32)
    noisy = rng.standard_normal((2, 5, 4, 2)).astype(np.float32)
    noisy[0, 1, 2] = 0
    return body, noisy


def as_complex(x):
    return x[..., 0] + 1j * x[..., 1]


@pytest.mark.parametrize("compression", [1.0, 0.5, 0.3])
@pytest.mark.parametrize("bound", [1.0, 2.0, None])
@pytest.mark.parametrize(
    ("mask", "output"), [("real", "complex"), ("real", "magnitude"), ("complex", "complex")]
)
def test_mask_times_compressed_noisy_spectrum(mask, output, bound, compression, inputs):
    from skse.networks._heads import MaskHead

    body, noisy = inputs
    body = body if mask == "complex" else body[..., :1]
    Y = as_complex(noisy)
    Y = abs(Y) ** compression * np.exp(1j * np.angle(Y))
    if mask == "real":
        M = body[..., 0] if bound is None else bound**compression / (1 + np.exp(-body[..., 0]))
    else:
        M = as_complex(body)
        if bound is not None:
            M = bound**compression * np.tanh(abs(M)) * np.exp(1j * np.angle(M))
    layer = MaskHead(mask, bound, output, compression)
    out = np.asarray(layer([body, noisy]))
    expected = M * Y if output == "complex" else M * abs(Y)
    np.testing.assert_allclose(as_complex(out) if output == "complex" else out, expected, atol=1e-5)
    again = MaskHead.from_config(layer.get_config())
    np.testing.assert_array_equal(again([body, noisy]), out)


@pytest.mark.parametrize("mask", ["real", "complex"])
def test_a_mask_without_bound_begins_near_1(mask, inputs, make_network, rng):
    from skse.networks._heads import MaskHead

    body, noisy = inputs
    body = body if mask == "complex" else body[..., :1]
    head = WaveformTarget(mask, bound=None).network_head(STFTFeaturizer(n_fft=8, hop_length=4))
    head.pop("istft")
    M = 1 + 0.1 * (as_complex(body) if mask == "complex" else body[..., 0])
    layer = MaskHead(**head)
    np.testing.assert_allclose(
        as_complex(np.asarray(layer([body, noisy]))), M * as_complex(noisy), atol=1e-5
    )
    again = MaskHead.from_config(layer.get_config())
    np.testing.assert_array_equal(again([body, noisy]), layer([body, noisy]))
    assert "offset" not in WaveformTarget(mask).network_head(STFTFeaturizer(8, 4))
    X = rng.standard_normal((6, 5, 7, 4)).astype(np.float32)
    options = {"learning_rate": 1e-30, "learning_rate_schedule": "constant"}
    network = make_network("DenseNetRegressor", head={**head, "n_bands": 5}, **options)
    out = network.fit(X, X[..., 2:]).predict(X)
    assert np.linalg.norm(out - X[..., 2:]) < 0.5 * np.linalg.norm(out)


def test_gradient_is_finite_where_body_and_speech_are_silent():
    import tensorflow as tf

    from skse.networks._heads import MaskHead

    for mask, n_channels in [("real", 1), ("complex", 2)]:
        body = tf.zeros((1, 3, 2, n_channels))
        with tf.GradientTape() as tape:
            tape.watch(body)
            out = MaskHead(mask, 1.0, "complex", 0.3)([body, tf.zeros((1, 3, 2, 2))])
        assert np.isfinite(tape.gradient(out, body)).all()


def test_body_sees_the_features_alone(make_network, rng):
    """Features of 5 bands in 2 channels, and an STFT of 9 frequencies, in one array."""
    X = rng.standard_normal((6, 9, 7, 4)).astype(np.float32)
    y = rng.standard_normal((6, 9, 7, 2)).astype(np.float32)
    for name in (
        "UNetRegressor",
        "AutoencoderRegressor",
        "DenseNetRegressor",
        "WideResNetRegressor",
        "NoiseEmbeddingRegressor",
    ):
        network = make_network(name, head=HEAD).fit(X, y)
        body = next(layer for layer in network.regressor_.model_.layers if hasattr(layer, "layers"))
        assert body.input_shape[1] == 5
        assert body.input_shape[3] == 2
        assert body.output_shape[1] == 9
        if name != "AutoencoderRegressor":
            assert network.predict(X[:, :, :3]).shape == (6, 9, 3, 2)
        other = X.copy()
        other[..., 5:, :, :2] = 1e3  # padding of the features
        np.testing.assert_array_equal(network.predict(other), network.predict(X))
        other = X.copy()
        other[..., 2:] *= 2  # the reference: what is masked doubles, the mask does not change
        np.testing.assert_allclose(network.predict(other), 2 * network.predict(X), rtol=1e-5)
        gain = np.hypot(*np.moveaxis(network.predict(X), -1, 0)) / np.hypot(X[..., 2], X[..., 3])
        assert gain.max() <= 1 + 1e-5


@pytest.mark.parametrize(("mask", "bound"), [("real", 1.0), ("complex", None)])
def test_trained_kernels_start_as_those_of_fourier(mask, bound, make_network, rng):
    X = rng.standard_normal((6, 5, 7, 4)).astype(np.float32)
    y = rng.standard_normal((6, 5, 7, 2)).astype(np.float32)
    head = {**HEAD, "mask": mask, "bound": bound}
    options = {"learning_rate": 1e-30, "learning_rate_schedule": "constant"}
    fixed, trained = (
        make_network("DenseNetRegressor", head={**head, "trains_kernels": t}, **options).fit(X, y)
        for t in (False, True)
    )
    np.testing.assert_allclose(trained.predict(X), fixed.predict(X), atol=1e-5)
    trained.set_params(learning_rate=0.01, epochs=3, batch_size=2).fit(X, y)
    model = trained.regressor_.model_
    kernels = [w for layer in model.layers for w in layer.weights if w.shape == (10, 10)]
    assert len(kernels) == 2
    for kernel in kernels:
        off = np.abs(np.asarray(kernel) - np.eye(10)).max()
        assert 1e-3 < off < 0.5
    assert model.count_params() == fixed.regressor_.model_.count_params() + 200


@pytest.mark.parametrize("n_fft", [8, 9])
def test_any_kernel_is_a_matrix_behind_that_of_fourier(n_fft, rng):
    """As many numbers in a spectrum as in a frame: none is lost, on either way."""
    frames = np.eye(n_fft)
    spectra = np.fft.rfft(frames)
    fourier = np.concatenate([spectra.real, spectra.imag], axis=1)
    wanted = rng.standard_normal((n_fft, fourier.shape[1]))
    matrix = np.linalg.lstsq(fourier, wanted, rcond=None)[0]
    np.testing.assert_allclose(fourier @ matrix, wanted, atol=1e-12)
    parts = np.eye(fourier.shape[1]).reshape(-1, 2, spectra.shape[1])
    back = np.fft.irfft(parts[:, 0] + 1j * parts[:, 1], n_fft)
    assert np.linalg.matrix_rank(back) == n_fft


@pytest.mark.parametrize(
    ("options", "X_shape", "y_shape", "message"),
    [
        ({"head": "mask"}, (3, 5, 4, 3), (3, 5, 4, 2), "head='mask' must be None or what"),
        ({"head": HEAD}, (3, 5, 4), (3, 5, 4, 2), "real and imaginary part of the noisy STFT"),
        ({"head": HEAD}, (3, 5, 4, 2), (3, 5, 4, 2), "got .* and"),
        ({"head": HEAD}, (3, 5, 4, 3), (3, 5, 4), r"n_frames, 2\); got"),
        (
            {"head": {**HEAD, "output": "magnitude"}},
            (3, 5, 4, 3),
            (3, 5, 4, 2),
            r"n_frames\); got \(3, 5, 4, 3\) and \(3, 5, 4, 2\)",
        ),
        (
            {"head": HEAD, "output_activation": "sigmoid"},
            (3, 5, 4, 3),
            (3, 5, 4, 2),
            "cannot be followed by a head",
        ),
        (
            {"head": {**HEAD, "istft": {"n_fft": 8, "hop_length": 4, "window": "hann"}}},
            (3, 5, 1, 3),
            (3, 5, 1, 2),
            "rows of at least 2 frames, got 1",
        ),
        ({"head": HEAD, "loss": "dice"}, (3, 5, 4, 3), (3, 5, 4, 2), "and no head"),
    ],
)
def test_bad_heads(options, X_shape, y_shape, message, make_network):
    with pytest.raises(ValueError, match=message):
        make_network(**options).fit(np.zeros(X_shape), np.zeros(y_shape))
