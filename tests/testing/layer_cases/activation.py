"""Cases of the activation layers."""

from minikeras.layers import activation

IMAGE = {"input_shape": (3, 2, 4)}

LAYERS = {
    "ELU": [(activation.ELU(), {}), (activation.ELU(0.5), IMAGE)],
    "LeakyReLU": [(activation.LeakyReLU(), {}), (activation.LeakyReLU(0.1), IMAGE)],
    "PReLU": [
        (activation.PReLU(alpha_initializer="ones"), {}),
        (activation.PReLU("normal", shared_axes=[1, 2]), IMAGE),
        (activation.PReLU(shared_axes=1, alpha_regularizer="l2"), IMAGE),
    ],
    "ReLU": [(activation.ReLU(), {}), (activation.ReLU(1.0, 0.2, 0.3), IMAGE)],
    "Softmax": [(activation.Softmax(), {}), (activation.Softmax([1, 2]), IMAGE)],
}
