"""What a regressor sees: every frame computed once, whatever blocks it comes in."""

import numpy as np
import pytest

from skse import MelFeaturizer, STFTFeaturizer
from skse.enhancement._inputs import (
    InputStream,
    features_abreast,
    sizes_abreast,
    with_reference,
)
from skse.features._noise_channels import NOISE_CHANNELS

N_FRAMES = 90
BLOCKS = {
    "one": [(0, N_FRAMES)],
    "side by side": [(0, 40), (40, 41), (41, N_FRAMES)],
    "overlapping": [(0, 30), (10, 60), (55, 60), (59, N_FRAMES)],
    "one inside another": [(0, 50), (20, 50), (50, N_FRAMES)],
}
FEATURIZERS = [STFTFeaturizer(), STFTFeaturizer(noise_channels=NOISE_CHANNELS), MelFeaturizer(8000)]


@pytest.mark.parametrize("featurizer", FEATURIZERS)
@pytest.mark.parametrize("needs_reference", [False, True])
@pytest.mark.parametrize("blocks", BLOCKS.values(), ids=BLOCKS)
def test_blocks_hold_what_the_whole_holds(rng, featurizer, needs_reference, blocks):
    stft = featurizer.stft(rng.standard_normal(128 * (N_FRAMES - 1)))
    whole = InputStream(featurizer, needs_reference).push(stft)
    features = featurizer.features(stft)
    np.testing.assert_allclose(
        whole, with_reference(features, stft) if needs_reference else features, atol=1e-6
    )
    stream = InputStream(featurizer, needs_reference)
    for begin, end in blocks:
        seen = stream.block(stft[:, begin:end], begin)
        np.testing.assert_allclose(seen, whole[:, begin:end], atol=1e-6)


@pytest.mark.parametrize("featurizer", FEATURIZERS)
def test_abreast_as_alone(rng, featurizer):
    """However long its neighbours are, a recording's features are as if it were alone."""
    stfts = [
        featurizer.stft(rng.standard_normal(n) * np.linspace(0.1, 2, n))
        for n in (9000, 300, 20_011, 9000)
    ]
    stfts[0][:, :30] = 0
    features = features_abreast(featurizer, stfts, most=500)
    for stft, abreast in zip(stfts, features, strict=True):
        alone = InputStream(featurizer, needs_reference=False).push(stft)
        np.testing.assert_allclose(abreast, alone, atol=1e-5)
    assert features_abreast(featurizer, [], most=500) == []


@pytest.mark.parametrize(
    ("n_frames", "sizes"),
    [
        ([10] * 7, [3, 3, 1]),
        ([40, 5, 5], [1, 2]),
        ([5, 5, 40, 1], [2, 1, 1]),
        ([10, 15, 16, 2], [2, 1, 1]),
        ([], []),
    ],
)
def test_groups_hold_a_bounded_number_of_frames(n_frames, sizes):
    with_state = STFTFeaturizer(noise_channels=["noise"])
    assert list(sizes_abreast(with_state, n_frames, 30)) == sizes
    assert list(sizes_abreast(STFTFeaturizer(), n_frames, 30)) == [1] * len(n_frames)


def test_the_shorter_of_features_and_reference_is_padded(rng):
    stft = rng.standard_normal((2, 6, 4)).view(complex)
    features = rng.standard_normal((5, 2))
    seen = with_reference(features, stft[0])
    assert seen.shape == (6, 2, 3)
    np.testing.assert_allclose(seen[:5, :, 0], features, rtol=1e-6)
    assert not seen[5:, :, 0].any()
    np.testing.assert_allclose(seen[..., 1] + 1j * seen[..., 2], stft[0], rtol=1e-6)
    assert with_reference(np.ones((9, 2, 3)), stft[0]).shape == (9, 2, 5)
