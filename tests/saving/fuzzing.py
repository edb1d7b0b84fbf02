"""What the fuzz tests share: how many cases, and what a reader may take of memory and time.

``MINIKERAS_FUZZ_CASES`` is the number of cases for each test and format.
"""

import os
import time
import tracemalloc
from contextlib import contextmanager
from pathlib import Path

from hypothesis import HealthCheck, settings

try:
    import resource
except ImportError:  # Windows
    resource = None

CASES = settings(
    max_examples=int(os.environ.get("MINIKERAS_FUZZ_CASES", "100")),
    suppress_health_check=list(HealthCheck),
)
MOST = 256 << 20  # bytes
LONGEST = 1.0  # seconds of the processor

_FAR_TOO_MUCH = 4 << 30  # bytes: more would harm the machine rather than fail the test
_STATUS = Path("/proc/self/status")


@contextmanager
def within_limits(most=MOST, *, exact=False):
    """Fail if more than ``most`` bytes are asked for, or more than a second of work is done.

    ``exact`` traces every allocation, also one that was refused, after which the reader tried
    something else; it takes twice as long.
    """
    watch = _Traced() if exact or not _STATUS.exists() else _Mapped()
    begun = time.process_time()
    try:
        with _machine_spared():
            yield
    except Exception as error:
        if _is_memory_error(error):
            raise AssertionError("there was not enough memory for what it asked for") from error
        raise
    finally:
        seconds, peak = time.process_time() - begun, watch.peak()
    assert peak < most, f"{peak} bytes"
    assert seconds < LONGEST, f"{seconds} s"


@contextmanager
def _machine_spared():
    """Let the system refuse what nobody has the memory for."""
    if resource is None or not _STATUS.exists():
        yield
        return
    limits = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (_sizes()[0] + _FAR_TOO_MUCH, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, limits)


def _is_memory_error(error):
    """Whether an error, or one that led to it, is that there was no memory."""
    return error is not None and (
        isinstance(error, MemoryError)
        or _is_memory_error(error.__cause__)
        or _is_memory_error(error.__context__)
    )


def _sizes():
    """Return how many bytes of addresses the process has, and the largest number ever (Linux)."""
    text = _STATUS.read_text()
    now, most = (text.partition(f"{name}:")[2].split()[0] for name in ("VmSize", "VmPeak"))
    return 1024 * int(now), 1024 * int(most)


class _Mapped:
    """What the system gave to the process: to look takes no time, unlike tracing."""

    def __init__(self):
        self.before, self.most = _sizes()

    def peak(self):
        """Return how much there was at most; 0 if there has been as much before."""
        _, most = _sizes()
        return most - self.before if most > self.most else 0


class _Traced:
    def __init__(self):
        tracemalloc.start()

    def peak(self):
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return found
