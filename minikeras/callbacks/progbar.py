"""A progress bar: one line drawn again and again on a terminal, one plain line elsewhere."""

import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Any

from minikeras._validation import check_choice
from minikeras.callbacks import _terminal as terminal

__all__ = ["Progbar"]

_SHORTEST_BAR = 8
_GREEN, _GRAY, _PLAIN = "\x1b[32m", "\x1b[90m", "\x1b[0m"


class Progbar:
    """Shows how far a loop has come, how long it takes, and its metrics.

    On a terminal, ``verbose=1`` draws one line with a bar over and over; it never gets wider than
    the terminal. Into a file, a pipe or a notebook cell it writes one plain line at the end.

    Parameters
    ----------
    target : int or None
        Number of steps; None when unknown.
    width : int, default 20
        Columns of the bar, where there is room.
    verbose : {0, 1, 2}, default 1
        0 writes nothing, 2 one plain line at the end, on a terminal too.
    interval : float, default 0.05
        Seconds that pass at least between two drawings.
    stateful_metrics : iterable of str, optional
        Names of values shown as given; the others are averaged over the steps.
    stateless_metrics : iterable of str, optional
        The reverse: only these are averaged. Give one of the two at most.
    unit_name : str, default "step"
        What the steps are called in the time one of them takes.

    Raises
    ------
    ValueError
        If both kinds of metrics are given, or ``verbose`` is something else.

    Examples
    --------
    >>> from minikeras.callbacks import Progbar
    >>> bar = Progbar(target=3)
    >>> for step, loss in enumerate([0.3, 0.2, 0.1], start=1):
    ...     bar.update(step, [("loss", loss)])
    3/3 - 0s - loss: 0.2000
    """

    def __init__(
        self,
        target: int | None,
        width: int = 20,
        verbose: int | str = 1,
        interval: float = 0.05,
        stateful_metrics: Iterable[str] | None = None,
        stateless_metrics: Iterable[str] | None = None,
        unit_name: str = "step",
    ):
        if stateful_metrics is not None and stateless_metrics is not None:
            raise ValueError(
                "expected stateful_metrics or stateless_metrics, got both; leave one out"
            )
        self.target = target
        self.width = width
        self.verbose = check_choice("verbose", verbose, [0, 1, 2, "auto"])
        self.interval = interval
        self.stateful_metrics = set(stateful_metrics or ())
        self.stateless_metrics = None if stateless_metrics is None else set(stateless_metrics)
        self.unit_name = unit_name
        self.title = ""  # stands in front of the counter
        self.seen = 0
        self.stream: Any = sys.stdout
        self.live = self.verbose in (1, "auto") and terminal.is_terminal(self.stream)
        self._sums: dict[str, tuple[Any, int]] = {}  # name -> sum over steps, number of steps
        self._start = perf_counter()
        self._next = self._start + interval
        self._worked: float | None = None
        self._drawn = 0  # columns that the unfinished line on the terminal takes

    def update(
        self,
        current: int,
        values: Iterable[tuple[str, Any]] | None = None,
        finalize: bool | None = None,
    ) -> None:
        """Note that ``current`` steps are done, and draw the line if it is time to.

        Parameters
        ----------
        current : int
            Steps done so far.
        values : iterable of (str, float), optional
            Metrics by name.
        finalize : bool, optional
            Whether this was the last step; by default when ``current`` reaches ``target``.
        """
        self.note(current, values)
        if finalize is None:
            finalize = self.target is not None and current >= self.target
        if finalize:
            self.finish()
        elif self.live and perf_counter() >= self._next:
            self.draw()

    def add(self, n: int, values: Iterable[tuple[str, Any]] | None = None) -> None:
        """Note that ``n`` more steps are done; see ``update``."""
        self.update(self.seen + n, values)

    def note(self, current: int, values: Iterable[tuple[str, Any]] | None = None) -> None:
        """Note that ``current`` steps are done, and draw nothing."""
        steps = max(current - self.seen, 1)
        self.seen = current
        for name, value in values or ():
            averaged = name not in self.stateful_metrics
            if self.stateless_metrics is not None:
                averaged = name in self.stateless_metrics
            if not averaged:
                self._sums[name] = value, 1
            else:
                total, count = self._sums.get(name, (0.0, 0))
                self._sums[name] = total + value * steps, count + steps

    def draw(self) -> None:
        """Draw the line anew; only on a terminal."""
        row = self._status(self.target).rows(terminal.room(), last=False)[0]
        self._put(row)
        self.stream.flush()
        self._next = perf_counter() + self.interval

    def stop_clock(self) -> None:
        """Take the time now: what follows, such as a validation, is not part of the steps."""
        self._worked = perf_counter() - self._start

    def finish(self, flush: bool = True) -> None:
        """Write the last form of the line and end it."""
        if not self.verbose or self.stream is None:
            return
        target = self.seen if self.target is None else self.target
        status = self._status(target)
        if self.live:
            first, *more = status.rows(terminal.room(), last=True)
            self._put(first)
            terminal.write(self.stream, "".join(f"\n{row.text}" for row in more) + "\n")
        else:
            terminal.write(self.stream, status.plain() + "\n")
        self._drawn = 0
        if flush:
            self.stream.flush()

    def erase(self) -> None:
        """Clear the line, so that something else can be printed there."""
        if self._drawn:
            terminal.write(self.stream, "\r" + " " * self._drawn + "\r")
            self._drawn = 0

    def close(self) -> None:
        """End a line that was left unfinished."""
        if self._drawn:
            self._drawn = 0
            terminal.write(self.stream, "\n")
            self.stream.flush()

    def _put(self, row: "_Row") -> None:
        text = row.colored() if terminal.is_colored(self.stream) else row.text
        drawn = terminal.columns(row.text)
        terminal.write(self.stream, "\r" + text + " " * (self._drawn - drawn))
        self._drawn = drawn

    def _status(self, target: int | None) -> "_Status":
        elapsed = perf_counter() - self._start
        pace = (elapsed if self._worked is None else self._worked) / max(self.seen, 1)
        return _Status(
            title=self.title,
            seen=self.seen,
            target=target,
            elapsed=elapsed,
            pace=pace,
            unit=self.unit_name,
            bar=self.width,
            metrics=[
                f"{name}: {terminal.format_value(total / count if count != 1 else total)}"
                for name, (total, count) in self._sums.items()
            ],
            unicode=terminal.can_write(self.stream, "━─…"),
        )


@dataclass
class _Row:
    """A line, and where in it the bar stands."""

    text: str
    start: int = 0
    middle: int = 0
    end: int = 0

    @property
    def has_bar(self) -> bool:
        return self.end > self.start

    def colored(self) -> str:
        if not self.has_bar:
            return self.text
        done, rest = self.text[self.start : self.middle], self.text[self.middle : self.end]
        bar = (f"{_GREEN}{done}" if done else "") + (f"{_GRAY}{rest}" if rest else "")
        return f"{self.text[: self.start]}{bar}{_PLAIN}{self.text[self.end :]}"


@dataclass
class _Status:
    """All that a progress line says; lays it out within a given width."""

    title: str
    seen: int
    target: int | None
    elapsed: float
    pace: float
    unit: str
    bar: int
    metrics: list[str]
    unicode: bool

    def plain(self) -> str:
        """Return the line for files: without a bar, of any length."""
        head = self.title or self._count()
        return " - ".join([head, terminal.format_duration(self.elapsed), *self.metrics])

    def rows(self, width: int, last: bool) -> list[_Row]:
        """Return the line for a terminal of ``width`` columns; more than one only when ``last``.

        All stands in one line if it fits beside a bar. Else the validation's metrics go below it,
        and the others too if they must. A line that is to be drawn over cannot do that: it is cut.
        """
        full = self._row(self.metrics, width, last)
        if full.has_bar:
            return [full]
        if not last:
            cut = (self._row(self.metrics[:k], width, last) for k in range(len(self.metrics))[::-1])
            short = _Row(terminal.shorten(full.text, width, self._ellipsis()))
            return [next((row for row in cut if row.has_bar), short)]
        training = [metric for metric in self.metrics if not metric.startswith("val_")]
        validation = [metric for metric in self.metrics if metric.startswith("val_")]
        first = self._row(training, width, last)
        below = self._wrap(validation, width)
        if not first.has_bar:
            first = self._row([], width, last)
            below = self._wrap(training, width) + below
        if not first.has_bar:
            first.text = terminal.shorten(first.text, width, self._ellipsis())
        return [first, *map(_Row, below)]

    def _row(self, metrics: Sequence[str], width: int, last: bool) -> _Row:
        head = f"{self.title} {self._count()}".lstrip()
        tail = " - ".join([self._time(last), *metrics])
        spare = width - terminal.columns(head) - terminal.columns(tail) - 2
        bar = min(self.bar, spare)
        if not self.target or bar < min(_SHORTEST_BAR, self.bar):
            return _Row(f"{head} {tail}".rstrip())
        done = bar * min(self.seen, self.target) // self.target
        full, empty = ("━", "─") if self.unicode else ("=", ".")
        start = len(head) + 1
        text = f"{head} {full * done}{empty * (bar - done)} {tail}".rstrip()
        return _Row(text, start, start + done, start + bar)

    def _count(self) -> str:
        if self.target is None:
            return f"{self.seen}/Unknown"
        return f"{self.seen:>{len(str(self.target))}}/{self.target}"

    def _time(self, last: bool) -> str:
        pace = terminal.format_pace(self.pace, self.unit)
        if last or self.target is None:
            return f"{terminal.format_duration(self.elapsed)} {pace}"
        if self.seen == 0:
            return ""
        left = self.pace * max(self.target - self.seen, 0)
        return f"ETA {terminal.format_duration(left)} {pace}"

    def _ellipsis(self) -> str:
        return "…" if self.unicode else "..."

    def _wrap(self, metrics: Sequence[str], width: int) -> list[str]:
        """Break a list of metrics into lines, between two of them only."""
        lines: list[str] = []
        for metric in metrics:
            if lines and terminal.columns(f"{lines[-1]} - {metric}") <= width:
                lines[-1] += f" - {metric}"
            else:
                lines.append(terminal.shorten(f"    {metric}", width, self._ellipsis()))
        return lines
