"""What a notebook shows of an enhancer."""

import re

import pytest
import sklearn
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skse import IdealMaskTarget, PeakNormalize, SpeechEnhancer, STFTFeaturizer
from skse.enhancement import _diagram

PARTS = ["featurizer: STFTFeaturizer", "target: IdealMaskTarget"]


def boxes(estimator):
    """Labels of all boxes, in the order of the page."""
    labels = re.findall(r"<label[^>]*><div><div>(.*?)</div>", estimator._repr_html_())
    return [label for label in labels if label]


@pytest.fixture
def enhancer():
    return SpeechEnhancer(
        STFTFeaturizer(), IdealMaskTarget("ibm"), make_pipeline(StandardScaler(), Ridge())
    )


@pytest.fixture
def fitted(enhancer, rng):
    clean = rng.standard_normal((3, 2000))
    return enhancer.fit(clean + rng.standard_normal(clean.shape), clean)


def test_defaults_are_shown():
    assert boxes(SpeechEnhancer()) == [
        "SpeechEnhancer",
        PARTS[0],
        "STFTFeaturizer",
        PARTS[1],
        "IdealMaskTarget",
        "regressor: UNetRegressor",
        "UNetRegressor",
    ]


def test_a_pipeline_inside_and_a_search_around(enhancer):
    search = GridSearchCV(make_pipeline(PeakNormalize(), enhancer), {})
    shown = boxes(search)
    assert shown[:2] == ["GridSearchCV", "estimator: Pipeline"]
    assert [label for label in shown if label in (*PARTS, "StandardScaler", "Ridge")] == [
        *PARTS,
        "StandardScaler",
        "Ridge",
    ]


@pytest.mark.skipif(
    sklearn.__version__.startswith("1.8."), reason="scikit-learn shows what was fitted from 1.9 on"
)
def test_fitted_parts_are_shown(fitted):
    text = fitted._repr_html_()
    assert "mean_" in text  # of the StandardScaler
    assert "645" in text  # its n_features_in_: 129 frequencies, 5 frames
    assert "n_features_in_" not in SpeechEnhancer()._repr_html_()


def test_no_link_leads_to_a_page_that_does_not_exist(fitted):
    links = re.findall(r'href="(.*?)"', fitted._repr_html_())
    assert links
    assert all(link.startswith("https://scikit-learn.org/") for link in links)
    assert not any("skse" in link for link in links)


def test_one_box_where_scikit_learn_moved_its_own(enhancer, monkeypatch):
    def fail(*parts):
        raise ImportError

    monkeypatch.setattr("skse.enhancement._enhancer.make_diagram", fail)
    assert boxes(enhancer) == ["SpeechEnhancer"]
    parts = (enhancer.featurizer, enhancer.target, enhancer.regressor)
    assert _diagram.make_diagram(*parts).kind == "parallel"


def test_in_a_browser(chromium, tmp_path, enhancer):
    chromium.get_log("browser")
    page = tmp_path / "enhancer.html"
    page.write_text(f"<!DOCTYPE html><meta charset='utf-8'>{enhancer._repr_html_()}", "utf-8")
    chromium.get(page.as_uri())
    labels = chromium.find_elements("css selector", ".sk-estimator label")
    assert [label.text.strip() for label in labels if label.is_displayed()][:2] == [
        "STFTFeaturizer",
        "IdealMaskTarget",
    ]
    table = chromium.find_element("css selector", ".sk-estimator .sk-toggleable__content")
    assert not table.is_displayed()
    labels[0].click()
    assert table.is_displayed()
    assert "Parameters" in table.text
    assert chromium.get_log("browser") == []
