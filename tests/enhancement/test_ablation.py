"""What an environment is worth: which one every waveform is given."""

import numpy as np
import pytest

from skse import SpeechEnhancer
from skse.enhancement import environment_ablation


@pytest.fixture
def enhancer(told, in_noises):
    noisy, clean, environment = in_noises
    enhancer = SpeechEnhancer(
        regressor=told, sampling_rate=8000, environment_seconds=0.5, segment_frames=16, remix=False
    )
    return enhancer.fit(noisy, clean, environment=environment)


@pytest.mark.parametrize(
    ("groups", "others"),
    [(None, [1, 2, 3, 0]), (list("abab"), [1, 2, 3, 0]), (list("aabb"), [2, 2, 0, 0])],
)
def test_others_are_those_of_the_next_waveform_of_another_group(
    groups, others, enhancer, in_noises
):
    noisy, _, environment = in_noises
    enhanced = environment_ablation(enhancer, noisy, environment, groups=groups)
    assert list(enhanced) == ["own", "other", "silence"]
    expected = enhancer.predict(noisy, environment=[environment[i] for i in others])
    for got, of_own, of_other in zip(
        enhanced["other"], enhancer.predict(noisy, environment=environment), expected, strict=True
    ):
        np.testing.assert_array_equal(got, of_other)
        assert np.abs(got - of_own).max() > 1e-4
    for got, of_own in zip(enhanced["own"], enhanced["silence"], strict=True):
        assert np.abs(got - of_own).max() > 1e-4


def test_silence_is_at_the_floor_of_the_features(enhancer, in_noises):
    """The mask of `told` in an environment of -80 dB, at every unit."""
    noisy, _, environment = in_noises
    enhancer.set_params(strength=0.5)
    enhanced = environment_ablation(enhancer, noisy, environment)["silence"]
    mask = 1 / (1 + 10.0 ** (-80 / 20))
    for x, got in zip(noisy, enhanced, strict=True):
        np.testing.assert_allclose(got, (1 + mask) / 2 * x, atol=1e-5)


def test_containers_and_parameter(enhancer, in_noises):
    noisy = np.stack([x[:8000] for x in in_noises[0]])
    enhancer.set_params(environment="auto")
    enhanced = environment_ablation(enhancer, noisy)
    assert all(x.shape == (4, 8000) for x in enhanced.values())


def test_what_tells_nothing_is_refused(enhancer, told, in_noises):
    noisy, clean, environment = in_noises
    for groups in (list("aaaa"), list("ab")):
        with pytest.raises(ValueError, match="must name the environment of each of the 4"):
            environment_ablation(enhancer, noisy, environment, groups=groups)
    plain = SpeechEnhancer(regressor=told, remix=False, segment_frames=16).fit(noisy, clean)
    with pytest.raises(ValueError, match="was fitted without an environment; fit it with one"):
        environment_ablation(plain, noisy)
