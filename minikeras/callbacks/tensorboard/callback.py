"""The callback that writes what TensorBoard shows."""

import os
from collections.abc import Mapping
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

from minikeras._typing import Array
from minikeras._validation import check_non_negative_int, check_positive_int, did_you_mean
from minikeras.autodiff import Variable
from minikeras.callbacks.base import Callback, Logs
from minikeras.callbacks.swap_ema import inner_optimizers
from minikeras.callbacks.tensorboard import messages
from minikeras.callbacks.tensorboard.writer import EventWriter
from minikeras.registry import register

__all__ = ["TensorBoard"]


@register("callback")
class TensorBoard(Callback):
    """Writes losses, metrics and weights for TensorBoard; neither it nor TensorFlow is needed here.

    Look at the logs with ``tensorboard --logdir logs`` (``pip install tensorboard``). Training is
    in the folder ``train``, validation in ``validation``.

    Parameters
    ----------
    log_dir : str or path, default "logs"
        Folder for this training; made if it is missing. Give each training its own beside others,
        such as ``"logs/first"``.
    histogram_freq : int, default 0
        Write the distribution of each weight every so many epochs; 0 for never.
    write_graph : bool, default True
        Write the model's summary as a text.
    write_images : bool, default False
        With the distributions, write the weights as grey pictures.
    write_steps_per_second : bool, default False
        Write how many training steps are taken in a second.
    update_freq : "epoch", "batch" or int, default "epoch"
        Write losses and metrics after every so many batches as well; ``"batch"`` is 1.
    profile_batch : 0
        Kept for Keras's sake; there is no profiler here.
    embeddings_freq : int, default 0
        Write the vectors of embedding layers every so many epochs, for the projector; 0 for never.
    embeddings_metadata : str or dict of str to str, optional
        File that names the rows of the embeddings, or one for each layer's name; in ``log_dir``.

    Raises
    ------
    ValueError, TypeError
        If an argument is out of range; when training begins, if ``embeddings_metadata`` names an
        unknown layer.

    Examples
    --------
    >>> import numpy as np, minikeras
    >>> from pathlib import Path
    >>> from minikeras.callbacks import TensorBoard
    >>> from minikeras.layers import Dense
    >>> model = minikeras.Sequential([minikeras.Input((2,)), Dense(1)])
    >>> model.compile("sgd", "mse")
    >>> logs = TensorBoard("logs", histogram_freq=1)
    >>> history = model.fit(np.eye(2), np.eye(2)[:, :1], epochs=2, verbose=0, callbacks=[logs])
    >>> [path.name for path in Path("logs").iterdir()]
    ['train']
    """

    def __init__(
        self,
        log_dir: str | os.PathLike[str] = "logs",
        histogram_freq: int = 0,
        write_graph: bool = True,
        write_images: bool = False,
        write_steps_per_second: bool = False,
        update_freq: str | int = "epoch",
        profile_batch: int = 0,
        embeddings_freq: int = 0,
        embeddings_metadata: str | Mapping[str, str] | None = None,
    ):
        if profile_batch:
            raise ValueError(
                f"profile_batch must be 0, got {profile_batch!r}: there is no profiler; use "
                "Python's own, python -m cProfile script.py"
            )
        if isinstance(update_freq, str) and update_freq not in ("epoch", "batch"):
            raise ValueError(
                f"update_freq must be 'epoch', 'batch' or a number of batches, got {update_freq!r}"
            )
        if not isinstance(update_freq, str):
            check_positive_int("update_freq (if no text)", update_freq)
        self.log_dir = os.fspath(log_dir)
        self.histogram_freq = check_non_negative_int("histogram_freq", histogram_freq)
        self.write_graph = write_graph
        self.write_images = write_images
        self.write_steps_per_second = write_steps_per_second
        self.update_freq = 1 if update_freq == "batch" else update_freq
        self.profile_batch = profile_batch
        self.embeddings_freq = check_non_negative_int("embeddings_freq", embeddings_freq)
        self.embeddings_metadata = embeddings_metadata
        self._batch = 0  # of all epochs, from 1
        self._batches_before = 0  # this epoch
        self._clock = [0.0, 0.0]  # when the epoch and the batch began
        self._writers: dict[str, EventWriter] = {}

    def _listens(self, hook: str) -> bool:
        per_batch = self.update_freq != "epoch" or self.write_steps_per_second
        return hook.startswith("on_train") and per_batch and super()._listens(hook)

    def _state(self) -> dict[str, Any]:
        return {name: value for name, value in super()._state().items() if name != "_clock"}

    def _writer(self, name: str) -> EventWriter:
        if name not in self._writers:
            self._writers[name] = EventWriter(Path(self.log_dir, name))
        return self._writers[name]

    def _add_scalars(self, folder: str, step: int, values: Mapping[str, Any]) -> None:
        writer = self._writer(folder)
        for tag, value in values.items():
            if np.ndim(value) == 0 and not isinstance(value, str):
                writer.add(step, messages.scalar(tag, float(value)))

    # Training.

    def on_train_begin(self, logs: Logs = None) -> None:
        self._batch = 0
        if self.write_graph and self.model.built:
            lines: list[str] = []
            self.model.summary(print_fn=lines.append)
            summary = "\n".join(f"    {line}" for line in "\n".join(lines).splitlines())
            self._writer("train").add(0, messages.text("model", summary))
        if self.embeddings_freq:
            self._check_metadata()

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:
        self._batches_before = self._batch
        self._clock[0] = perf_counter()

    def on_train_batch_begin(self, batch: int, logs: Logs = None) -> None:
        self._batch += 1
        self._clock[1] = perf_counter()

    def on_train_batch_end(self, batch: int, logs: Logs = None) -> None:
        if self.update_freq == "epoch" or self._batch % int(self.update_freq):
            return
        values = {f"batch_{name}": value for name, value in (logs or {}).items()}
        if self.write_steps_per_second:
            values["batch_steps_per_second"] = 1.0 / _positive(perf_counter() - self._clock[1])
        self._add_scalars("train", self._batch, values)

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        logs = logs or {}
        train = {name: value for name, value in logs.items() if not name.startswith("val_")}
        train.update(self._rates())
        if self.write_steps_per_second:
            seconds = _positive(perf_counter() - self._clock[0])
            train["steps_per_second"] = (self._batch - self._batches_before) / seconds
        validation = {
            name.removeprefix("val_"): value for name, value in logs.items() if name not in train
        }
        for folder, values in (("train", train), ("validation", validation)):
            if values:
                named = {f"epoch_{name}": value for name, value in values.items()}
                self._add_scalars(folder, epoch, named)
        if self.histogram_freq and epoch % self.histogram_freq == 0:
            self._add_weights(epoch)
        if self.embeddings_freq and epoch % self.embeddings_freq == 0:
            self._write_embeddings()
        for writer in self._writers.values():
            writer.flush()

    def _rates(self) -> dict[str, float]:
        optimizers = inner_optimizers(self.model.optimizer)
        if len(optimizers) == 1:
            return {"learning_rate": float(optimizers[0].learning_rate)}
        return {f"learning_rate_{one.name}": float(one.learning_rate) for one in optimizers}

    def _add_weights(self, epoch: int) -> None:
        writer = self._writer("train")
        for weight in self.model.weights:
            tag = weight.path.replace(":", "_")
            value = weight.numpy()
            if value.dtype.kind in "fiu":
                writer.add(epoch, messages.histogram(f"{tag}/histogram", value))
            if self.write_images and (pictures := _as_pictures(value)) is not None:
                writer.add(epoch, messages.image(f"{tag}/image", pictures))

    # Evaluation.

    def on_test_end(self, logs: Logs = None) -> None:
        values = {f"evaluation_{name}_vs_iterations": v for name, v in (logs or {}).items()}
        if values:
            steps = max(one.iterations for one in inner_optimizers(self.model.optimizer))
            self._add_scalars("validation", steps, values)

    def on_train_end(self, logs: Logs = None) -> None:
        self.on_close()

    def on_close(self) -> None:
        for writer in self._writers.values():
            writer.close()
        self._writers = {}

    # The projector, which reads tables of tab-separated numbers.

    def _embeddings(self) -> dict[str, Variable]:
        """Return the vectors of each embedding layer, by its name."""
        found = {
            layer.name: getattr(layer, "embeddings", None)
            for layer in self.model._flatten_layers()
            if "Embedding" in type(layer).__name__
        }
        return {name: value for name, value in found.items() if isinstance(value, Variable)}

    def _check_metadata(self) -> None:
        if isinstance(self.embeddings_metadata, Mapping):
            layers = self._embeddings()
            for name in self.embeddings_metadata:
                if name not in layers:
                    raise ValueError(
                        f"embeddings_metadata names {name!r}, which is no embedding layer of the "
                        f"model{did_you_mean(name, layers)}"
                    )

    def _write_embeddings(self) -> None:
        folder = Path(self.log_dir)
        folder.mkdir(parents=True, exist_ok=True)
        blocks = []
        for name, variable in self._embeddings().items():
            table = f"embedding_{name}.tsv"
            np.savetxt(folder / table, variable.numpy(), fmt="%.6g", delimiter="\t")
            lines = [f'tensor_name: "{name}"', f'tensor_path: "{table}"']
            metadata = self.embeddings_metadata
            if isinstance(metadata, Mapping):
                metadata = metadata.get(name)
            if metadata is not None:
                lines.append(f'metadata_path: "{metadata}"')
            blocks.append("embeddings {\n" + "".join(f"  {line}\n" for line in lines) + "}\n")
        (folder / "projector_config.pbtxt").write_text("".join(blocks), encoding="utf-8")


def _positive(seconds: float) -> float:
    return max(seconds, 1e-9)  # a clock may stand still for a moment


def _as_pictures(value: Array) -> Array | None:
    """Return a weight as pictures (count, height, width); None if it cannot be one."""
    value = np.squeeze(value)
    if value.dtype.kind != "f" or not value.size or not np.isfinite(value).all():
        return None
    if value.ndim < 2:
        return value.reshape(1, 1, -1)
    if value.ndim == 2:  # the longer side across
        return (value.T if value.shape[0] > value.shape[1] else value)[None]
    if value.ndim == 3:  # one picture for each of the last axis
        return np.moveaxis(value, -1, 0)
    return None
