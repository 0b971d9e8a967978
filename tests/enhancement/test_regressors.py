import pytest
from sklearn.compose import TransformedTargetRegressor
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skse import FeatureScaler, SpectrumTarget, UNetRegressor
from skse.enhancement._regressors import check_loss, groups_for, takes_segments


@pytest.mark.parametrize(
    ("regressor", "expected"),
    [
        (Ridge(), False),
        (UNetRegressor(), True),
        (make_pipeline(FeatureScaler(), UNetRegressor()), True),
        (make_pipeline(StandardScaler(), UNetRegressor()), False),
        (make_pipeline(FeatureScaler(), Ridge()), False),
        (GridSearchCV(UNetRegressor(), {}), True),
        (TransformedTargetRegressor(Ridge()), False),
        (TransformedTargetRegressor(), False),
    ],
)
def test_who_takes_segments(regressor, expected):
    assert takes_segments(regressor) == expected


def test_groups_go_to_the_network():
    assert groups_for(Ridge(), [1]) == {}
    assert groups_for(UNetRegressor(), [1]) == {"groups": [1]}
    pipeline = make_pipeline(FeatureScaler(), UNetRegressor())
    assert groups_for(pipeline, [1]) == {"unetregressor__groups": [1]}


def test_loss_is_found_in_a_pipeline():
    pipeline = make_pipeline(FeatureScaler(), UNetRegressor(loss="binary_crossentropy"))
    with pytest.raises(ValueError, match="ranges from 0 to inf"):
        check_loss(pipeline, SpectrumTarget("power"))
    check_loss(pipeline.set_params(unetregressor__loss="mse"), SpectrumTarget("power"))
