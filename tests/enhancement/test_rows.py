"""The way in, with an environment: rows of pairs and rows of mixtures agree."""

import numpy as np
import pytest

from skse import IdealMaskTarget, SignalApproximationTarget, SpeechEnhancer, STFTFeaturizer


@pytest.mark.parametrize(
    "featurizer",
    [
        STFTFeaturizer(),
        STFTFeaturizer(n_fft=255, hop_length=80, scale="complex"),
        STFTFeaturizer(noise_channels=("noise",)),
    ],
)
@pytest.mark.parametrize("target", [IdealMaskTarget("psm"), SignalApproximationTarget()])
def test_mixtures_and_pairs_have_the_same_rows(featurizer, target, told, in_noises):
    if target.needs_reference:
        told = type("ToldWithHead", (type(told),), {"__init__": _with_head})()
    chain = SpeechEnhancer(
        featurizer,
        target,
        told,
        sampling_rate=8000,
        segment_frames=16,
        environment="auto",
        environment_seconds=0.4,
        remix=False,
    ).make_chain()
    n_times = (16 * chain.mixture_segments - 1) * featurizer.hop_length
    noisy, clean = (np.stack([x[:n_times] for x in part]) for part in in_noises[:2])
    environment = np.stack([x[: chain.environment_samples] for x in in_noises[2]])
    chain.fit(noisy, clean)
    rows, targets = chain.mixture_rows(noisy, clean, environment)
    expected, expected_targets, counts = chain.rows(noisy, clean, environments=environment)
    assert len(rows) == counts.sum()
    np.testing.assert_allclose(rows, expected, atol=2e-4)
    np.testing.assert_allclose(targets, expected_targets, atol=2e-4)
    chain.environment_frames, n_frames = 0, chain.environment_frames
    without, _ = chain.mixture_rows(noisy, clean)
    np.testing.assert_array_equal(rows[:, :, n_frames:], without)


def _with_head(self, environment_frames=0, shift=0.0, head=None):
    self.environment_frames, self.shift, self.head = environment_frames, shift, head


def test_pairs_that_are_read_abreast_keep_their_environment(told, in_noises):
    noisy, clean, environment = in_noises
    chain = (
        SpeechEnhancer(
            STFTFeaturizer(noise_channels=("noise",)),
            regressor=told,
            sampling_rate=8000,
            segment_frames=16,
            environment="auto",
            environment_seconds=0.4,
            remix=False,
        )
        .make_chain()
        .fit(noisy, clean)
    )
    stretches = [x[: chain.environment_samples] for x in environment]
    rows, _, counts = chain.rows(noisy, clean, environments=stretches)
    ends = np.cumsum(counts)
    for i, end in enumerate(ends):
        alone, _, _ = chain.rows(
            noisy[i : i + 1], clean[i : i + 1], environments=stretches[i : i + 1]
        )
        np.testing.assert_allclose(rows[end - counts[i] : end], alone, atol=1e-5)


def test_a_chain_says_where_environments_are_missing_or_of_no_use(told, in_noises):
    noisy, clean, environment = in_noises
    parameters = {"sampling_rate": 8000, "environment_seconds": 0.4, "remix": False}
    enhancer = SpeechEnhancer(regressor=told, environment="auto", **parameters).fit(noisy, clean)
    chain = enhancer.chain_
    for call in (
        lambda: chain.rows(noisy, clean),
        lambda: next(chain.predictions(noisy, enhancer.regressor_)),
    ):
        with pytest.raises(ValueError, match="environments are missing; environments_of"):
            call()
    blocks = chain.predictions(
        noisy, enhancer.regressor_, environments=enhancer.environments_of(noisy)
    )
    assert next(blocks)[1].shape[0] == 129
    chain.environment_frames = 0
    with pytest.raises(ValueError, match="environment_frames=0, but environments are passed"):
        chain.rows(noisy, clean, environments=environment)
