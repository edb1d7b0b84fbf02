"""``Layer``: weights, and a ``forward`` written in NumPy.

A layer stores the arguments of ``__init__`` unchanged, makes its weights in ``build(input_shape)``
with ``add_weight``, and computes in ``forward(x)``. What belongs to a layer is found by looking at
its attributes: variables and layers, also inside lists, tuples and dictionaries.
"""

import functools
import inspect
import warnings
from collections.abc import Callable
from typing import Any, ClassVar, TypedDict

import numpy as np

from minikeras import config, regularizers
from minikeras._typing import DType, PartialShape
from minikeras._validation import check_shape, did_you_mean
from minikeras.autodiff import Tensor, Variable
from minikeras.autodiff.symbolic import has_symbolic
from minikeras.graph import KerasTensor, Node, placeholders, replace
from minikeras.layers import input_spec
from minikeras.layers.call import Call, active_call
from minikeras.layers.inference import infer
from minikeras.layers.naming import unique_name
from minikeras.layers.stateless import stateless_call
from minikeras.layers.structures import convert, map_shapes, shape_of
from minikeras.layers.weights import Weighted
from minikeras.registry import is_ours, parameters_of, snake_case

__all__ = ["Layer", "LayerOptions"]


class LayerOptions(TypedDict, total=False):
    """The keyword arguments that every layer takes."""

    name: str | None
    trainable: bool
    dtype: DType | None
    input_shape: PartialShape
    input_dim: int


class _Connected:
    """``layer.input`` and ``layer.output``; attributes of a layer's own may have these names."""

    def __init__(self, side: str):
        self.side = side

    def __get__(self, layer: "Layer | None", owner: type) -> Any:
        if layer is None:
            return self
        if layer._graph is not None:  # a model: its own, wherever it was called
            return layer._graph.inputs if self.side == "input" else layer._graph.outputs
        if len(layer._nodes) != 1:
            title = f"{type(layer).__name__} {layer.name!r}"
            if not layer._nodes:
                raise AttributeError(
                    f"{title} has no {self.side} yet; call it on what Input(...) gives"
                )
            raise AttributeError(
                f"{title} was called {len(layer._nodes)} times, its {self.side} is ambiguous; "
                "keep what the call gives"
            )
        node = layer._nodes[0]
        if self.side == "output":
            return node.outputs
        inputs = node.args[0] if node.args else node.inputs
        return inputs if len(node.args) < 2 else list(node.args)


class Layer(Weighted):
    """Base of all layers.

    Parameters
    ----------
    activity_regularizer : str or callable, optional
        Adds a loss computed from the layer's output, divided by the batch size.
    trainable : bool, default True
        Whether training changes the weights.
    dtype : dtype, optional
        Of the weights and of what is computed; default ``config.floatx()``.
    name : str, optional
        Default: the class name in snake case, numbered: ``dense``, ``dense_1``.

    Raises
    ------
    TypeError
        If a keyword is unknown; the closest known one is suggested.

    Examples
    --------
    A layer of your own is its weights and one line of NumPy; the gradient follows.

    >>> import numpy as np
    >>> from minikeras.layers import Layer
    >>> class Scale(Layer):
    ...     def build(self, input_shape):
    ...         self.factor = self.add_weight((input_shape[-1],), "ones", name="factor")
    ...
    ...     def forward(self, x):
    ...         return x * self.factor
    >>> Scale()(np.array([[1.0, 2.0]]))
    array([[1., 2.]], dtype=float32)
    """

    built = False
    supports_masking = False
    input_spec: Any = None  # an InputSpec, or one for each input
    input = _Connected("input")
    output = _Connected("output")
    activity_regularizer: Any = None
    _trainable = True
    # Kinds of dtype that data in the form of integers ("iu") or text ("UO") keep on their way to
    # this layer; all else becomes floats.
    _keeps: ClassVar[str] = ""
    _nodes: tuple[Node, ...] = ()  # its calls on placeholders
    _graph: Any = None  # of a functional or Sequential model
    _weights: list[Variable]
    _loss_layers: Any = ()  # these two for a subclass that forgot super().__init__()
    _seen: Any = None
    _built_for: tuple[tuple[Any, ...], dict[str, Any]] | None = None  # what build was given
    _output_mask: Any = None  # of the last outermost call
    # What its methods take, found once for each class:
    _takes: ClassVar[frozenset[str]] = frozenset()
    _arguments: ClassVar[tuple[str, ...]] = ("x",)
    _mask_arguments: ClassVar[tuple[tuple[str, str], ...]] = ()  # (argument, whose mask it is)
    _training_default: ClassVar[Any] = False
    _makes_mask: ClassVar[bool] = False

    def __init__(
        self,
        *,
        activity_regularizer: Any = None,
        trainable: bool = True,
        dtype: DType | None = None,
        name: str | None = None,
        **kwargs: Any,
    ):
        self._weights = []
        self._losses: list[Any] = []
        self._loss_layers = []
        self._seen = None  # (shape of a sample, dtype) that was checked
        self._input_shape: PartialShape | None = None
        if "input_dim" in kwargs:
            kwargs["input_shape"] = (kwargs.pop("input_dim"),)
        if "input_shape" in kwargs:  # as in Keras: for Sequential, on its first layer
            shape = check_shape(type(self).__name__, "input_shape", kwargs.pop("input_shape"))
            self._input_shape = (None, *shape)
        for keyword in kwargs:
            known = [*parameters_of(type(self)), "input_shape"]
            raise TypeError(
                f"{type(self).__name__} got an unknown argument {keyword!r}"
                f"{did_you_mean(keyword, known)}"
            )
        self.activity_regularizer = activity_regularizer
        self._activity_regularizer = regularizers.get(activity_regularizer)
        self.trainable = bool(trainable)
        self.dtype = np.dtype(config.floatx() if dtype is None else dtype).name
        self._dtype = np.dtype(self.dtype)
        own: Any = unique_name(snake_case(type(self).__name__)) if name is None else name
        self.name: str = own
        if not isinstance(own, str) or "/" in own:
            raise ValueError(
                f"{type(self).__name__} expected name to be a string without '/', which separates "
                f"the names in a weight's path, got {name!r} ({type(name).__name__})"
            )

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        # Keras code defines ``call``; it is the same thing as ``forward``, also for super().call.
        if "forward" in vars(cls):
            cls.call = vars(cls)["forward"]
        elif "call" in vars(cls):
            cls.forward = vars(cls)["call"]  # type: ignore[method-assign]
        if "forward" in vars(cls):
            names = list(inspect.signature(vars(cls)["forward"]).parameters)[1:]
            cls._arguments = tuple(names)
            cls._mask_arguments = tuple(
                (name, names[0] if name == "mask" else name.removesuffix("_mask"))
                for name in names[1:]
                if name == "mask" or (name.endswith("_mask") and name[:-5] in names)
            )
            cls._training_default = _training_default(vars(cls)["forward"])
            cls._takes = frozenset(names) & {"training"} | {name for name, _ in cls._mask_arguments}
        if "build" in vars(cls):
            cls.build = _marking_built(vars(cls)["build"])  # type: ignore[method-assign]
        if not is_ours(cls) and "_keeps" not in vars(cls):
            cls._keeps = "iu" + cls._keeps  # as in Keras: a layer of one's own may index with them
        cls._makes_mask = cls.compute_mask is not Layer.compute_mask

    @property
    def compute_dtype(self) -> str:
        """The dtype that is computed with; here always that of the weights."""
        return str(self.dtype)

    variable_dtype = compute_dtype

    # To be defined by a layer.

    def build(self, input_shape: Any) -> None:
        """Make the weights; ``input_shape`` starts with the batch axis (None)."""

    def forward(self, x: Any, *args: Any, **kwargs: Any) -> Any:
        """Compute the output."""
        raise NotImplementedError(
            f"{type(self).__name__} defines no forward(self, x); write what it computes in NumPy"
        )

    call = forward

    def check_input(self, x: Any) -> None:
        """Refuse an input that does not fit; called once for each new shape of a sample."""

    # Calling.

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Compute the output for ``args[0]``, building the weights first if need be.

        Parameters
        ----------
        *args, **kwargs
            As ``forward`` takes them. ``training=True`` reaches every layer inside that asks for
            it; where it is not given it is that of the enclosing call, or else the default in the
            signature of ``forward``: False, but True in layers that change images at random.
        """
        call = active_call.get()
        if call is None or (kwargs and kwargs.get("training") is not None):
            return self._enter(call, args, kwargs)
        x = args[0] if args else None
        seen = self._seen
        value = x.value if type(x) is Tensor else x
        if (
            seen is None
            or type(value) is not np.ndarray
            or value.dtype is not seen[1]
            or value.shape[1:] != seen[0]
        ):
            args = self._prepare(args, kwargs)
        if self._takes:
            if "training" in self._takes:
                place = self._arguments.index("training")
                if len(args) > place:  # given by position: like training=...
                    return self(*args[:place], **kwargs, training=args[place])
                if call.training is not None:
                    kwargs["training"] = call.training
                elif "training" not in kwargs and self._training_default is not None:
                    # Nobody has said: the layer's own default holds, and for those inside it too.
                    return self._enter(call, args, {**kwargs, "training": self._training_default})
            if call.masks is not None:
                self._give_masks(call, args, kwargs)
        elif kwargs:
            kwargs.pop("training", None)
        try:
            y = self.forward(*args, **kwargs)
        except Exception as error:
            self._explain(error, args)
            raise
        if self._activity_regularizer is not None:
            self.add_loss(self._activity_regularizer(y) / max(float(len(y)), 1.0))
        if self._makes_mask or call.masks is not None:
            self._keep_mask(call, args, y)
        if call.observer is not None:
            call.observer(self, (args, kwargs), y)
        return y

    def _enter(self, outer: Call | None, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Start a call that others may nest in."""
        if outer is None:
            plain = len(args) == 1 and type(args[0]) is np.ndarray and len(kwargs) < 2
            if not plain and (has_symbolic(args) or has_symbolic(kwargs)):
                return self._connect(args, kwargs)
            training = kwargs.get("training")
            call = Call(self, None if training is None else bool(training))
            if self._loss_layers:
                for layer in self._loss_layers:
                    layer._losses.clear()
                self._loss_layers.clear()
        else:
            call = Call(outer.root, bool(kwargs["training"]), outer.observer)
            call.masks = outer.masks
        if kwargs.get("training") is not None:
            del kwargs["training"]
        token = active_call.set(call)
        try:
            y = self(*args, **kwargs)
        finally:
            active_call.reset(token)
        if outer is not None:
            outer.masks = call.masks
        elif call.masks is not None or self._output_mask is not None:
            self._output_mask = call.mask_of(y)
        return y

    def _connect(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Write down a call on placeholders; return placeholders for its outputs."""
        if not args:
            name = next((name for name in self._arguments if name in kwargs), None)
            if name is not None:
                args = (kwargs.pop(name),)
        if not self.built:
            self._build(*self._shapes_for(type(self).build, args, kwargs))
        outputs = self.compute_output_spec(*args, **kwargs)
        self._nodes = (*self._nodes, Node(self, args, kwargs, outputs))
        return outputs

    def stateless_call(
        self,
        trainable_variables: Any,
        non_trainable_variables: Any,
        *args: Any,
        return_losses: bool = False,
        **kwargs: Any,
    ) -> tuple[Any, ...]:
        """Call the layer as a function of its weights, which stay as they are.

        Parameters
        ----------
        trainable_variables, non_trainable_variables : list of array
            In the order and shapes of the attributes of these names; arrays under a
            ``GradientTape``, or those that ``minikeras.grad`` hands over, are differentiated.
        *args, **kwargs
            As in a call.
        return_losses : bool, default False
            Whether to give the layers' own losses too.

        Returns
        -------
        tuple
            The outputs, the new non-trainable variables, and the losses where asked for. Not for
            several threads at once.

        Examples
        --------
        >>> import numpy as np, minikeras
        >>> layer = minikeras.layers.Dense(1, use_bias=False)
        >>> layer.build((None, 2))
        >>> x = np.array([[1.0, 2.0]], "float32")
        >>> def total(kernel):
        ...     return np.sum(layer.stateless_call([kernel], [], x)[0])
        >>> minikeras.grad(total)(np.zeros((2, 1), "float32"))
        array([[1.],
               [2.]], dtype=float32)
        """
        return stateless_call(
            self, trainable_variables, non_trainable_variables, args, kwargs, return_losses
        )

    # Masks: which steps of a sequence count.

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> Any:
        """Return the mask of the output; by default that of the input.

        Parameters
        ----------
        inputs : array, or a list or dict of them
        previous_mask : boolean array, or a list or dict of them, or None
            False where a step of the input does not count.

        Returns
        -------
        boolean array or None
        """
        return previous_mask

    def _give_masks(self, call: Call, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        """Hand ``forward`` the masks of its inputs, where none were given."""
        for name, owner in self._mask_arguments:
            if kwargs.get(name) is None and self._arguments.index(name) >= len(args):
                place = self._arguments.index(owner)
                value = args[place] if place < len(args) else kwargs.get(owner)
                mask = call.mask_of(value)
                if mask is not None:
                    kwargs[name] = mask

    def _keep_mask(self, call: Call, args: tuple[Any, ...], y: Any) -> None:
        """Remember the mask of the output for the layers that come after."""
        inputs = args[0] if args else None
        previous = call.mask_of(inputs)
        if self.supports_masking or self._makes_mask:
            call.keep_mask(y, self.compute_mask(inputs, previous))
        elif previous is not None and not self._mask_arguments and call.mask_of(y) is None:
            warnings.warn(
                f"{type(self).__name__} {self.name!r} was given a masked input and does not pass "
                "the mask on; set supports_masking = True in the class if it may",
                UserWarning,
                stacklevel=3,
            )

    def _prepare(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, ...]:
        """Convert the input, build the weights and check the shape."""
        if "_weights" not in vars(self):
            raise RuntimeError(
                f"{type(self).__name__}.__init__ must call super().__init__() before anything else"
            )
        if not args:
            name = next(iter(inspect.signature(self.forward).parameters), None)
            if name in kwargs:  # layer(inputs=x)
                args = (kwargs.pop(name),)
        given = args
        try:
            args = tuple(map(self._convert, args))
        except TypeError as error:
            error.add_note(f"in {type(self).__name__} {self.name!r}")
            raise
        if not args:
            return args
        call = active_call.get()
        if call is not None and call.masks is not None:
            for before, after in zip(given, args, strict=True):
                if after is not before:  # of another dtype: what counts stays the same
                    call.keep_mask(after, call.mask_of(before))
        x = args[0]
        if not self.built:
            self._build(*self._shapes_for(type(self).build, args, kwargs))
        if self.input_spec is not None:
            input_spec.check(f"{type(self).__name__} {self.name!r}", self.input_spec, x)
        self.check_input(x)
        value = x.value if type(x) is Tensor else x
        if type(value) is np.ndarray and value.ndim:
            self._seen = (value.shape[1:], value.dtype)
        return args

    def _convert(self, value: Any) -> Any:
        """Return an argument of the call as ``forward`` gets it."""
        return convert(value, self._dtype)

    def _shapes_for(
        self, method: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> tuple[Any, ...]:
        """Return the shapes that ``build`` or ``compute_output_shape`` takes, for these arguments.

        One that takes ``query_shape, value_shape`` gets those of the arguments query and value; the
        first may have another name there.
        """
        names = _shape_names(method)
        first = args[0] if args else None
        if len(names) < 2:
            return (shape_of(first),)
        given = {names[0]: first, **dict(zip(self._arguments, args, strict=False)), **kwargs}
        return tuple(None if given.get(name) is None else shape_of(given[name]) for name in names)

    def _build(self, *shapes: Any) -> None:
        """Run ``build``; a failure leaves the layer as it was."""
        before = [
            (layer, dict(vars(layer)), list(layer._weights)) for layer in self._flatten_layers()
        ]
        try:
            self.build(*shapes)
        except Exception as error:
            for layer, attributes, weights in before:
                vars(layer).clear()
                vars(layer).update(attributes)
                layer._weights[:] = weights
            given = ", ".join(map(str, shapes))
            error.add_note(f"in build of {type(self).__name__} {self.name!r}, input {given}")
            raise
        self.built = True
        for variable in self._own_variables():
            variable.path = f"{self.name}/{variable.name}"

    @property
    def _is_plain(self) -> bool:
        """Whether a call, once its input was checked, is ``forward`` and nothing besides."""
        return (
            self._activity_regularizer is None
            and not self._mask_arguments
            and type(self).__call__ is Layer.__call__
        )

    def fused_with(self, following: "Layer") -> Any:
        """Return what computes this layer and the ``following`` one together, or None.

        A Sequential asks once both have run. The object has a ``forward(x)`` with the values and
        gradients of the two, computed faster.
        """
        return None

    def _explain(self, error: Exception, args: tuple[Any, ...]) -> None:
        shapes = ", ".join(str(shape_of(arg)) for arg in args)
        error.add_note(f"in {type(self).__name__} {self.name!r}, called on shape {shapes}")

    # Losses of a layer's own.

    def add_loss(self, loss: Any) -> None:
        """Add a scalar to what training minimises, for the current call.

        Parameters
        ----------
        loss : scalar Tensor or number, or a list of them
        """
        call = active_call.get()
        if call is not None:
            if call.root is None:
                return
            call.root._loss_layers.append(self)
        self._losses.extend(loss if isinstance(loss, list | tuple) else [loss])

    @property
    def losses(self) -> list[Any]:
        """Losses added in the last call, and those of the weights' regularizers."""
        added = [loss for layer in self._flatten_layers() for loss in layer._losses]
        return added + [
            variable.regularizer(variable)
            for variable in self.trainable_variables
            if variable.regularizer is not None
        ]

    # Shapes and configuration.

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Return the shape of the output for an input of ``input_shape``, batch axis first.

        Found by running ``forward`` on an empty batch, or on one zero sample if that fails; an
        unknown length (None) stays unknown where the output's length follows it.
        """
        if not self.built:
            self._build(input_shape)
        inputs = map_shapes(input_shape, lambda shape: KerasTensor(shape, self.dtype))
        return replace(infer(self, inputs), lambda tensor: tensor.shape)

    def compute_output_spec(self, *args: Any, **kwargs: Any) -> Any:
        """Return placeholders for the outputs of a call on placeholders.

        Their dtype is found by running ``forward`` on an empty batch; so is their shape, unless
        the layer defines ``compute_output_shape``.
        """
        exact = type(self).compute_output_shape is not Layer.compute_output_shape
        try:
            found = infer(lambda given: self(*given[0], **given[1]), (args, kwargs))
        except Exception as error:
            if not exact:
                error.add_note(
                    f"in {type(self).__name__} {self.name!r}: its output shape was looked for by "
                    "running forward on an empty batch; define compute_output_shape to avoid that"
                )
                raise
            found = None
        if not exact:
            return found
        shapes = self.compute_output_shape(
            *self._shapes_for(type(self).compute_output_shape, args, kwargs)
        )
        tried = iter(placeholders(found))

        def exactly(shape: Any) -> KerasTensor:
            trial = next(tried, None)
            made = KerasTensor(shape, self.dtype if trial is None else trial.dtype)
            made._mask = None if trial is None else trial._mask
            return made

        return map_shapes(shapes, exactly)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make an equal layer; its weights are not among them."""
        return super().get_config()

    def get_build_config(self) -> dict[str, Any] | None:
        """Return the shapes that the weights were made for, as files keep them; None for none.

        Returns
        -------
        dict or None
            ``input_shape``, or ``shapes_dict`` with a shape for each argument of ``build``.

        Examples
        --------
        >>> from minikeras.layers import Dense
        >>> layer = Dense(2)
        >>> layer.build((None, 3))
        >>> layer.get_build_config()
        {'input_shape': (None, 3)}
        """
        if self._built_for is None:
            return None
        names = list(inspect.signature(type(self).build).parameters)[1:]
        args, kwargs = self._built_for
        given = {**dict(zip(names, args, strict=False)), **kwargs}
        if len(given) == 1:
            return {"input_shape": next(iter(given.values()))}
        return {"shapes_dict": given}

    def build_from_config(self, config: dict[str, Any]) -> None:
        """Make the weights for what ``get_build_config`` gave.

        Parameters
        ----------
        config : dict
        """
        shapes = {name: _as_shape(shape) for name, shape in config.get("shapes_dict", {}).items()}
        if "input_shape" in config:
            self.build(_as_shape(config["input_shape"]))
        elif shapes:
            self.build(**shapes)

    def _is_default(self, name: str, value: Any, default: Any) -> bool:
        usual = {"dtype": config.floatx(), "data_format": config.image_data_format()}
        if name in usual and value == usual[name]:
            return True
        return super()._is_default(name, value, default)

    def __getstate__(self) -> dict[str, Any]:
        # What the last call left behind hangs on a tape; a copy starts without it. Its calls on
        # placeholders belong to the graphs: a copy of a graph brings them with it.
        calls = tuple(node for node in self._nodes if not node.inputs)
        state = {**vars(self), "_losses": [], "_loss_layers": [], "_output_mask": None}
        return {**state, "_nodes": calls} if calls else _without(state, "_nodes")


def _without(state: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: item for key, item in state.items() if key != name}


def _marking_built(build: Callable[..., None]) -> Callable[..., None]:
    """Return ``build`` that marks its layer as built, so that users may call it themselves."""

    @functools.wraps(build)
    def build_and_mark(self: Layer, *args: Any, **kwargs: Any) -> None:
        build(self, *args, **kwargs)
        self.built = True
        self._built_for = args, kwargs

    return build_and_mark


def _training_default(forward: Callable[..., Any]) -> Any:
    """Return what ``training`` is where nobody says; False where the signature does not either."""
    parameter = inspect.signature(forward).parameters.get("training")
    if parameter is None or parameter.default is parameter.empty:
        return False
    return parameter.default


def _as_shape(shape: Any) -> Any:
    """Return a shape, or several, as tuples; files hold them as lists."""
    if isinstance(shape, dict):
        return {key: _as_shape(item) for key, item in shape.items()}
    if not isinstance(shape, list | tuple):
        return shape
    if any(isinstance(item, list | tuple | dict) for item in shape):
        return [_as_shape(item) for item in shape]
    return tuple(shape)


@functools.cache
def _shape_names(method: Any) -> tuple[str, ...]:
    """Return the arguments whose shapes a ``build`` takes, if it takes several."""
    names = list(inspect.signature(method).parameters)[1:]
    return tuple(name.removesuffix("_shape") for name in names if name.endswith("_shape"))
