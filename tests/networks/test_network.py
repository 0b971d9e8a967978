"""The regressor of any architecture."""

import numpy as np
import pytest

from skse import NetworkRegressor, UNetRegressor
from skse.networks import UNet

SMALL = {"filters": (4,), "dilations": (1,), "top_filters": 2, "dropout": 0.2}
TRAINING = {"epochs": 2, "batch_size": 8, "random_state": 0, "early_stopping": True}


def test_the_same_network_as_in_one_list(smooth_problem):
    X, y = smooth_problem
    flat = UNetRegressor(**SMALL, **TRAINING).fit(X, y)
    apart = NetworkRegressor(UNet(**SMALL), **TRAINING).fit(X, y)
    np.testing.assert_array_equal(apart.predict(X), flat.predict(X))
    assert apart.history_ == flat.history_
    assert apart.architecture_.get_params() == flat.architecture_.get_params()
    assert apart.architecture_ is not apart.architecture
    assert apart.receptive_field() == flat.receptive_field() == UNet(**SMALL).receptive_field()


def test_the_field_is_that_of_what_was_fitted(smooth_problem):
    network = NetworkRegressor(UNet(**SMALL), **TRAINING).fit(*smooth_problem)
    network.set_params(architecture__causal=True)
    assert network.receptive_field()[1] > 0
    assert NetworkRegressor(network.architecture).receptive_field()[1] == 0


def test_none_is_a_u_net():
    assert repr(NetworkRegressor().make_architecture()) == repr(UNet())


@pytest.mark.parametrize("architecture", [UNet, "unet", UNetRegressor()])
def test_what_is_no_architecture_is_refused(architecture, smooth_problem):
    with pytest.raises(ValueError, match=r"NetworkRegressor: architecture=.* such as UNet"):
        NetworkRegressor(architecture).fit(*smooth_problem)


def test_an_architectures_error_names_it(smooth_problem):
    with pytest.raises(ValueError, match=r"UNet: filters=\(\) must be a sequence of at least 1"):
        NetworkRegressor(UNet(filters=())).fit(*smooth_problem)
