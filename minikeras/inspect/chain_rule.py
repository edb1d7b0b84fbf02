"""The chain rule in a layer's own symbols."""

from minikeras.inspect.formulas import one_formula
from minikeras.inspect.record import Ran
from minikeras.inspect.worked import Worked

__all__ = ["Rules", "rules_of"]


class Rules:
    """Formulas of gradients by symbol; ``dL/dZ dZ/dX`` where nothing better is known."""

    def __init__(self, known: dict[str, str]):
        self.known = known

    def __getitem__(self, symbol: str) -> str:
        return self.known.get(symbol) or f"dL/dZ dZ/d{symbol}"


def rules_of(ran: Ran, worked: Worked | None) -> Rules:
    """Return how the gradients for the weights and inputs of a step are computed."""
    if worked is not None:
        return Rules(worked.rules)
    found = one_formula(ran)
    return Rules({} if found is None else found[1])
