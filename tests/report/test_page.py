import base64
import hashlib
import re

import numpy as np
import pytest

from skse.report import write_report


def write(path, rows, **changes):
    options = {"title": "A", "rows": rows, "examples": {}, "sampling_rate": 8000, "settings": {}}
    return write_report(path, **{**options, **changes})


def test_says_all_that_it_was_given(page):
    text = page.read_text(encoding="utf-8")
    for word in (
        "<title>Tones &amp; &lt;noise&gt;</title>",
        "U-Net, IRM",
        "A tone of 3 s",
        "made up",
        "&lt;b&gt;Seed&lt;/b&gt;",
        "scikit-learn",
        "classical",
    ):
        assert word in text
    assert text.count('<tr class="ceiling">') == text.count('<tr class="noisy">') == 1
    assert text.count("<audio") == 6


def test_only_its_own_script_may_run(page):
    text = page.read_text(encoding="utf-8")
    scripts = re.findall(r"<script>(.*?)</script>", text, re.S)
    assert len(scripts) == 1
    digest = base64.b64encode(hashlib.sha256(scripts[0].encode()).digest()).decode()
    policy = re.search(r'Content-Security-Policy" content="(.*?)"', text)[1]
    assert f"script-src 'sha256-{digest}'" in policy
    assert "default-src 'none'" in policy
    assert re.findall(r"https?://", text) == []


def test_best_candidate_of_every_column_is_marked(page):
    text = page.read_text(encoding="utf-8")
    best = re.findall(r'<td data-value="([^"]*)" class="best">', text)
    assert [float(x) for x in best] == pytest.approx([6.5, 2.5, (0.1 / 11 + 0.1 / 9) / 2])


def test_report_without_examples_and_conditions(tmp_path):
    rows = [{"name": "only", "kind": "candidate", "stoi": 0.5}]
    text = write(tmp_path / "new" / "report.html", rows).read_text(encoding="utf-8")
    assert "0.500" in text
    assert 'class="best"' not in text  # of one there is no best
    assert "Select a heading" in text
    assert "<audio" not in text
    assert "Where it works" not in text


def test_size_of_a_report(tmp_path, rows, rng):
    """3 examples of 5 waveforms of 3 s, of the noisiest kind."""
    examples = {
        f"{i}": {f"{j}": 0.1 * rng.standard_normal(24000) for j in range(5)} for i in range(3)
    }
    assert write(tmp_path / "report.html", rows, examples=examples).stat().st_size < 3e6


@pytest.mark.parametrize(
    ("changes", "match"),
    [
        ({"rows": []}, "rows is empty"),
        ({"sampling_rate": 0}, "write_report: sampling_rate"),
        ({"sampling_rate": 8000.5}, "write_report: sampling_rate"),
        ({"examples": {"one": {"noisy": np.array([np.inf])}}}, "examples"),
    ],
)
def test_bad_input_leaves_the_old_page(tmp_path, rows, changes, match):
    path = write(tmp_path / "report.html", rows)
    before = path.read_bytes()
    with pytest.raises(ValueError, match=match):
        write(path, **{"rows": rows, **changes})
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["report.html"]
