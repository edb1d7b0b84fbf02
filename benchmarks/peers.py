"""The same networks in other libraries, where those are installed."""

import os
from itertools import pairwise


def torch_network(sizes, hidden, output, optimizer):
    """Return (model, step) in PyTorch's eager mode; a step takes one batch of tensors."""
    import torch
    from torch import nn

    torch.set_num_threads(1)
    layers = []
    for i, (a, b) in enumerate(pairwise(sizes)):
        layers.append(nn.Linear(a, b))
        if i < len(sizes) - 2:
            layers.append(nn.ReLU() if hidden == "relu" else nn.Tanh())
    if output == "sigmoid":
        layers.append(nn.Sigmoid())
    model = nn.Sequential(*layers)
    loss_of = nn.CrossEntropyLoss() if output == "softmax" else nn.MSELoss()
    make = torch.optim.Adam if optimizer == "adam" else torch.optim.SGD
    update = make(model.parameters(), lr=0.001 if optimizer == "adam" else 0.1)

    def step(x, y):
        update.zero_grad()
        loss = loss_of(model(x), y)
        loss.backward()
        update.step()
        return loss.item()

    return model, step


def tensors(*arrays):
    """Return arrays as tensors of PyTorch, on the same memory."""
    import torch

    return [torch.from_numpy(array) for array in arrays]


def torch_trainer(sizes, hidden, output, optimizer, batch):
    """Return (train, predict) with PyTorch."""
    import torch

    model, step = torch_network(sizes, hidden, output, optimizer)

    def train(x, y, epochs):
        x, y = torch.from_numpy(x), torch.from_numpy(y)
        for _ in range(epochs):
            order = torch.randperm(len(x))
            for i in range(0, len(x), batch):
                rows = order[i : i + batch]
                step(x[rows], y[rows])

    def predict(x):
        with torch.no_grad():
            y = model(torch.from_numpy(x))
            return torch.softmax(y, 1).numpy() if output == "softmax" else y.numpy()

    return train, predict


def sklearn_trainer(sizes, hidden, output, optimizer, batch):
    """Return (train, predict) with scikit-learn's multilayer perceptron."""
    import warnings

    from sklearn.neural_network import MLPClassifier, MLPRegressor

    make = MLPClassifier if output == "softmax" else MLPRegressor
    model = make(
        hidden_layer_sizes=tuple(sizes[1:-1]),
        activation=hidden,
        solver=optimizer,
        batch_size=batch,
        alpha=0.0,
        n_iter_no_change=10**6,  # as many epochs as asked for
        learning_rate_init=0.001 if optimizer == "adam" else 0.1,
        momentum=0.0,
    )

    def train(x, y, epochs):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model.set_params(max_iter=epochs)
            model.fit(x, y if output == "softmax" else y.ravel())

    def predict(x):
        return model.predict_proba(x) if output == "softmax" else model.predict(x)

    return train, predict


def keras_network(sizes, hidden, output, optimizer):
    """Return a compiled model of Keras on jax."""
    os.environ.setdefault("KERAS_BACKEND", "jax")
    import keras

    model = keras.Sequential([keras.Input((sizes[0],))])
    for i, n in enumerate(sizes[1:]):
        model.add(keras.layers.Dense(n, activation=hidden if i < len(sizes) - 2 else output))
    chosen = keras.optimizers.Adam() if optimizer == "adam" else keras.optimizers.SGD(0.1)
    model.compile(chosen, "sparse_categorical_crossentropy" if output == "softmax" else "mse")
    return model


def keras_trainer(sizes, hidden, output, optimizer, batch):
    """Return (train, predict) with Keras on jax."""
    model = keras_network(sizes, hidden, output, optimizer)

    def train(x, y, epochs):
        model.fit(x, y, batch_size=batch, epochs=epochs, verbose=0)

    def predict(x):
        return model.predict(x, batch_size=256, verbose=0)

    return train, predict


PEERS = {"scikit-learn": sklearn_trainer, "torch": torch_trainer, "Keras (jax)": keras_trainer}
