"""``Model``: a layer that can be trained; forwards to ``training``, ``saving``, ``summary``.

A model is either a graph, ``Model(inputs, outputs)``, or a subclass with a ``forward`` of its own.
"""

import inspect
import os
from collections.abc import Callable
from typing import Any, BinaryIO, ClassVar, Self

from minikeras import inspect as glass_box
from minikeras import optimizers, saving, summary
from minikeras._validation import did_you_mean, suggest_arguments
from minikeras.data import pack_x_y_sample_weight, unpack_x_y_sample_weight
from minikeras.graph import Graph, KerasTensor, replace
from minikeras.layers import Layer, Operation
from minikeras.layers.call import active_call
from minikeras.layers.inference import infer, observe_shapes
from minikeras.layers.structures import convert, map_shapes
from minikeras.metrics import Metric
from minikeras.models.row import Row
from minikeras.registry import custom_object_scope
from minikeras.training import loop, steps
from minikeras.training.objective import Objective
from minikeras.training.survey import metrics_of

__all__ = ["Model"]


def _default_step(method: Callable[..., Any]) -> Callable[..., Any]:
    """Mark a step that the loop may run without packing its batch and results."""
    method._is_default_step = True  # type: ignore[attr-defined]
    return method


class Model(Layer):
    """A network with the methods to train, evaluate and use it.

    Give it what goes in and what comes out, ``Model(inputs, outputs)``; or subclass it: make layers
    in ``__init__``, connect them in ``forward`` (or ``call``).

    Parameters
    ----------
    inputs : KerasTensor, or a list or dict of them, optional
        What ``minikeras.Input`` gives, or results of layers: the model starts there.
    outputs : KerasTensor, or a list or dict of them, optional
        Results of layers and NumPy functions called on ``inputs``.
    **kwargs
        ``name``, ``trainable``, ``dtype`` as in ``minikeras.layers.Layer``.

    Raises
    ------
    TypeError
        If ``inputs`` or ``outputs`` hold anything but placeholders.
    ValueError
        If an output depends on an input that is not given.

    Notes
    -----
    The loss that is minimised is the weighted mean over samples of the per-sample losses, plus the
    layers' own losses (regularizers, ``add_loss``).

    Examples
    --------
    >>> import numpy as np, minikeras
    >>> from minikeras import Input, Model
    >>> from minikeras.layers import Dense
    >>> x = Input((2,))
    >>> Model(x, [x + Dense(2)(x), np.sum(x, axis=1)]).output_shape
    [(None, 2), (None,)]
    >>> class Residual(Model):
    ...     def __init__(self):
    ...         super().__init__()
    ...         self.inner = Dense(2, activation="tanh")
    ...         self.outer = Dense(1)
    ...
    ...     def forward(self, x):
    ...         return self.outer(x + self.inner(x))
    >>> minikeras.set_random_seed(0)
    >>> model = Residual()
    >>> model.compile("adam", "mse")
    >>> x = np.random.default_rng(0).standard_normal((64, 2))
    >>> history = model.fit(x, x[:, :1] * x[:, 1:], epochs=2, verbose=0)
    >>> len(history.history["loss"]), model.predict(x).shape
    (2, (64, 1))
    """

    optimizer: Any = None
    history: Any = None
    _graph: Graph | None = None  # of a functional model
    _short_way: Row | None = None  # where layers in a row are all there is
    _functional: ClassVar[type]  # set by functional.py
    stop_training = False
    _objective: Any = None
    _adds_losses = False
    _plan: Any = None  # a shorter way through Dense layers, see training/chain.py
    _warned_not_finite = False
    _sample_shapes: Any = None  # of the inputs that the model was last prepared for ...
    _output_shapes: Any = None  # ... and what it made of them
    _metric_logs: Any = None  # what a user's compute_metrics returned last
    _held_metrics: list[Metric] | None = None  # during fit, which asks in every epoch

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:
        if cls is Model and (args or "inputs" in kwargs or "outputs" in kwargs):
            return super().__new__(cls._functional)
        return super().__new__(cls)

    def __init__(
        self, inputs: Any = None, outputs: Any = None, name: str | None = None, **kwargs: Any
    ):
        super().__init__(name=name, **kwargs)
        if inputs is not None or outputs is not None:
            self._graph = Graph(inputs, outputs)
            self._graph_layers = self._graph.layers
            row = self._graph.row()
            self._short_way = None if row is None else Row(row)
            self._input_shape = replace(inputs, lambda tensor: tensor.shape)
            self.built = True

    def forward(self, inputs: Any) -> Any:
        if self._graph is None:
            return super().forward(inputs)
        arrays = self._graph.arrange(self.name, inputs)
        call = active_call.get()
        if self._short_way is None or call is None:
            return self._graph.run(arrays)
        return self._short_way.run(call, arrays[0])

    def _prepare(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, ...]:
        if self._short_way is not None:
            self._short_way.reset()  # another shape: every layer looks at its input again
        return super()._prepare(args, kwargs)

    def _keep_mask(self, call: Any, args: tuple[Any, ...], y: Any) -> None:
        if self._makes_mask:  # else the layers inside have said what counts
            super()._keep_mask(call, args, y)

    def _convert(self, value: Any) -> Any:
        return convert(value, self._dtype, self._kept_kinds())

    def _kept_kinds(self) -> str:
        """Return the kinds of dtype that data keep on their way in."""
        if self._graph is None:
            return self._keeps
        dtypes = {tensor.dtype for tensor in self._graph.flat_inputs}
        integers = "iu" if any(name.startswith(("int", "uint")) for name in dtypes) else ""
        return integers + ("UO" if "string" in dtypes else "")

    @property
    def _straight(self) -> list[Layer] | None:
        """The layers, where running them one after the other is all that ``forward`` does."""
        if self._short_way is None or type(self).forward is not Model.forward:
            return None
        return self._short_way.layers

    @property
    def _row(self) -> list[Layer] | None:
        """The layers of a Sequential, which are all there is to show of it."""
        return None

    @property
    def _has_forward(self) -> bool:
        return self._graph is not None or type(self).forward is not Model.forward

    # Compiling.

    @suggest_arguments
    def compile(
        self,
        optimizer: Any = "rmsprop",
        loss: Any = None,
        loss_weights: Any = None,
        metrics: Any = None,
        weighted_metrics: Any = None,
        run_eagerly: bool = False,
        steps_per_execution: int = 1,
        jit_compile: Any = "auto",
        auto_scale_loss: bool = True,
    ) -> None:
        """Say how the model is trained.

        Parameters
        ----------
        optimizer : str or Optimizer, default "rmsprop"
        loss : str, Loss or callable, or a list or dict with one per output
            A callable takes ``(y_true, y_pred)`` and is written in NumPy.
        loss_weights : list or dict of float, optional
            Factors of the outputs' losses; default 1.
        metrics : list of str, Metric or callable, optional
            Or a list or dict of such lists, one per output. ``"accuracy"`` picks by shape.
        weighted_metrics : like ``metrics``, optional
            Take ``sample_weight`` and ``class_weight`` into account.
        run_eagerly, steps_per_execution, jit_compile, auto_scale_loss
            Accepted for Keras code; without effect here, where nothing is compiled.

        Raises
        ------
        ValueError
            If a name is unknown; the closest known one is suggested.
        """
        made = optimizers.get(optimizer)
        objective = Objective(loss, loss_weights, metrics, weighted_metrics)
        self.optimizer = made
        self._objective = objective
        self.loss = loss
        self._warned_not_finite = False

    @property
    def compiled(self) -> bool:
        """Whether ``compile`` was called."""
        return self.optimizer is not None

    # Training and using: each forwards to training/loop.py.

    @suggest_arguments
    def fit(
        self,
        x: Any = None,
        y: Any = None,
        batch_size: int | None = None,
        epochs: int = 1,
        verbose: Any = "auto",
        callbacks: Any = None,
        validation_split: float = 0.0,
        validation_data: Any = None,
        shuffle: bool = True,
        class_weight: dict[int, float] | None = None,
        sample_weight: Any = None,
        initial_epoch: int = 0,
        steps_per_epoch: int | None = None,
        validation_steps: int | None = None,
        validation_batch_size: int | None = None,
        validation_freq: Any = 1,
    ) -> Any:
        """Train for ``epochs`` passes over the data.

        Parameters
        ----------
        x : array, list or dict of arrays, DataFrame, generator, iterable or PyDataset
            First axis is the sample. An iterable gives batches ``(x, y)`` or ``(x, y, weight)``.
        y : array, or list or dict with one per output
        batch_size : int, default 32
        epochs : int, default 1
            Index of the last epoch; starts at ``initial_epoch``.
        verbose : {"auto", 0, 1, 2}
            1 and "auto" draw a live bar on a terminal and print a line per epoch elsewhere; 2
            prints a line per epoch; 0 is silent.
        callbacks : list of Callback, optional
        validation_split : float in [0, 1), default 0
            Last part of the data that is kept for validation.
        validation_data : tuple ``(x, y)`` or ``(x, y, weight)`` or iterable, optional
        shuffle : bool, default True
            Draw the batches in a new order each epoch; iterables keep theirs.
        class_weight : dict of int to float, optional
            Factor of the loss of each class.
        sample_weight : array, shape (samples,), optional
        initial_epoch : int, default 0
        steps_per_epoch, validation_steps : int, optional
            Batches per epoch, for an iterable without end.
        validation_batch_size : int, optional
        validation_freq : int or list of int, default 1
            Every how many epochs, or in which, to validate.

        Returns
        -------
        History
            ``history.history`` holds loss and metrics by epoch; also in ``model.history``, and
            there up to the point where a training was interrupted.

        Raises
        ------
        RuntimeError
            If the model is not compiled.
        ValueError, TypeError
            If the data do not fit the model; no weight has changed then.
        """
        return loop.fit(
            self,
            x,
            y,
            batch_size,
            epochs,
            verbose,
            callbacks,
            validation_split,
            validation_data,
            shuffle,
            class_weight,
            sample_weight,
            initial_epoch,
            steps_per_epoch,
            validation_steps,
            validation_batch_size,
            validation_freq,
        )

    @suggest_arguments
    def evaluate(
        self,
        x: Any = None,
        y: Any = None,
        batch_size: int | None = None,
        verbose: Any = "auto",
        sample_weight: Any = None,
        steps: int | None = None,
        callbacks: Any = None,
        return_dict: bool = False,
    ) -> Any:
        """Compute loss and metrics; parameters as in ``fit``.

        Returns
        -------
        float, list of float or dict
            The loss, or the loss and the metrics, or all by name with ``return_dict=True``.
        """
        return loop.evaluate(
            self, x, y, batch_size, verbose, sample_weight, steps, callbacks, return_dict
        )

    @suggest_arguments
    def predict(
        self,
        x: Any,
        batch_size: int | None = None,
        verbose: Any = "auto",
        steps: int | None = None,
        callbacks: Any = None,
    ) -> Any:
        """Compute the outputs for ``x``, in batches.

        Parameters
        ----------
        x : array, list or dict of arrays, or iterable of batches
        batch_size : int, optional
            Rows at a time; default 256, which changes nothing but the speed.
        verbose, steps, callbacks
            As in ``evaluate``; nothing is shown for a single batch.

        Returns
        -------
        array, or list or dict with one per output
            A row that holds NaN gives NaN in that row only.

        Raises
        ------
        ValueError
            If the model is not built.
        """
        return loop.predict(self, x, batch_size, verbose, steps, callbacks)

    def train_on_batch(
        self,
        x: Any,
        y: Any = None,
        sample_weight: Any = None,
        class_weight: Any = None,
        return_dict: bool = False,
    ) -> Any:
        """Change the weights once; return loss and metrics of this batch."""
        return loop.train_on_batch(self, x, y, sample_weight, class_weight, return_dict)

    def test_on_batch(
        self, x: Any, y: Any = None, sample_weight: Any = None, return_dict: bool = False
    ) -> Any:
        """Return loss and metrics of this batch; nothing is learned from it."""
        return loop.test_on_batch(self, x, y, sample_weight, return_dict)

    def predict_on_batch(self, x: Any) -> Any:
        """Compute the outputs for ``x`` as one batch."""
        self._check_built("predict_on_batch")
        return self.predict_step(pack_x_y_sample_weight(x))

    # Steps a subclass may define anew.

    @_default_step
    def train_step(self, data: Any) -> dict[str, Any]:
        """Train on one batch ``(x, y)`` or ``(x, y, weight)``; return the logs."""
        steps.train_step(self, *unpack_x_y_sample_weight(data))
        return {metric.name: metric.result() for metric in self.metrics}

    @_default_step
    def test_step(self, data: Any) -> dict[str, Any]:
        """Evaluate one batch ``(x, y)`` or ``(x, y, weight)``; return the logs."""
        steps.evaluate_step(self, *unpack_x_y_sample_weight(data))
        return {metric.name: metric.result() for metric in self.metrics}

    @_default_step
    def predict_step(self, data: Any) -> Any:
        """Compute the outputs for one batch."""
        return self(unpack_x_y_sample_weight(data)[0], training=False)

    @_default_step
    def compute_loss(
        self,
        x: Any = None,
        y: Any = None,
        y_pred: Any = None,
        sample_weight: Any = None,
        training: bool = True,
    ) -> Any:
        """Return the compiled loss plus the layers' own losses, a scalar."""
        return steps.compute_loss(self, y, y_pred, sample_weight)

    @_default_step
    def compute_metrics(
        self, x: Any, y: Any, y_pred: Any, sample_weight: Any = None
    ) -> dict[str, Any]:
        """Let the compiled metrics see a batch; return all results."""
        if self._objective.outputs is None:  # in a step of one's own, before compute_loss
            self._objective.bind(y, y_pred)
        self._objective.update_metrics(y, y_pred, sample_weight, self._output_mask)
        return {metric.name: metric.result() for metric in self.metrics}

    # Metrics.

    @property
    def metrics(self) -> list[Metric]:
        """The loss's mean, the compiled metrics and those that attributes hold."""
        compiled = [] if self._objective is None else self._objective.metrics()
        held = self._held_metrics
        return compiled + (self._find_metrics() if held is None else held)

    def _find_metrics(self) -> list[Metric]:
        """Return the metrics that attributes hold; inner models keep theirs to themselves."""
        return metrics_of(self, self._flatten_layers())

    @property
    def metrics_names(self) -> list[str]:
        """Names of what ``evaluate`` returns, in its order."""
        return list(loop.results(self))

    def _current_logs(self) -> dict[str, float]:
        return loop.results(self)

    def reset_metrics(self) -> None:
        """Start all metrics anew."""
        self._metric_logs = None
        for metric in self.metrics:
            metric.reset_state()

    # Structure.

    @property
    def layers(self) -> list[Layer]:
        """The layers directly inside."""
        return [layer for layer in self._sublayers() if not isinstance(layer, Operation)]

    @property
    def inputs(self) -> list[Any]:
        """The placeholders that a functional or Sequential model starts from."""
        return self._needs_graph("inputs").flat_inputs

    @property
    def outputs(self) -> list[Any]:
        """The placeholders that a functional or Sequential model ends with."""
        return self._needs_graph("outputs").flat_outputs

    @property
    def input_shape(self) -> Any:
        """Shape of the input with the batch axis, or of all inputs in their structure."""
        return replace(self._needs_graph("input_shape").inputs, lambda tensor: tensor.shape)

    @property
    def output_shape(self) -> Any:
        """Shape of the output with the batch axis, or of all outputs in their structure."""
        return replace(self._needs_graph("output_shape").outputs, lambda tensor: tensor.shape)

    @property
    def output_names(self) -> list[str] | None:
        """Names of the outputs, those of the layers they come from; None for a subclass."""
        graph = self._graph
        if graph is None:
            return None
        if isinstance(graph.outputs, dict):
            return list(graph.outputs)
        return [tensor.name or "output" for tensor in graph.flat_outputs]

    def _needs_graph(self, attribute: str) -> Graph:
        if self._graph is None:
            self._check_built(attribute)
            raise AttributeError(
                f"{type(self).__name__} {self.name!r} is not made of inputs and outputs, it has no "
                f"{attribute}"
            )
        return self._graph

    def get_layer(self, name: str | None = None, index: int | None = None) -> Layer:
        """Return a layer by name or by place.

        Raises
        ------
        ValueError
            If there is none; the closest name is suggested.
        """
        layers = self.layers
        if (name is None) == (index is None):
            raise ValueError("get_layer expected either a name or an index")
        if index is not None:
            if not -len(layers) <= index < len(layers):
                raise ValueError(f"model {self.name!r} has {len(layers)} layers, no index {index}")
            return layers[index]
        for layer in layers:
            if layer.name == name:
                return layer
        raise ValueError(
            f"model {self.name!r} has no layer {name!r}"
            f"{did_you_mean(name, [layer.name for layer in layers])}"
        )

    def build(self, input_shape: Any) -> None:
        """Make all weights for an input of ``input_shape``, batch axis (None) first."""
        if not self.built:
            self.built = True  # the call below must not come back here
            try:
                inspect.signature(self.forward).bind(None)
            except TypeError:  # several inputs, whose shapes are seen in the call
                return
            try:
                try:
                    self.compute_output_shape(input_shape)
                    self._input_shape = input_shape
                except Exception:
                    if not _takes_integers(self, input_shape):
                        raise
            except BaseException:
                self.built = False
                raise

    def layer_shapes(self) -> dict[int, str]:
        """Return the output shape of each layer that ran, by ``id``, as text for the summary."""
        shape = self._input_shape
        if shape is None:
            return {}
        return {key: str(value) for key, value in observe_shapes(self, shape).items()}

    def summary(
        self,
        line_length: int | None = None,
        positions: Any = None,
        print_fn: Callable[[str], Any] | None = None,
        expand_nested: bool = False,
        show_trainable: bool = False,
        layer_range: Any = None,
    ) -> None:
        """Print the table of layers with output shapes and numbers of weights.

        Parameters
        ----------
        print_fn : callable, default print
            Gets the whole text.
        expand_nested : bool, default False
            Show the layers of models inside too.
        show_trainable : bool, default False
            Add a column that says which layers are trained.
        layer_range : tuple of two str, optional
            Names of the first and the last layer to show.
        line_length : int, optional
            Width of the table; default: what it needs.
        positions : sequence of float, optional
            Where the columns end, as parts of the line or in characters.

        Raises
        ------
        ValueError
            If ``layer_range`` names no layer, or the columns have no room.
        """
        (print_fn or print)(
            summary.text(self, show_trainable, expand_nested, layer_range, line_length, positions)
        )

    def _repr_html_(self) -> str:
        return summary.html(self)

    def trace(self, x: Any) -> Any:
        """Run the model on ``x`` and show every number; see ``minikeras.inspect.trace``."""
        return glass_box.trace(self, x)

    def trace_gradients(
        self, x: Any, y: Any = None, loss: Any = None, h: float | None = None, most: int = 200
    ) -> Any:
        """Show how the loss comes back; see ``minikeras.inspect.trace_gradients``."""
        return glass_box.trace_gradients(self, x, y, loss, h, most)

    # Files.

    def save(
        self,
        filepath: str | os.PathLike[str] | BinaryIO,
        overwrite: bool = True,
        zipped: bool | None = None,
    ) -> None:
        """Write the model to a ``.keras`` file; see ``minikeras.saving.save_model``."""
        saving.save_model(self, filepath, overwrite, zipped)

    def to_json(self, **kwargs: Any) -> str:
        """Return architecture and training as JSON; see ``minikeras.saving.model_from_json``."""
        return saving.config.to_json(self, **kwargs)

    def save_weights(self, filepath: str | os.PathLike[str], overwrite: bool = True) -> None:
        """Write all weights to a file; see ``minikeras.saving.save_weights``."""
        self._check_built("save_weights")
        saving.save_weights(self, filepath, overwrite)

    def load_weights(
        self, filepath: str | os.PathLike[str], skip_mismatch: bool = False, **kwargs: Any
    ) -> None:
        """Read all weights from a file; see ``minikeras.saving.load_weights``."""
        self._check_built("load_weights")
        saving.load_weights(self, filepath, skip_mismatch, **kwargs)

    def get_compile_config(self) -> dict[str, Any]:
        """Return what ``compile`` was given, for files; an empty dict if it was not called."""
        return saving.config.get_compile_config(self)

    @classmethod
    def from_config(
        cls, config: dict[str, Any], custom_objects: dict[str, Any] | None = None
    ) -> Any:
        """Return a new model made from ``config``; that of a graph gives a functional model.

        ``custom_objects`` are further classes and functions that it names.
        """
        with custom_object_scope(custom_objects):
            if cls is Model and "input_layers" in config:
                return cls._functional.from_config(config)  # type: ignore[attr-defined]
            return super().from_config(config)

    def compile_from_config(self, config: dict[str, Any]) -> None:
        """Compile the model as ``get_compile_config`` says."""
        saving.config.compile_from_config(self, config, Model.compile)

    def export(
        self,
        filepath: str | os.PathLike[str],
        format: str | None = None,
        verbose: Any = None,
        **kwargs: Any,
    ) -> None:
        """Write the model for other programs: ``m.onnx``, or ``m.py`` of NumPy code alone.

        Parameters
        ----------
        filepath : path
        format : {"onnx", "py"}, optional
            Default: what the name of the file ends with.
        verbose
            Accepted for Keras code; nothing is printed.
        **kwargs
            See ``minikeras.onnx.export_onnx`` and ``minikeras.export.python.export_python``.

        Raises
        ------
        ValueError
            If the model has a layer that cannot be expressed, which is named; nothing is written.
        """
        saving.exporters.export(self, filepath, format, **kwargs)

    def _check_built(self, method: str) -> None:
        if not self.built:
            raise ValueError(
                f"{method} needs a built model; put Input(shape) first, call "
                f"{self.name}.build(input_shape), or call the model on data"
            )


def _takes_integers(model: Model, input_shape: Any) -> bool:
    """Whether a call on integers runs, such as one that looks up rows of a table; builds as well.

    Shapes say nothing of dtypes: floats are tried before.
    """
    try:
        infer(model, map_shapes(input_shape, lambda shape: KerasTensor(shape, "int32")))
    except Exception:
        return False
    return True
