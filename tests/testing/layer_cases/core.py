"""Cases of the wrapper's base class; the other core layers are in ``test_contracts.py``."""

from minikeras.layers import Dense
from minikeras.layers.wrapper import Wrapper


class Doubled(Wrapper):
    def forward(self, x):
        return 2.0 * self.layer(x)


LAYERS = {"Wrapper": [(lambda: Doubled(Dense(2)), {})]}
