import numpy as np
import pytest
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline

from skse import (
    FeatureScaler,
    IdealMaskTarget,
    LogMMSE,
    SpeechEnhancer,
    STFTFeaturizer,
    UNetRegressor,
)
from skse.enhancement._parts import copy_parts


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ((IdealMaskTarget(), STFTFeaturizer(), Ridge()), "IdealMaskTarget is no featurizer"),
        ((STFTFeaturizer(), STFTFeaturizer(), Ridge()), "STFTFeaturizer is no target"),
        ((None, None, IdealMaskTarget()), "is no regressor of features"),
        ((None, None, LogMMSE()), "is no regressor of features"),
        ((None, None, UNetRegressor), "is no regressor of features"),
        ((None, None, make_pipeline(FeatureScaler(), LogMMSE())), "is no regressor of features"),
        ((None, None, GridSearchCV(LogMMSE(), {})), "is no regressor of features"),
    ],
)
def test_parts_in_the_place_of_others(parts, message):
    with pytest.raises(ValueError, match=message) as caught:
        SpeechEnhancer(*parts).fit(np.ones((3, 900)), np.ones((3, 900)))
    if "no regressor" not in message:
        assert "featurizer=" in str(caught.value)
        assert "target=" in str(caught.value)


def test_defaults_and_copies():
    featurizer = STFTFeaturizer(n_fft=64, hop_length=16)
    copied, target, regressor = copy_parts(featurizer, None, None)
    assert copied is not featurizer
    assert copied.n_fft == 64
    assert isinstance(target, IdealMaskTarget)
    assert isinstance(regressor, UNetRegressor)
