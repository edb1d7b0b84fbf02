"""What a progress line needs to know about the terminal, and how numbers read in it."""

import os
import shutil
import sys
import unicodedata
from typing import IO, Any

Stream = IO[str]


def is_terminal(stream: Any) -> bool:
    """Return whether a person watches: a line may be drawn again and again."""
    try:
        return bool(stream.isatty())
    except (AttributeError, ValueError):  # no stream at all (pythonw), or a closed one
        return False


def is_colored(stream: Any) -> bool:
    """Return whether colour codes are understood and wanted (https://no-color.org)."""
    if not is_terminal(stream) or os.environ.get("NO_COLOR"):
        return False
    if os.name == "nt":  # the old console prints the codes; Windows Terminal and editors set these
        return "WT_SESSION" in os.environ or "TERM" in os.environ
    return os.environ.get("TERM", "dumb") != "dumb"


def room() -> int:
    """Return how many columns a line may take; some terminals wrap when the last one is used."""
    return max(1, shutil.get_terminal_size().columns - 1)


def can_write(stream: Any, text: str) -> bool:
    """Return whether the stream's encoding has all characters of ``text``."""
    try:
        text.encode(getattr(stream, "encoding", None) or "utf-8")
    except UnicodeEncodeError:
        return False
    return True


def write(stream: Any, text: str) -> None:
    """Write ``text``; a character that the stream's encoding lacks becomes ``?``."""
    if stream is None:
        return
    if not can_write(stream, text):
        encoding = getattr(stream, "encoding", None) or "ascii"
        text = text.encode(encoding, "replace").decode(encoding)
    stream.write(text)


def say(message: str) -> None:
    """Print ``message`` on a line of its own, over a progress line that may stand there."""
    stream = sys.stdout
    clear = "\r" + " " * room() + "\r" if is_terminal(stream) else ""
    write(stream, f"{clear}{message}\n")


def columns(text: str) -> int:
    """Return how many columns ``text`` takes.

    Examples
    --------
    >>> columns("loss"), columns("損失")
    (4, 4)
    """
    if text.isascii():
        return len(text)
    wide = sum(unicodedata.east_asian_width(char) in "WF" for char in text)
    marks = sum(unicodedata.combining(char) > 0 for char in text)
    return len(text) + wide - marks


def shorten(text: str, width: int, ellipsis: str) -> str:
    """Return ``text``, cut to ``width`` columns.

    Examples
    --------
    >>> shorten("accuracy: 0.9500", 12, "...")
    'accuracy:...'
    """
    if columns(text) <= width:
        return text
    while text and columns(text) + len(ellipsis) > width:
        text = text[:-1]
    return (text + ellipsis)[:width]


def format_value(value: Any) -> str:
    """Return a metric's value: four decimals, or an exponent for what they would not show.

    Examples
    --------
    >>> format_value(0.5), format_value(0.0), format_value(-12.34567), format_value(0.00012)
    ('0.5000', '0.0000', '-12.3457', '1.2000e-04')
    >>> format_value("warm-up")
    'warm-up'
    """
    try:
        number = float(value)
    except (TypeError, ValueError):
        return str(value)
    if number != 0.0 and (abs(number) < 1e-3 or abs(number) >= 1e8):
        return f"{number:.4e}"
    return f"{number:.4f}"


def format_duration(seconds: float) -> str:
    """Return seconds, minutes and hours as a clock shows them.

    Examples
    --------
    >>> format_duration(0.4), format_duration(59.6), format_duration(61), format_duration(3661)
    ('0s', '1:00', '1:01', '1:01:01')
    """
    whole = round(seconds)
    if whole < 60:
        return f"{whole}s"
    if whole < 3600:
        return f"{whole // 60}:{whole % 60:02d}"
    return f"{whole // 3600}:{whole // 60 % 60:02d}:{whole % 60:02d}"


def format_pace(seconds: float, unit: str) -> str:
    """Return the time one step takes.

    Examples
    --------
    >>> format_pace(2.5, "step"), format_pace(0.0123, "step"), format_pace(4.2e-5, "step")
    ('2s/step', '12ms/step', '42us/step')
    """
    if seconds >= 0.9995:
        return f"{seconds:.0f}s/{unit}"
    if seconds >= 0.9995e-3:
        return f"{seconds * 1e3:.0f}ms/{unit}"
    return f"{seconds * 1e6:.0f}us/{unit}"
