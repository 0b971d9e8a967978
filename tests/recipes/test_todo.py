import numpy as np
import pytest

from skse.recipes import get_recipe

MASK = {"part": "real", "imaginary": "rescale"}
TARGETS = {
    "todo-unet-real": {"scale": "real", "imaginary": "drop"},
    "todo-unet-ibm": {
        **MASK,
        "mask": "ibm",
        "criterion": "mixture_ratio",
        "mixture_threshold": 0.8,
    },
    "todo-unet-irm": {**MASK, "mask": "irm", "ratio_to": "mixture", "beta": 0.5},
    "todo-unet-phase": {"scale": "magnitude"},
}


@pytest.mark.parametrize("name", TARGETS)
def test_recipe_is_what_was_to_be_done(name):
    recipe = get_recipe(name)
    enhancer = recipe.enhancer
    assert enhancer.target.get_params().items() >= TARGETS[name].items()
    featurizer = enhancer.featurizer
    assert (featurizer.n_fft, featurizer.hop_length) == (256, 128)
    assert featurizer.scale == ("magnitude" if name.endswith("phase") else "real")
    assert enhancer.sampling_rate == recipe.protocol.sampling_rate == 7000
    assert recipe.protocol.split == "seed-660-60"
    assert not enhancer.normalize_level
    network, of_seed = (get_recipe(x).enhancer.regressor for x in (name, "seed-04"))
    assert network.get_params() == of_seed.get_params()
    n_frames = featurizer.stft(np.zeros(recipe.protocol.n_times)).shape[1]
    assert n_frames == enhancer.segment_frames == 116


def test_ratio_mask_is_the_seeds():
    target = get_recipe("todo-unet-irm").enhancer.target
    S, Y = np.array([[3.0 + 1j, 0.0, -1.0]]), np.array([[4.0 - 9j, 2.0, 1.0 + 1j]])
    np.testing.assert_allclose(
        target.fit_transform(Y, S), [[np.sqrt(9 / 25), 0, np.sqrt(0.5)]], rtol=1e-6
    )
