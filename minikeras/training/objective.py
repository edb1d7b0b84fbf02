"""What a model is trained for: its losses and metrics, matched to its outputs."""

from typing import Any

import numpy as np

from minikeras import losses
from minikeras._validation import check_number, did_you_mean
from minikeras.metrics import Mean, Metric, for_output
from minikeras.metrics.base import Average

__all__ = ["Objective"]


class Objective:
    """Losses, their weights and metrics, one of each per output of the model.

    Parameters
    ----------
    loss, loss_weights, metrics, weighted_metrics
        As ``Model.compile`` takes them: one, or a list or dict with one per output.
    """

    def __init__(self, loss: Any, loss_weights: Any, metrics: Any, weighted_metrics: Any):
        self.given = (loss, loss_weights, metrics, weighted_metrics)
        # A misspelt name is refused at once, not in the first batch.
        for identifier in _leaves(loss):
            losses.get(identifier)
        for identifier in _leaves(metrics) + _leaves(weighted_metrics):
            if isinstance(identifier, str):
                for_output(identifier, (1, 1), (1, 1))
        self.tracker = Mean(name="loss")
        self.compiled_metrics = CompileMetrics(self)
        self.named: dict[str, Metric] = {}  # the metrics by the name that logs show
        self.declared: list[str] | None = None  # names of a functional model's outputs
        self.outputs: list[str] | None = None  # names; known with the first prediction
        self._form: Any = None  # names and numbers of features of the outputs
        self.single = True
        self.losses: list[Any] = []
        self.weights: list[float] = []
        self.trackers: list[Mean] = []
        self.metric_sets: list[tuple[list[Metric], list[Metric]]] = []

    def bind(self, y: Any, y_pred: Any) -> None:
        """Give each output its loss and metrics; done once for each form of the outputs."""
        names = self._names(y_pred)
        form = [(name, np.shape(one)[-1:]) for name, one in zip(names, _flat(y_pred))]
        if self.outputs is not None and form == self._form:
            return
        self._form = form
        self.named = {}
        loss, loss_weights, plain, weighted = self.given
        single = not isinstance(y_pred, list | tuple | dict)
        self.losses = [
            None if one is None else losses.get(one)
            for one in _per_output("loss", loss, names, single)
        ]
        self.weights = [
            1.0 if weight is None else float(check_number("loss_weights", weight))
            for weight in _per_output("loss_weights", loss_weights, names, single)
        ]
        self.trackers = [] if single else [Mean(name=f"{name}_loss") for name in names]
        judged = any(given is not None for given in (loss, plain, weighted))
        targets = self._targets(y if judged else None, y_pred)
        predictions = _flat(y_pred)
        sets = []
        for i, (a, b) in enumerate(
            zip(
                _per_output("metrics", plain, names, single, many=True),
                _per_output("weighted_metrics", weighted, names, single, many=True),
                strict=True,
            )
        ):
            made = []
            for group in (a, b):
                group = [] if group is None else group
                group = group if isinstance(group, list | tuple) else [group]
                made.append(
                    [self._metric(m, targets[i], predictions[i], self.losses[i]) for m in group]
                )
            sets.append((made[0], made[1]))
        prefixes = [""] if single else [f"{name}_" for name in names]
        for prefix, (unweighted, _) in zip(prefixes, sets, strict=True):
            for metric in unweighted:
                self.named[_free_name(prefix + metric.name, self.named)] = metric
        for prefix, (_, by_weight) in zip(prefixes, sets, strict=True):
            for metric in by_weight:
                twice = "weighted_" if prefix + metric.name in self.named else ""
                self.named[_free_name(f"{prefix}{twice}{metric.name}", self.named)] = metric
        self.metric_sets = sets
        self.single = single
        self.outputs = names

    @staticmethod
    def _metric(identifier: Any, y: Any, y_pred: Any, loss: Any) -> Metric:
        return for_output(identifier, np.shape(y), y_pred.shape, loss)

    def _targets(self, y: Any, y_pred: Any) -> list[Any]:
        """Return y as a list in the order of the outputs."""
        if not isinstance(y_pred, list | tuple | dict):
            if isinstance(y, list | tuple) and len(y) == 1:
                return [y[0]]
            if isinstance(y, list | tuple | dict):
                raise ValueError(
                    f"the model has one output, got y with {len(y)} parts; give one array"
                )
            return [y]
        names = self._names(y_pred)
        if y is None:
            return [None] * len(names)
        if isinstance(y, dict):
            _check_keys("y", y, names)
            return [y.get(name) for name in names]
        if not isinstance(y, list | tuple) or len(y) != len(names):
            got = f"{len(y)} arrays" if isinstance(y, list | tuple) else "one array"
            raise ValueError(
                f"the model has {len(names)} outputs ({', '.join(names)}), got {got} as y; give "
                "one array per output"
            )
        return list(y)

    def _names(self, y_pred: Any) -> list[str]:
        """Return the names of the outputs, which dictionaries of losses and targets use."""
        if isinstance(y_pred, dict):
            return [str(key) for key in y_pred]
        if isinstance(y_pred, list | tuple) and not _is_shape(y_pred):
            if self.declared is not None and len(self.declared) == len(y_pred):
                return self.declared
            return [f"output_{i}" for i in range(len(y_pred))]
        return ["output"]

    def align(self, y: Any, output_shapes: Any) -> Any:
        """Check all targets against the outputs' shapes and labels; return them in matching shape.

        Run once on the whole of ``y``, so that the loss of each batch need not look again.
        """
        if all(loss is None for loss in self.losses):
            return y  # whatever compute_loss or train_step makes of it
        single = _is_shape(output_shapes)
        shapes = [output_shapes] if single else _flat(output_shapes)
        targets = self._targets(y, None if single else output_shapes)
        aligned = []
        for loss, target, shape in zip(self.losses, targets, shapes, strict=True):
            if loss is not None and target is None:
                raise ValueError(
                    f"the loss {loss.name!r} needs targets, got y=None; give y, or compile the "
                    "model with loss=None and use add_loss"
                )
            if loss is not None and target is not None:
                target = loss.align(target, (len(target), *shape[1:]))
            aligned.append(target)
        if single:
            return aligned[0]
        if isinstance(y, dict):
            by_name = dict(zip(self.outputs or [], aligned, strict=True))
            return {name: by_name[name] for name in y}
        return aligned

    def loss(self, y: Any, y_pred: Any, sample_weight: Any = None, masks: Any = None) -> Any:
        """Return the weighted sum of the outputs' losses, or None when there are none.

        ``masks`` says which steps of the outputs count, in the structure of ``y_pred``.
        """
        if self.outputs is None:
            self.bind(y, y_pred)
        if self.single:
            loss = self.losses[0]
            if loss is None:
                return None
            if type(y) is list or type(y) is tuple:
                y = y[0]
            if masks is not None:
                sample_weight = weigh_mask(masks, sample_weight, loss.reduction)
            value = loss.mean(y, y_pred, sample_weight)
            return value if self.weights[0] == 1.0 else self.weights[0] * value
        total: Any = None
        sample_weights = self._sample_weights(sample_weight)
        rows = zip(
            self.losses,
            self.weights,
            self.trackers,
            self._targets(y, y_pred),
            _flat(y_pred),
            sample_weights,
            [None] * len(self.losses) if masks is None else _flat(masks),
            strict=True,
        )
        for loss, weight, tracker, target, prediction, w, mask in rows:
            if loss is None:
                continue
            if mask is not None:
                w = weigh_mask(mask, w, loss.reduction)
            value = loss.mean(target, prediction, w)
            tracker.update_state(float(value), sample_weight=len(target))
            total = weight * value if total is None else total + weight * value
        return total

    def _sample_weights(self, sample_weight: Any) -> list[Any]:
        names = self.outputs or []
        if isinstance(sample_weight, dict):
            _check_keys("sample_weight", sample_weight, names)
            return [sample_weight.get(name) for name in names]
        if isinstance(sample_weight, list | tuple):
            return list(sample_weight)
        return [sample_weight] * len(names)

    def update_metrics(
        self, y: Any, y_pred: Any, sample_weight: Any = None, masks: Any = None
    ) -> None:
        """Let every metric see one batch; those that are means leave masked steps out."""
        if self.single:
            plain, weighted = self.metric_sets[0]
            if plain or weighted:
                y = y[0] if type(y) is list or type(y) is tuple else y
                for metric in plain:
                    _update(metric, y, y_pred, None, masks)
                for metric in weighted:
                    _update(metric, y, y_pred, sample_weight, masks)
            return
        rows = zip(
            self.metric_sets,
            self._targets(y, y_pred),
            _flat(y_pred),
            self._sample_weights(sample_weight),
            [None] * len(self.metric_sets) if masks is None else _flat(masks),
            strict=True,
        )
        for (plain, weighted), target, prediction, w, mask in rows:
            for metric in plain:
                _update(metric, target, prediction, None, mask)
            for metric in weighted:
                _update(metric, target, prediction, w, mask)

    def metrics(self) -> list[Metric]:
        """Return the loss's mean, those of the outputs, and the compiled metrics."""
        return [self.tracker, *self.trackers, self.compiled_metrics]


def _update(metric: Metric, y: Any, y_pred: Any, sample_weight: Any, mask: Any) -> None:
    if mask is not None and isinstance(metric, Average):
        sample_weight = weigh_mask(mask, sample_weight, "sum")
    if sample_weight is None:
        metric.update_state(y, y_pred)
    else:
        metric.update_state(y, y_pred, sample_weight)


def weigh_mask(mask: Any, sample_weight: Any, reduction: str | None) -> Any:
    """Return sample weights that leave out masked steps; a mean goes over those that count."""
    weights = np.asarray(mask, np.float32)
    if reduction != "sum":
        weights = weights * (weights.size / max(float(weights.sum()), 1.0))
    if sample_weight is None:
        return weights
    sample_weight = np.asarray(sample_weight)
    extra = weights.ndim - sample_weight.ndim
    return weights * sample_weight.reshape(sample_weight.shape + (1,) * extra)


class CompileMetrics(Metric):
    """All metrics given to ``compile`` as one; custom training steps in Keras style use it."""

    def __init__(self, objective: Objective):
        super().__init__(name="compile_metrics")
        self.objective = objective

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        self.objective.bind(y_true, y_pred)
        self.objective.update_metrics(y_true, y_pred, sample_weight)

    def result(self) -> Any:
        return {name: metric.result() for name, metric in self.objective.named.items()}

    def reset_state(self) -> None:
        for metric in self.objective.named.values():
            metric.reset_state()


def _free_name(name: str, taken: dict[str, Any]) -> str:
    if name not in taken:
        return name
    return next(f"{name}_{i}" for i in range(1, len(taken) + 1) if f"{name}_{i}" not in taken)


def _leaves(tree: Any) -> list[Any]:
    if isinstance(tree, dict) and "class_name" not in tree:
        return [leaf for item in tree.values() for leaf in _leaves(item)]
    if isinstance(tree, list | tuple):
        return [leaf for item in tree for leaf in _leaves(item)]
    return [tree]


def _is_shape(value: Any) -> bool:
    return isinstance(value, tuple) and all(n is None or isinstance(n, int) for n in value)


def _flat(tree: Any) -> list[Any]:
    if isinstance(tree, dict):
        return list(tree.values())
    if isinstance(tree, list | tuple):
        return list(tree)
    return [tree]


def _per_output(
    argument: str, given: Any, names: list[str], single: bool, many: bool = False
) -> list[Any]:
    """Return one entry per output from a single thing, a list or a dict."""
    if isinstance(given, dict) and "class_name" not in given:
        _check_keys(argument, given, names)
        return [given.get(name) for name in names]
    if isinstance(given, list | tuple):
        if many and single:
            flat = len(given) == 1 and isinstance(given[0], list | tuple)
            return [given[0] if flat else given]
        if many and not given:
            return [None] * len(names)
        if len(given) != len(names):
            raise ValueError(
                f"{argument} expected {len(names)} entries, one per output ({', '.join(names)}), "
                f"got {len(given)}"
            )
        return list(given)
    return [given] * len(names)


def _check_keys(argument: str, given: dict[str, Any], names: list[str]) -> None:
    for key in given:
        if key not in names:
            raise ValueError(
                f"{argument} has the key {key!r}, but the model has no output of that name"
                f"{did_you_mean(key, names)}"
            )
