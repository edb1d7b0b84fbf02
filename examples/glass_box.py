"""Every number of one training step: forward, loss, backward, and the step itself.

    python examples/glass_box.py

A network of 2, 3 and 1 neurons sees one sample. ``model.trace`` prints what each layer makes of it,
``model.trace_gradients`` the way back, with a central difference beside each gradient to check it.
Then one step of gradient descent, and the loss is smaller. Writes the network with the signals of
the sample to ``glass_box.svg``, and the same after the step to ``glass_box-after.svg``.
"""

import numpy as np

from minikeras import Input, Sequential, plot
from minikeras.layers import Dense
from minikeras.optimizers import SGD

X, Y = np.array([[1.0, 0.5]]), np.array([[1.0]])


def main() -> tuple[float, float]:
    """Print and draw; return the loss before and after the step."""
    model = Sequential(
        [
            Input((2,), dtype="float64"),
            Dense(3, activation="sigmoid", dtype="float64", name="hidden"),
            Dense(1, activation="sigmoid", dtype="float64", name="output"),
        ]
    )
    first = np.array([[0.1, 0.3, 0.5], [0.2, 0.4, 0.6]])
    second = np.array([[0.5], [-0.7], [0.2]])
    model.set_weights([first, np.array([0.1, 0.2, 0.3]), second, np.array([0.1])])
    model.compile(SGD(1.0), loss="mse")

    print(model.trace(X))
    print()
    back = model.trace_gradients(X, Y)
    print(back)
    print(f"\nLargest difference between both kinds of gradient: {back.difference:.0e}")

    names = {"input_names": ["x1", "x2"], "output_names": ["y"]}
    plot.network(model, X, **names).save("glass_box.svg")
    before = float(model.evaluate(X, Y, verbose=0))
    model.train_on_batch(X, Y)
    after = float(model.evaluate(X, Y, verbose=0))
    plot.network(model, X, **names).save("glass_box-after.svg")
    print(f"Loss before the step {before:.4f}, after it {after:.4f}")
    return before, after


if __name__ == "__main__":
    main()
