"""What a network is, apart from how it is trained."""

import math
from abc import ABC, abstractmethod
from inspect import signature
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator

# What a network is built with beside its architecture.
ENDS = ("output_activation", "input_statistics", "output_statistics")


class BaseArchitecture(BaseEstimator, ABC):
    """Base class of architectures: what lies between a network's input and its output.

    A subclass has an ``__init__`` that names its parameters, and :meth:`body`.
    :class:`NetworkRegressor` trains it, and its parameters can be searched as
    ``architecture__...``. The input's layout, standardisation, the number of channels and
    frequencies that the target has, and the range of the output are not its business.

    Attributes
    ----------
    any_n_frames : bool
        Whether the network takes rows of any number of frames; a class says False where its
        size depends on it.
    environment_frames : int
        Frames that a row begins with, of a recording of the environment, and its target has not:
        0, unless a class has a parameter of this name, which :class:`~skse.SpeechEnhancer` then
        sets. Where it is not 0, :meth:`body` is given them as `environment`.

    See Also
    --------
    UNet : An architecture.
    NetworkRegressor : Trains any architecture.

    Examples
    --------
    A recurrent network. Along time it carries a state, so that it can go on where it stopped
    (see :meth:`receptive_field`):

    >>> import math
    >>> import numpy as np
    >>> from skse import NetworkRegressor
    >>> from skse.networks import BaseArchitecture
    >>> class Recurrent(BaseArchitecture):
    ...     def __init__(self, units=16):
    ...         self.units = units
    ...
    ...     def body(self, image, n_channels, stateful=False):
    ...         from keras import layers
    ...
    ...         _, n_frequencies, _, n_in = image.shape
    ...         frames = layers.Permute((2, 1, 3))(image)
    ...         frames = layers.Reshape((-1, n_frequencies * n_in))(frames)
    ...         frames = layers.GRU(self.units, return_sequences=True, stateful=stateful)(frames)
    ...         frames = layers.Dense(n_frequencies * n_channels)(frames)
    ...         frames = layers.Reshape((-1, n_frequencies, n_channels))(frames)
    ...         return layers.Permute((2, 1, 3))(frames)
    ...
    ...     def receptive_field(self):
    ...         return math.inf, 0
    >>> X = np.random.default_rng(0).random((4, 9, 6), dtype=np.float32)
    >>> network = NetworkRegressor(Recurrent(units=4), epochs=1, random_state=0).fit(X, X)
    >>> network.predict(X).shape
    (4, 9, 6)
    """

    any_n_frames = True
    environment_frames: int = 0

    @abstractmethod
    def body(self, image: Any, n_channels: int) -> Any:
        """Build the layers of the network.

        Called once, while the Keras model is built. Where random weights are to follow
        `random_state`, the layers' ``get_config`` says what makes them, as that of all layers
        of Keras does.

        Parameters
        ----------
        image : KerasTensor of shape (None, n_frequencies, n_frames, n_channels)
            The standardised features; where `any_n_frames` is true, the number of frames
            is open.
        n_channels : int
            Channels of the output. An image of another number of channels or frequencies
            is followed by a learned projection.

        Returns
        -------
        image : KerasTensor of shape (None, n_frequencies, n_frames, n_channels)
            With as many frames.
        """

    def body_for(
        self, image: Any, output_shape: tuple[int, int | None, int], **carried: Any
    ) -> Any:
        """Build the layers of a network whose body makes the frequencies of the target itself.

        By default it is :meth:`body`, which is not told of them.

        Parameters
        ----------
        image : KerasTensor of shape (None, n_frequencies, n_frames, n_channels)
            As for :meth:`body`.
        output_shape : tuple of (int, int or None, int)
            Frequencies, frames and channels of the target.
        **carried : dict
            ``stateful=True``, where a state is carried along; `environment`, an image of
            `environment_frames` frames, where these are not 0.

        Returns
        -------
        image : KerasTensor of shape (None, n_frequencies, n_frames, n_channels)
            With as many frames.
        """
        return self.body(image, output_shape[2], **carried)

    def check_params(self) -> None:
        """Raise a ValueError where a parameter is none that the network can be built with.

        Called when a fit begins. By default nothing is checked.
        """

    @property
    def needs_environment(self) -> bool:
        """Whether :class:`~skse.SpeechEnhancer` refuses to train it without an environment."""
        return False

    def receptive_field(self) -> tuple[float, int] | None:
        """How far the network looks along time, from its parameters alone.

        Returns
        -------
        field : tuple of (int, int) or (inf, 0) or None
            A frame of the output depends on so many frames of the input before it, and on so
            many after it. ``(math.inf, 0)`` where the network sees single frames and, besides
            them, carries a state from one to the next: :meth:`body` then takes a third
            argument, ``stateful=False``, which it gives to its recurrent layers. None where the
            field is not bounded, as here.
        """
        return None

    def make_model(self, inputs: Any, outputs: Any, name: str) -> Any:
        """Make the Keras model of what was built.

        Parameters
        ----------
        inputs, outputs : KerasTensor
            Where the network begins and ends.
        name : str
            Name of the model.

        Returns
        -------
        model : keras.Model
            A subclass may return one of its own, with another ``train_step``.
        """
        import keras

        return keras.Model(inputs, outputs, name=name)

    def build(
        self,
        input_shape: tuple[int | None, ...],
        output_shape: tuple[int | None, ...],
        *,
        output_activation: str = "linear",
        input_statistics: tuple[np.ndarray, np.ndarray] | None = None,
        output_statistics: tuple[np.ndarray, np.ndarray] | None = None,
        stateful: bool = False,
    ) -> Any:
        """Build the Keras model: the body between an input and an output layer.

        Parameters
        ----------
        input_shape, output_shape : tuple
            Of one sample: ``(n_frequencies,)``, ``(n_frequencies, n_frames)`` or
            ``(n_frequencies, n_frames, n_channels)``; ``n_frames`` may be None.
        output_activation : {"linear", "sigmoid"}, default="linear"
            What the network ends in.
        input_statistics, output_statistics : tuple of ndarray or None, default=None
            Mean and standard deviation of input and target, each of shape
            ``(n_frequencies, n_channels)``, kept inside the model as constants.
        stateful : bool, default=False
            Whether each call of the model goes on, with its one row, where the call before
            stopped; for architectures that carry a state.

        Returns
        -------
        model : keras.Model
            Not compiled.
        """
        from skse.networks import _layers

        carried: dict[str, Any] = {"stateful": True} if stateful else {}
        inputs, image = _layers.begin_network(
            input_shape, input_statistics, batch_size=1 if stateful else None
        )
        if self.environment_frames:
            from skse.networks._conditioning import SplitEnvironment

            carried["environment"], image = SplitEnvironment(self.environment_frames)(image)
        body = self.body_for(image, _layers.image_shape(output_shape), **carried)
        shape = tuple(getattr(body, "shape", ()))
        n_frames = image.shape[2]
        if len(shape) != 4 or (shape[2] != n_frames and None not in (shape[2], n_frames)):
            raise ValueError(
                f"{type(self).__name__}: body gives {body!r:.80}; expected an image of shape "
                "(None, n_frequencies, n_frames, n_channels), with as many frames as it was given."
            )
        outputs = _layers.end_network(
            body,
            output_shape,
            output_activation=output_activation,
            statistics=output_statistics,
        )
        return self.make_model(inputs, outputs, type(self).__name__.lower())


def check_field(architecture):
    """Raise a ValueError unless an architecture's receptive field is one, and it can carry it."""
    name, field = type(architecture).__name__, architecture.receptive_field()
    if field is not None and not (isinstance(field, (tuple, list)) and len(field) == 2):
        raise ValueError(
            f"{name}: receptive_field gives {field!r}; expected (frames before, frames after), "
            "(math.inf, 0) for a network that carries a state, or None."
        )
    carries = field is not None and tuple(field) == (math.inf, 0)
    if not carries:
        return
    try:
        signature(architecture.body).bind(None, 1, stateful=True)
    except TypeError as error:
        raise ValueError(
            f"{name}: receptive_field gives (inf, 0), so body needs the argument stateful=False, "
            "which it gives to its recurrent layers."
        ) from error


def part_arguments(cls, arguments):
    """Part a builder's arguments into an architecture and what is built around it.

    Parameters
    ----------
    cls : type
        Of the architecture.
    arguments : dict
        Parameters of the architecture, and keyword arguments of :meth:`BaseArchitecture.build`.

    Returns
    -------
    architecture : BaseArchitecture
    ends : dict
        ``output_activation``, ``input_statistics`` and ``output_statistics``, as far as given.
    """
    ends = {name: arguments[name] for name in ENDS if name in arguments}
    return cls(**{name: arguments[name] for name in arguments.keys() - ends.keys()}), ends
