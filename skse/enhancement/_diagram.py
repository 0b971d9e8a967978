"""The parts of an enhancer as boxes in a notebook."""


def make_diagram(*parts):
    """Return the parts of a SpeechEnhancer for scikit-learn's HTML representation.

    By itself scikit-learn draws the parameters that are estimators: not the defaults
    that None stands for, and never the fitted parts. What this imports is private to
    scikit-learn; where it moves, scikit-learn catches the error and draws one box.
    """
    from sklearn.utils._repr_html.estimator import _VisualBlock

    return _VisualBlock(
        "parallel",
        list(parts),
        names=[
            f"{name}: {type(part).__name__}"
            for name, part in zip(("featurizer", "target", "regressor"), parts, strict=True)
        ],
        name_details=[str(part) for part in parts],
    )
