"""The command line: ``python -m minikeras inspect FILE``."""

import argparse
import json
import os
import shutil
import sys
from collections.abc import Sequence

from minikeras.saving.inspection import inspect
from minikeras.saving.report import clean

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command.

    Parameters
    ----------
    arguments : sequence of str, optional
        Default: those of the command line.

    Returns
    -------
    int
        0, or 1 if something is wrong with a file.
    """
    parser = argparse.ArgumentParser(
        "python -m minikeras", description="Look into files of models."
    )
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    command = commands.add_parser(
        "inspect",
        help="show architecture, weights and sizes",
        description="Show what is in a file of a model or of weights, without building it.",
    )
    command.add_argument(
        "files",
        metavar="FILE",
        nargs="+",
        help="ends in .keras, .weights.h5, .h5, .npz, .safetensors, .onnx or .json",
    )
    command.add_argument(
        "--json", action="store_true", help="print it as JSON: an object, of several files a list"
    )
    given = parser.parse_args(arguments)
    for stream in (sys.stdout, sys.stderr):  # names may hold what the terminal cannot show
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    reports = []
    for file in given.files:
        try:
            reports.append(inspect(file))
        except (OSError, ValueError) as error:
            print(f"minikeras: {_line(error, file)}", file=sys.stderr)
    if given.json:
        data = [report.to_dict() for report in reports]
        print(json.dumps(data if len(given.files) > 1 else next(iter(data), None), indent=2))
    else:
        width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
        print("\n\n".join(report.text(width) for report in reports), end="\n" * bool(reports))
    return 0 if len(reports) == len(given.files) else 1


def _line(error: Exception, file: str) -> str:
    """Return what is wrong, in one line that a terminal shows as it is."""
    if isinstance(error, OSError) and error.strerror:
        return clean(f"{file}: {error.strerror}")
    return clean(" ".join(str(error).split()))


if __name__ == "__main__":
    try:
        status = main()
        sys.stdout.flush()
    except BrokenPipeError:  # whoever reads it has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        status = 0
    sys.exit(status)
