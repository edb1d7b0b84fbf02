"""A perceptron with batch normalization, 784-256-256-10 with relu, batch 128.

The measure is a training step written out in NumPy: sums over the batch are products with a vector
of ones, the gradient through a normalization is one line of vectors and three passes over the
batch, and all buffers are made once.
"""

import importlib.util
import os
import statistics
import time
from itertools import pairwise

import numpy as np
from hand import HandWritten

import minikeras

SIZES, BATCH = (784, 256, 256, 10), 128


class HandBatchNorm:
    """The network whose step is written out: weights in one vector, nothing allocated.

    Parameters
    ----------
    batch, seed : int
    """

    update = HandWritten.update

    def __init__(self, batch=BATCH, seed=0):
        self.random = rng = np.random.default_rng(seed)
        self.batch, self.optimizer = batch, "adam"
        hidden = SIZES[1:-1]
        shapes = [s for a, b in pairwise(SIZES[:-1]) for s in ((a, b), (b,), (b,))]
        shapes += [SIZES[-2:], SIZES[-1:]]
        ends = np.cumsum([0] + [int(np.prod(s)) for s in shapes])
        self.values = np.zeros(ends[-1], np.float32)
        self.gradient = np.zeros_like(self.values)
        self.weights, self.gradients = (
            [vector[a:b].reshape(s) for a, b, s in zip(ends, ends[1:], shapes)]
            for vector in (self.values, self.gradient)
        )
        for i in range(len(hidden)):
            self.weights[3 * i + 1].fill(1.0)
        for kernel in [*self.weights[:-2:3], self.weights[-2]]:
            limit = np.sqrt(6 / sum(kernel.shape))
            kernel[...] = rng.uniform(-limit, limit, kernel.shape)
        self.averages = [(np.zeros(n, np.float32), np.ones(n, np.float32)) for n in hidden]
        self.z, self.a, self.t = (
            [np.empty((batch, n), np.float32) for n in hidden] for _ in range(3)
        )
        self.p = np.empty((batch, SIZES[-1]), np.float32)
        self.ones, self.mean = np.ones(batch, np.float32), np.full(batch, 1 / batch, np.float32)
        self.rows = np.arange(batch)
        self.m, self.v = np.zeros_like(self.values), np.zeros_like(self.values)
        block = 65536
        scratch = np.empty(block, np.float32)
        vectors = self.values, self.gradient, self.m, self.v
        self.blocks = [
            (*(a[i : i + block] for a in vectors), scratch[: len(self.values[i : i + block])])
            for i in range(0, len(self.values), block)
        ]
        numbers = {
            "b1": 0.1, "b2": 0.001, "eps": 1e-7, "zero": 0.0, "one": 1.0, "bn": 1e-3,
            "keep": 0.99, "new": 0.01, "mean": 1 / batch, "minus": -1 / batch,
        }  # fmt: skip
        self.constants = {name: np.array(value, np.float32) for name, value in numbers.items()}
        self.rate, self.step_count = np.array(0.0, np.float32), 0

    def step(self, x, y):
        """Train on one batch; return the loss."""
        c = self.constants
        kept = []
        below = x
        for i, (z, a, t, (moving_mean, moving_variance)) in enumerate(
            zip(self.z, self.a, self.t, self.averages)
        ):
            kernel, gamma, beta = self.weights[3 * i : 3 * i + 3]
            below.dot(kernel, z)
            mean = self.mean.dot(z)
            z -= mean
            np.multiply(z, z, t)
            variance = self.mean.dot(t)
            for average, value in ((moving_mean, mean), (moving_variance, variance)):
                average *= c["keep"]
                average += c["new"] * value
            inverse = c["one"] / np.sqrt(variance + c["bn"])
            factor = inverse * gamma
            np.multiply(z, factor, a)
            a += beta
            np.maximum(a, c["zero"], out=a)
            kept.append((inverse, factor))
            below = a
        p = self.p
        below.dot(self.weights[-2], p)
        p += self.weights[-1]
        p -= p.max(axis=1, keepdims=True)
        np.exp(p, p)
        p /= p.sum(axis=1, keepdims=True)
        loss = -np.log(p[self.rows, y]).dot(self.mean)

        p[self.rows, y] -= c["one"]
        p *= c["mean"]
        below.T.dot(p, self.gradients[-2])
        self.ones.dot(p, self.gradients[-1])
        d, kernel = p, self.weights[-2]
        for i in range(len(self.z) - 1, -1, -1):
            z, a, t = self.z[i], self.a[i], self.t[i]
            inverse, factor = kept[i]
            dkernel, dgamma, dbeta = self.gradients[3 * i : 3 * i + 3]
            d.dot(kernel.T, t)
            t *= a > c["zero"]
            self.ones.dot(t, dbeta)
            np.multiply(z, t, a)
            self.ones.dot(a, dgamma)
            dgamma *= inverse
            t *= factor
            z *= factor * inverse * dgamma * c["minus"]
            t += z
            t += factor * dbeta * c["minus"]
            (self.a[i - 1] if i else x).T.dot(t, dkernel)
            d, kernel = t, self.weights[3 * i]
        self.update()
        return float(loss)

    train = HandWritten.train


def build(library):
    """Return the compiled model of minikeras or Keras."""
    layers = library.layers
    model = library.Sequential([library.Input((SIZES[0],))])
    for units in SIZES[1:-1]:
        model.add(layers.Dense(units, use_bias=False))
        model.add(layers.BatchNormalization())
        model.add(layers.Activation("relu"))
    model.add(layers.Dense(SIZES[-1], activation="softmax"))
    model.compile("adam", "sparse_categorical_crossentropy")
    return lambda x, y, epochs: model.fit(x, y, batch_size=BATCH, epochs=epochs, verbose=0)


def keras_trainer():
    """Return a function that trains with Keras on jax."""
    os.environ.setdefault("KERAS_BACKEND", "jax")
    import keras

    return build(keras)


def torch_trainer():
    """Return a function that trains in PyTorch's eager mode."""
    import torch
    from torch import nn

    torch.set_num_threads(1)
    parts = []
    for a, b in pairwise(SIZES[:-1]):
        parts += [nn.Linear(a, b, bias=False), nn.BatchNorm1d(b, 1e-3, 0.01), nn.ReLU()]
    model = nn.Sequential(*parts, nn.Linear(*SIZES[-2:]))
    loss_of = nn.CrossEntropyLoss()
    update = torch.optim.Adam(model.parameters(), lr=0.001)

    def train(x, y, epochs):
        x, y = torch.from_numpy(x), torch.from_numpy(y)
        for _ in range(epochs):
            order = torch.randperm(len(x))
            for i in range(0, len(x), BATCH):
                rows = order[i : i + BATCH]
                update.zero_grad()
                loss = loss_of(model(x[rows]), y[rows])
                loss.backward()
                update.step()
                loss.item()

    return train


PEERS = {"torch": ("torch", torch_trainer), "Keras (jax)": ("keras", keras_trainer)}


def rows(smoke=False, peers=True):
    """Time a training step, all in turn; return a list of dictionaries."""
    rng = np.random.default_rng(0)
    batches, rounds = (2, 1) if smoke else (40, 11)
    x = rng.standard_normal((batches * BATCH, SIZES[0])).astype(np.float32)
    y = rng.integers(SIZES[-1], size=len(x))
    contestants = {"hand": HandBatchNorm().train, "minikeras": build(minikeras)}
    if peers:
        for who, (module, make) in PEERS.items():
            if importlib.util.find_spec(module):
                contestants[who] = make()
    times = {who: [] for who in contestants}
    for turn in range(rounds + 1):  # the first one warms up
        for who, train in contestants.items():
            start = time.perf_counter()
            train(x, y, 1)
            if turn:
                times[who].append(time.perf_counter() - start)
    seconds = {who: statistics.median(values) / batches for who, values in times.items()}
    return [
        {
            "name": "784-256-256-10 with batch normalization, batch 128",
            "seconds": seconds,
            "limit": None,
        }
    ]
