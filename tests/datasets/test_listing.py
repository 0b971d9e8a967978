import pytest

from skse.datasets._listing import shorten


@pytest.mark.parametrize(
    ("n", "text"), [(0, ""), (2, "0; 1"), (3, "0; 1; 2"), (4, "0; 1; 2; and 1 more")]
)
def test_shorten(n, text):
    assert shorten([str(i) for i in range(n)], 3, "; ") == text
