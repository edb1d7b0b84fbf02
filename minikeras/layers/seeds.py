"""The ``seed`` argument of layers that draw random numbers."""

from minikeras.random import SeedGenerator

__all__ = ["stream"]


def stream(seed: int | SeedGenerator | None) -> tuple[int | None, SeedGenerator]:
    """Return what a layer keeps of its ``seed``: the plain number, and the stream.

    A configuration holds plain data only, so a generator that several layers share is stored as
    the seed it was made with; a layer made from that configuration has a stream of its own.

    Parameters
    ----------
    seed : int, SeedGenerator or None

    Returns
    -------
    (int or None, SeedGenerator)

    Raises
    ------
    TypeError, ValueError
        If ``seed`` is not an integer of at least 0.

    Examples
    --------
    >>> from minikeras.layers.seeds import stream
    >>> stream(3)
    (3, SeedGenerator(seed=3))
    """
    if isinstance(seed, SeedGenerator):
        return seed.seed, seed
    made = SeedGenerator(seed)
    return None if seed is None else int(seed), made
