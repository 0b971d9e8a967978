"""save, load, read_card, get_untrusted_types: one file for a fitted enhancer."""

import json
from collections.abc import Sequence
from numbers import Integral
from pathlib import Path
from typing import Any

from sklearn.exceptions import NotFittedError
from sklearn.utils.validation import check_is_fitted

from skse.persistence._archive import Archive, write_archive
from skse.persistence._card import card_text, make_card
from skse.persistence._codec import Decoder, Encoder
from skse.utils import check_number
from skse.utils.typing import FilePath

_SUFFIX = ".skse"
_CARD = "card.json"


def save(
    enhancer: Any,
    path: FilePath,
    *,
    card: dict[str, Any] | None = None,
    half_precision: bool = False,
) -> Path:
    """Write a fitted enhancer to a model file, which cannot run code when it is loaded.

    The file is a zip of JSON (parameters), ONNX (networks), arrays without
    pickle, and a model card. It is there as a whole or not at all.

    Parameters
    ----------
    enhancer : estimator
        Fitted: a :class:`~skse.SpeechEnhancer` with a network of skse or a
        regressor of scikit-learn that predicts with NumPy (linear models,
        multi-layer perceptrons, their scalers and pipelines), a classical
        enhancer, or a :class:`~sklearn.pipeline.Pipeline` that ends in one. Any
        part may be of a class of your own that derives from
        :class:`~sklearn.base.BaseEstimator` and can be imported; :func:`load` then
        asks for trust in it.
    path : str or path
        Where to; the name must end in ``.skse``.
    card : dict of str or None, default=None
        What people should know: "description", "training_data", "licence",
        "scores" and whatever else, as text, numbers, lists and dicts. Versions,
        date, parameters, sampling rate and what is known of the training are
        filled in.
    half_precision : bool, default=False
        Whether the kernels of networks are rounded to float16, which halves the file.
        Computed is in float32 nevertheless, so that it predicts as fast as before.

    Returns
    -------
    path : pathlib.Path
        The file.

    Raises
    ------
    ValueError
        For a part that a model file cannot hold, named, for a `card` that does not consist
        of plain values, and for weights that are too large for `half_precision`.
    sklearn.exceptions.NotFittedError
        Before `fit`.
    OSError
        Where the file cannot be written.

    See Also
    --------
    load : The way back.
    skse.SpeechEnhancer.export : The network alone, for other programs.

    Notes
    -----
    What only training needs is kept where it can be named: losses and
    optimizers are, callbacks and the optimizer's momentum are not.

    Of a class of your own the file keeps the name, the parameters and what its
    ``__getstate__`` gives, as far as that is values, arrays and estimators.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> import numpy as np
    >>> import skse
    >>> noisy = np.random.default_rng(0).standard_normal((1, 4000))
    >>> enhancer = skse.LogMMSE(sampling_rate=8000).fit(noisy)
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "model.skse"
    >>> path = skse.save(enhancer, path, card={"licence": "CC0"})
    >>> np.array_equal(skse.load(path).predict(noisy), enhancer.predict(noisy))
    True
    """
    path = Path(path)
    if path.suffix != _SUFFIX:
        raise ValueError(f"path={str(path)!r} must end in {_SUFFIX}: the name of a model file.")
    if not path.parent.is_dir():
        raise FileNotFoundError(f"path={str(path)!r}: there is no folder {str(path.parent)!r}.")
    card = make_card(_checked(enhancer), card)
    encoder = Encoder(half_precision)
    encoder.encode_estimator(enhancer)
    write_archive(
        path,
        {
            "README.md": card_text(card, path.name, encoder.foreign).encode(),
            _CARD: json.dumps(card, indent=1, ensure_ascii=False).encode(),
            **encoder.members,
        },
    )
    return path


def load(path: FilePath, *, n_threads: int | None = None, trusted: Sequence[str] = ()) -> Any:
    """Load a model file, without TensorFlow and without running code from it.

    Networks predict through onnxruntime. They become Keras networks again
    (which imports TensorFlow) when they are trained further.

    Parameters
    ----------
    path : str or path
        A file of :func:`save`.
    n_threads : int or None, default=None
        Threads that a network predicts with. None stands for the environment
        variable ``OMP_NUM_THREADS`` where it is set, as in joblib's workers,
        else for as many as there are cores.
    trusted : sequence of str, default=()
        Names of classes that are not of skse, such as ``["mypackage.MyMask"]``,
        which the file may have imported and built. Loading then runs their code:
        name only what you know.

    Returns
    -------
    enhancer : estimator
        Fitted as it was saved.

    Raises
    ------
    skse.persistence.ModelFileError
        A ValueError: the file is not a model file, cut off, changed, from a
        newer version, holds what a model file may not hold, or needs a class that
        is not trusted or cannot be imported.
    OSError
        Where the file cannot be read.

    See Also
    --------
    save : The way there.
    skse.persistence.read_card : What the file says of itself.
    skse.persistence.get_untrusted_types : What it would ask trust for.

    Notes
    -----
    Only classes of skse, those of scikit-learn that predict with NumPy, and those
    in `trusted` are built. The checksums in a model file find damage; they do not prove who
    wrote it.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> import numpy as np
    >>> import skse
    >>> noisy = np.random.default_rng(0).standard_normal((1, 4000))
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "model.skse"
    >>> path = skse.save(skse.WienerFilter(sampling_rate=8000).fit(noisy), path)
    >>> skse.load(path)
    WienerFilter(sampling_rate=8000)
    """
    if n_threads is not None:
        check_number("load", "n_threads", n_threads, Integral, min_val=1)
    if isinstance(trusted, str) or not all(isinstance(name, str) for name in trusted):
        raise ValueError(
            f"load: trusted={trusted!r} must be a list of names, such as ['mypackage.MyMask']."
        )
    with Archive(path) as archive:
        return Decoder(archive, n_threads, trusted).decode_estimator()


def get_untrusted_types(path: FilePath) -> list[str]:
    """List the classes that a model file needs and :func:`load` would not build unasked.

    Nothing is imported.

    Parameters
    ----------
    path : str or path
        A file of :func:`save`.

    Returns
    -------
    names : list of str
        In full, as `trusted` of :func:`load` takes them; empty for a file that
        needs nothing but skse.

    Raises
    ------
    ModelFileError
        As :func:`load`.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> import numpy as np
    >>> import skse
    >>> from skse.persistence import get_untrusted_types
    >>> enhancer = skse.LogMMSE(sampling_rate=8000).fit(np.ones((1, 4000)))
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "model.skse"
    >>> get_untrusted_types(skse.save(enhancer, path))
    []
    """
    with Archive(path) as archive:
        return Decoder(archive).untrusted_types()


def read_card(path: FilePath) -> dict[str, Any]:
    """Read the model card of a model file, and nothing else of it.

    Parameters
    ----------
    path : str or path
        A file of :func:`save`.

    Returns
    -------
    card : dict
        What was given to :func:`save`, and "created", "estimator",
        "parameters", "sampling_rate", "training" and "versions".

    Raises
    ------
    ModelFileError
        As :func:`load`.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> import numpy as np
    >>> import skse
    >>> from skse.persistence import read_card
    >>> enhancer = skse.LogMMSE(sampling_rate=8000).fit(np.ones((1, 4000)))
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "model.skse"
    >>> card = read_card(skse.save(enhancer, path, card={"licence": "CC0"}))
    >>> card["licence"], card["sampling_rate"]
    ('CC0', 8000)
    """
    with Archive(path) as archive:
        card = archive.read_json(_CARD)
        if not isinstance(card, dict):
            raise archive.error(f"its {_CARD} is not a model card")
        return card


def _checked(enhancer):
    """Return the enhancer; raise where it is none, or not fitted."""
    name = type(enhancer).__name__
    if hasattr(enhancer, "best_estimator_"):
        raise ValueError(
            f"enhancer is a {name}, a search: pass its best_estimator_, the enhancer it found."
        )
    if isinstance(enhancer, type) or not hasattr(enhancer, "get_params"):
        raise ValueError(f"enhancer={enhancer!r:.80} must be a fitted estimator of skse.")
    try:
        check_is_fitted(enhancer)
    except NotFittedError as error:
        raise NotFittedError(f"{name} is not fitted; call fit before skse.save.") from error
    return enhancer
