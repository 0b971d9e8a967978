"""Pictures over time and frequency: a frame stands at its time, a bin at its frequency."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

from skse.plotting._panels import draw_panels, make_axes


@pytest.fixture(autouse=True)
def close():
    yield
    plt.close("all")


def test_a_new_figure_has_one_below_the_other():
    for names in (["a"], ["a", "b", "c"]):
        axes = make_axes(None, names)
        assert axes.shape == (len(names),)
        assert len(axes[0].figure.axes) == len(names)
        heights = [one.get_subplotspec().rowspan.start for one in axes]
        assert heights == list(range(len(names)))


def test_given_axes_are_taken_in_any_arrangement():
    _, two_by_two = plt.subplots(2, 2)
    assert list(make_axes(two_by_two, "abcd")) == list(two_by_two.ravel())
    one = plt.figure().add_subplot()
    assert list(make_axes(one, ["x"])) == [one]
    with pytest.raises(ValueError, match="holds 4 Axes; expected 2, one for each of 'x', 'y'"):
        make_axes(two_by_two, ["x", "y"])


@pytest.mark.parametrize(("rate", "hop", "n_frames"), [(8000, 64, 101), (44100, 441, 11)])
def test_frames_and_bins_stand_where_they_belong(rate, hop, n_frames):
    picture = np.zeros((129, n_frames))
    axes = make_axes(None, ["first", "second"])
    images = draw_panels(
        axes,
        {"first": picture, "second": picture},
        sampling_rate=rate,
        hop_length=hop,
        vmin=-1,
        vmax=2,
        cmap="gray",
    )
    for image, one, name in zip(images, axes, ("first", "second"), strict=True):
        left, right, bottom, top = image.get_extent()
        width = (right - left) / n_frames
        centres = left + width * (0.5 + np.arange(n_frames))  # of the columns
        np.testing.assert_allclose(centres, np.arange(n_frames) * hop / rate, atol=1e-12)
        assert (bottom, top) == (0, rate / 2000)
        assert image.origin == "lower"
        assert image.get_clim() == (-1, 2)
        assert one.get_xlim() == (0, (n_frames - 1) * hop / rate)
        assert one.get_title(loc="left") == name
    assert [one.get_xlabel() for one in axes] == ["", "Time (s)"]


def test_as_many_pictures_as_axes():
    with pytest.raises(ValueError, match="zip"):
        draw_panels(
            make_axes(None, ["a", "b"]),
            {"a": np.zeros((3, 3))},
            sampling_rate=8000,
            hop_length=64,
        )
