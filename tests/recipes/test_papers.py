import numpy as np
import pytest

from skse.recipes import get_recipe, paper_02, paper_03, paper_04, paper_05, run_recipe

NAMES = ("paper-02", "paper-03", "paper-04", "paper-05")
# Networks of some hundred weights.
TINY = {
    "paper-02": {
        "filters": (4,),
        "strides": (2,),
        "embedding_filters": (3,),
        "embedding_strides": ((2, 3),),
    },
    "paper-03": {"growth_rate": 2, "n_levels": 1, "first_filters": 4, "dilations": (1,)},
    "paper-04": {"filters": (2, 2), "warm_up_epochs": 0},
    "paper-05": {"filters": (4,), "n_blocks": 1},
}


@pytest.mark.parametrize("name", NAMES)
def test_recipe_trains_and_is_scored(name, harvard, tmp_path):
    if name == "paper-05":
        pytest.importorskip("pyroomacoustics")
    recipe = get_recipe(name)
    recipe.enhancer.set_params(**{f"regressor__{k}": v for k, v in TINY[name].items()})
    if name in NAMES[:2]:
        recipe.enhancer.set_params(remix__n_mixtures=16)
    results = run_recipe(recipe, harvard, out=tmp_path, epochs=1, limit=16, progress=False)
    assert [row["name"] for row in results.summary] == ["noisy", name, f"ceiling of {name}"]
    assert all(np.isfinite(row["snr_gain"]) for row in results.summary)
    assert results.summary[2]["si_sdr"] > results.summary[1]["si_sdr"]
    again = run_recipe(recipe, harvard, out=tmp_path, epochs=1, limit=16, progress=False)
    assert again.summary == results.summary


@pytest.mark.parametrize("name", NAMES)
def test_size_of_the_paper_is_larger_and_sees_the_same_rows(name):
    small, large = (get_recipe(name, size=size) for size in ("small", "paper"))
    assert small.protocol == large.protocol
    shape = (256, 64) if name == "paper-04" else (129, 64)
    channels = 2 if name == "paper-03" else 1
    n_weights = []
    for recipe in (small, large):
        recipe.enhancer.regressor.set_params(
            **({"environment_frames": 32} if name == "paper-02" else {})
        )
        architecture = recipe.enhancer.regressor.make_architecture()
        n_in = shape[1] + (32 if name == "paper-02" else 0)
        model = architecture.build((shape[0], n_in, channels), (*shape, channels))
        n_weights.append(model.count_params())
    assert n_weights[1] > 4 * n_weights[0]


def test_choices_are_those_of_the_ablations():
    assert paper_02(embedding=None)[0].regressor.embedding is None
    without = paper_04(adversarial=False)[0].regressor
    assert (without.adversarial_weight, without.acoustic_weight) == (0, 0)
    masks = {name: paper_03(loss_on=name)[0] for name in ("mask", "spectrum", "waveform")}
    networks = [repr(enhancer.regressor) for enhancer in masks.values()]
    assert len(set(networks)) == 1  # what is compared is the target alone
    assert not masks["mask"].target.needs_reference
    assert masks["waveform"].target.gives_waveforms


@pytest.mark.parametrize(
    ("call", "match"),
    [
        (lambda: paper_05(size="large"), "paper_05: size='large'"),
        (lambda: paper_03(loss_on="phase"), "paper_03: loss_on='phase'"),
    ],
)
def test_unknown_choice_is_refused(call, match):
    with pytest.raises(ValueError, match=match):
        call()
