"""Keras's public names, and which of them minikeras has: writes ``docs/keras_api.md``.

    python tools/keras_api.py           # the page, from tools/keras_api.txt and this checkout
    python tools/keras_api.py --list    # tools/keras_api.txt, from the Keras that is installed

A name that minikeras lacks needs a reason below. ``tests/test_keras_api.py`` fails if the page is
not what this would write.
"""

import argparse
import functools
import importlib
import os
import sys
import textwrap
from fnmatch import fnmatchcase
from pathlib import Path
from types import ModuleType
from typing import Any

ROOT = Path(__file__).parents[1]
NAMES = ROOT / "tools" / "keras_api.txt"
PAGE = ROOT / "docs" / "keras_api.md"

# Classes that scripts derive theirs from, and an expression for one of them.
METHODS = {
    "keras.Layer": "Layer()",
    "keras.Model": "Model()",
    "keras.Sequential": "Sequential([Input((1,))])",
    "keras.Variable": "Variable(0.0)",
    "keras.callbacks.Callback": "callbacks.Callback()",
    "keras.initializers.Initializer": "initializers.Zeros()",
    "keras.losses.Loss": "losses.MeanSquaredError()",
    "keras.metrics.Metric": "metrics.Mean()",
    "keras.optimizers.Optimizer": "optimizers.SGD()",
    "keras.random.SeedGenerator": "random.SeedGenerator(0)",
    "keras.utils.PyDataset": "utils.PyDataset()",
}

# What minikeras has in another place.
ELSEWHERE = {
    "keras.mixed_precision.LossScaleOptimizer": "minikeras.optimizers.LossScaleOptimizer",
    "keras.ops.numpy.tanh": "minikeras.ops.tanh",
}

PRETRAINED = "weights to download, for nets too large for NumPy"
ONE_TYPE = "a layer computes in the type of its weights; see `config.set_floatx`"
OTHER_LIBRARY = "runs models of another library"
SMALLER_INTEGERS = "no training or inference in smaller integers"
ONE_DEVICE = "one process, one processor"
EAGER = "nothing is compiled"
RECOMPUTED = "nothing is computed twice to save memory"
PICTURES = "not yet: the other layers that change pictures at random"
BOXES = "no detection of objects"
SOUND = "not yet: sound; `ops.stft` is there"
DOWNLOADS = "not yet: data to download; see `datasets`"
LOGGING = "`verbose=` says what is printed"
TRACEBACKS = "tracebacks are short as they are"
LIMITS = "not yet: `fit` takes `epochs` and `steps_per_epoch`"

# Name, with wildcards -> why it is not here. The first that fits counts.
REASONS = {
    "keras.applications.*": PRETRAINED,
    "keras.distribution.*": ONE_DEVICE,
    "keras.device": ONE_DEVICE,
    "keras.quantizers.*": SMALLER_INTEGERS,
    "keras.Quantizer": SMALLER_INTEGERS,
    "keras.dtype_policies.*": ONE_TYPE,
    "keras.mixed_precision.*": ONE_TYPE,
    "keras.DTypePolicy": ONE_TYPE,
    "keras.FloatDTypePolicy": ONE_TYPE,
    "keras.config.*dtype_policy": ONE_TYPE,
    "keras.remat": RECOMPUTED,
    "keras.RematScope": RECOMPUTED,
    "keras.Function": "`Model(inputs, outputs)` is one",
    "keras.Operation": "NumPy functions of placeholders are nodes as they stand; see `Layer`",
    "keras.StatelessScope": EAGER,
    "keras.SymbolicScope": EAGER,
    "keras.name_scope": "names are given with `name=`",
    "keras.version": "`minikeras.__version__`",
    "keras.distillation.*": "not yet; a training step of one's own does it",
    "keras.export.*": "not yet as an archive; see `Model.export`",
    "keras.layers.FlaxLayer": OTHER_LIBRARY,
    "keras.layers.JaxLayer": OTHER_LIBRARY,
    "keras.layers.TFSMLayer": OTHER_LIBRARY,
    "keras.layers.TorchModuleWrapper": OTHER_LIBRARY,
    "keras.layers.MaxNumBoundingBoxes": BOXES,
    "keras.layers.MelSpectrogram": SOUND,
    "keras.layers.STFTSpectrogram": SOUND,
    "keras.layers.Pipeline": "`Sequential` is one",
    "keras.layers.*": PICTURES,
    "keras.utils.bounding_boxes.*": BOXES,
    "keras.visualization.*": "see `plot` for curves, graphs and confusion",
    "keras.callbacks.OrbaxCheckpoint": "`ModelCheckpoint` and `BackupAndRestore` need no library",
    "keras.config.*interactive_logging*": LOGGING,
    "keras.utils.*interactive_logging*": LOGGING,
    "keras.config.*traceback_filtering*": TRACEBACKS,
    "keras.config.*flash_attention*": "attention has one way to be computed",
    "keras.config.enable_unsafe_deserialization": "files hold no code that is run",
    "keras.config.is_nnx_enabled": "there is one backend, NumPy",
    "keras.config.set_backend": "there is one backend, NumPy",
    "keras.config.*max_*": LIMITS,
    "keras.datasets.*": DOWNLOADS,
    "keras.preprocessing.image.smart_resize": "`layers.Resizing(crop_to_aspect_ratio=True)`",
    "keras.optimizers.legacy.*": "the optimizers of `optimizers`",
    "keras.saving.KerasFileEditor": "not yet; `.keras` files are zip archives of JSON and HDF5",
    "keras.legacy.*": "files of Keras 2; see `saving`",
    "keras.utils.legacy.*": "files of Keras 2; see `saving`",
    "keras.utils.FeatureSpace": "not yet; see the preprocessing layers",
    # Methods.
    "keras.Layer.add_metric": "a metric in an attribute does it",
    "keras.Layer.add_variable": "`add_weight`",
    "keras.Layer.dtype_policy": ONE_TYPE,
    "keras.Layer.input_dtype": ONE_TYPE,
    "keras.Layer.metrics*": "`model.metrics` finds those of its layers",
    "keras.Layer.path": "names are flat; see `layer.name` and `weight.path`",
    "keras.Layer.quantiz*": SMALLER_INTEGERS,
    "keras.Layer.rematerialized_call": RECOMPUTED,
    "keras.Layer.symbolic_call": "a call on placeholders is symbolic",
    "keras.Model.*_loss_and_updates": EAGER,
    "keras.Model.get_metrics_result": "`evaluate(return_dict=True)`",
    "keras.Model.get_quantization_layer_structure": SMALLER_INTEGERS,
    "keras.Model.get_state_tree": "`get_weights` and `save_weights`",
    "keras.Model.set_state_tree": "`set_weights` and `load_weights`",
    "keras.Model.jax_state_sync": EAGER,
    "keras.Model.jit_compile": EAGER,
    "keras.Model.run_eagerly": EAGER,
    "keras.Model.make_*_function": EAGER,
    "keras.*.stateless_*": EAGER,
    "keras.Variable.*": "there is one process and one gradient",
    "keras.optimizers.Optimizer.add_*": "slots are parts of one vector",
    "keras.optimizers.Optimizer.assign*": "`variable.assign`",
    "keras.optimizers.Optimizer.*_own_variables": "`variables` and `set_weights`",
    "keras.optimizers.Optimizer.update_step": "`update` moves all weights, as one vector",
    "keras.random.SeedGenerator.from_config": "`SeedGenerator(**config)`",
}


def installed() -> dict[str, list[str]]:
    """Return module or class -> its public names, of the Keras that is installed."""
    os.environ.setdefault("KERAS_BACKEND", "jax")
    import keras

    root = Path(keras.__file__).parent
    found: dict[str, list[str]] = {}
    for file in sorted(root.rglob("__init__.py")):
        parts = file.parent.relative_to(root).parts
        if parts[:1] not in (("src",), ("_tf_keras",)):
            name = ".".join(("keras", *parts))
            names = vars(importlib.import_module(name))
            found[name] = sorted(
                one
                for one, thing in names.items()
                if not one.startswith("_") and not isinstance(thing, ModuleType)
            )
    for name in METHODS:
        found[name] = methods(find(name))
    return {name: names for name, names in found.items() if names}


def methods(cls: Any) -> list[str]:
    """Return the public methods and properties that Keras defines on a class, its bases' apart."""
    listed = [find(name) for name in METHODS]
    bases = [base for base in cls.__mro__[1:] if base in listed]
    own = [base for base in cls.__mro__ if base.__module__.startswith("keras")]
    names = {name for base in own for name in vars(base) if not name.startswith("_")}
    names -= {name for base in bases for name in dir(base)}
    return sorted(
        name
        for name in names
        if callable(getattr(cls, name)) or isinstance(getattr(cls, name), property)
    )


def write_list() -> None:
    """Write ``tools/keras_api.txt``."""
    import keras

    lines = [f"# Public names of Keras {keras.__version__}, written by tools/keras_api.py --list."]
    for module, names in installed().items():
        lines += ["", f"{module}:"]
        lines += textwrap.wrap(" ".join(names), 96, initial_indent="    ", subsequent_indent="    ")
    NAMES.write_text("\n".join(lines) + "\n", "utf-8")


def read_list() -> dict[str, list[str]]:
    """Return module or class of Keras -> its public names."""
    found: dict[str, list[str]] = {}
    module = ""
    for line in NAMES.read_text("utf-8").splitlines():
        if line.endswith(":") and not line.startswith(" "):
            module = line[:-1]
            found[module] = []
        elif line.startswith(" "):
            found[module] += line.split()
    return found


def version() -> str:
    """Return the version of Keras that the list is of."""
    return NAMES.read_text("utf-8").split(",")[0].rpartition(" ")[2]


def find(name: str) -> Any:
    """Return what a full name stands for; raise AttributeError if there is nothing."""
    module, _, last = name.rpartition(".")
    if not module:
        return importlib.import_module(name)
    parent = find(module)
    try:
        return getattr(parent, last)
    except AttributeError:
        if not isinstance(parent, ModuleType):
            raise
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        raise AttributeError(name) from error


def ours(name: str) -> str:
    """Return the name in minikeras that stands for one in Keras."""
    return ELSEWHERE.get(name, f"mini{name}")


@functools.cache
def example(cls: str) -> Any:
    """Return one of a class of minikeras, named as in Keras: some attributes only it has."""
    return eval(METHODS[cls], modules_of_ours())


def modules_of_ours() -> dict[str, Any]:
    """Return the names of minikeras, which load when they are asked for."""
    package = importlib.import_module("minikeras")
    return {name: getattr(package, name) for name in package.__all__}


def has(name: str) -> bool:
    """Whether minikeras has what Keras calls ``name``."""
    parent, _, last = name.rpartition(".")
    if parent in METHODS:
        return last in dir(example(parent))
    try:
        find(ours(name))
    except AttributeError:
        return False
    return True


def reason(name: str) -> str | None:
    """Return why minikeras lacks what Keras calls ``name``; None if nothing is said."""
    return next((why for pattern, why in REASONS.items() if fnmatchcase(name, pattern)), None)


def table(module: str, names: list[str]) -> list[str]:
    """Return the rows of a module: what is here, and the rest by reason."""
    here = [name for name in names if has(f"{module}.{name}")]
    missing: dict[str, list[str]] = {}
    for name in names:
        if name not in here:
            why = reason(f"{module}.{name}")
            if why is None:
                raise SystemExit(f"{module}.{name} is missing: add it, or say why in {__file__}")
            missing.setdefault(why, []).append(name)
    rows = ["| In minikeras | Names |", "| --- | --- |"]
    groups = ({"yes": here} if here else {}) | missing
    return rows + [
        f"| {why} | {', '.join(f'`{name}`' for name in group)} |" for why, group in groups.items()
    ]


def page() -> str:
    """Return ``docs/keras_api.md``."""
    modules = read_list()
    count = {
        module: (sum(has(f"{module}.{name}") for name in names), len(names))
        for module, names in modules.items()
    }
    classes = [module for module in modules if module in METHODS]
    packages = [module for module in modules if module not in METHODS]
    nets = [module for module in packages if module.startswith("keras.applications")]
    shown = [module for module in packages if module not in nets]
    lines = [
        "# Keras's names",
        "",
        f"All public names of Keras {version()}, and which of them minikeras has, in the module of",
        "the same name. Arguments, their order and their defaults are Keras's too.",
        "`python tools/keras_api.py` writes this page; a test keeps it true.",
        "",
        "| Module | Here | Of |",
        "| --- | ---: | ---: |",
        *(f"| [`{one}`](#{anchor(one)}) | {count[one][0]} | {count[one][1]} |" for one in shown),
        "",
        f"`keras.applications` is not here: {PRETRAINED}.",
    ]
    for module in shown:
        lines += ["", f"## {module}", "", *table(module, modules[module])]
    lines += ["", "## Methods", "", "Of the classes that scripts derive their own from."]
    for cls in classes:
        lines += ["", f"### {cls}", "", *table(cls, modules[cls])]
    return "\n".join(lines) + "\n"


def anchor(module: str) -> str:
    """Return what the heading of a module is linked by."""
    return module.replace(".", "").lower()


def main() -> None:
    """Write the list or the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--list", action="store_true", help="read the names from installed Keras")
    if parser.parse_args().list:
        write_list()
    else:
        sys.path.insert(0, str(ROOT))
        PAGE.write_text(page(), "utf-8")


if __name__ == "__main__":
    main()
