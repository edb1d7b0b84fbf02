"""What every kind of test shares: unit tests, doctests, and code blocks of README and docs.

Blocks fenced as ``python`` run one after the other, in one namespace for each page. A block fenced
as ``text`` is what the last one printed; ``...`` in it stands for anything. What not every machine
can run stands between ``<!-- skip: start if(condition, reason="why") -->`` and ``skip: end``.
"""

import doctest
import io
import os
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, chdir, redirect_stdout
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from sybil import Example, Sybil
from sybil.evaluators.python import PythonEvaluator
from sybil.integration.pytest import SybilItem
from sybil.parsers.markdown import CodeBlockParser, SkipParser

from minikeras import config
from minikeras.layers.naming import reset_names
from minikeras.random import set_random_seed

os.environ["MPLBACKEND"] = "Agg"  # charts are written to files, there may be no screen

# The same examples on every run, on slow machines too.
hypothesis.settings.register_profile("repeatable", derandomize=True, deadline=None)
hypothesis.settings.load_profile("repeatable")


def _reset() -> None:
    set_random_seed(0)
    reset_names()  # the first Dense of a test is "dense", whatever ran before
    config.set_floatx("float32")
    config.set_epsilon(1e-7)
    config.set_image_data_format("channels_last")


@pytest.fixture(autouse=True)
def _same_start(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[None]:
    """Give each unit test and doctest the same seed and settings, doctests also a folder."""
    if isinstance(request.node, SybilItem):  # blocks of a page follow each other, see _open_page
        yield
        return
    _reset()
    with ExitStack() as stack:
        if isinstance(request.node, pytest.DoctestItem):
            stack.enter_context(chdir(tmp_path_factory.mktemp("doctest")))
        yield


SHARED_DATA = Path(
    os.environ.get("MINIKERAS_SHARED_DATA", Path(__file__).parents[1] / "shared" / "data")
)


def _open_page(namespace: dict[str, Any]) -> None:
    """Start a page of documentation: one seed, one namespace, a folder for what it writes.

    Where this machine has MNIST, the folder has it in ``mnist``; else ``no_mnist`` is true.
    """
    _reset()
    stack = namespace["_page"] = ExitStack()
    folder = stack.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True))
    stack.enter_context(chdir(folder))
    mnist = SHARED_DATA.resolve() / "mnist"
    namespace["no_mnist"] = not (mnist / "book_ch03_weights.npz").exists()
    if not namespace["no_mnist"]:
        Path("mnist").symlink_to(mnist, target_is_directory=True)


def _close_page(namespace: dict[str, Any]) -> None:
    namespace["_page"].close()


def _run(example: Example) -> None:
    printed = io.StringIO()
    with redirect_stdout(printed):
        PythonEvaluator()(example)
    example.namespace["_printed"] = printed.getvalue()


def _compare(example: Example) -> str | None:
    """Return how the text differs from what the last block printed; None if it does not."""
    flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    expected, printed = example.parsed, example.namespace["_printed"]
    checker = doctest.OutputChecker()
    if checker.check_output(expected, printed, flags):
        return None
    return checker.output_difference(doctest.Example("", expected), printed, flags)


pytest_collect_file = Sybil(
    parsers=[CodeBlockParser("python", _run), CodeBlockParser("text", _compare), SkipParser()],
    patterns=["README.md", "docs/*.md", "docs/*/*.md", "docs/*/*/*.md"],
    setup=_open_page,
    teardown=_close_page,
).pytest()
