"""Training steps written out in NumPy: what a network of two or three layers costs at the least.

Everything is fused and in place: no layers, no tape, all weights and gradients in one vector,
buffers made once. The arithmetic is that of the model it is compared with.
"""

from itertools import pairwise

import numpy as np


class HandWritten:
    """A multilayer perceptron whose step is written out.

    Parameters
    ----------
    sizes : list of int
        Inputs, hidden units..., outputs.
    hidden : {"relu", "tanh"}
    output : {"softmax", "sigmoid"}
        With sparse cross-entropy and with the mean squared error.
    optimizer : {"adam", "sgd"}
    batch : int
    """

    def __init__(self, sizes, hidden, output, optimizer, batch, seed=0):
        self.random = rng = np.random.default_rng(seed)
        shapes = [s for a, b in pairwise(sizes) for s in ((a, b), (b,))]
        ends = np.cumsum([0] + [int(np.prod(s)) for s in shapes])
        self.values = np.zeros(ends[-1], np.float32)
        self.gradient = np.zeros_like(self.values)
        views = [
            [vector[a:b].reshape(s) for a, b, s in zip(ends, ends[1:], shapes)]
            for vector in (self.values, self.gradient)
        ]
        self.kernels, self.biases = views[0][::2], views[0][1::2]
        self.dkernels, self.dbiases = views[1][::2], views[1][1::2]
        for kernel in self.kernels:
            limit = np.sqrt(6 / sum(kernel.shape))
            kernel[...] = rng.uniform(-limit, limit, kernel.shape)
        self.hidden, self.output, self.optimizer = hidden, output, optimizer
        self.z = [np.empty((batch, n), np.float32) for n in sizes[1:]]
        self.dz = [np.empty((batch, n), np.float32) for n in sizes[1:]]
        self.ones = np.ones(batch, np.float32)
        self.rows = np.arange(batch)
        self.batch = batch
        self.m, self.v = np.zeros_like(self.values), np.zeros_like(self.values)
        block = min(65536, self.values.size)
        self.scratch = np.empty(block, np.float32)
        self.blocks = [
            (
                *(a[i : i + block] for a in (self.values, self.gradient, self.m, self.v)),
                self.scratch[: len(self.values[i : i + block])],
            )
            for i in range(0, self.values.size, block)
        ]
        self.constants = {
            k: np.array(v, np.float32)
            for k, v in {
                "b1": 0.1, "b2": 0.001, "lr": 0.1, "half": 0.5, "one": 1.0, "eps": 1e-7,
                "zero": 0.0, "mean": 1 / batch, "mse": 2 / (batch * sizes[-1]),
            }.items()
        }  # fmt: skip
        self.rate = np.array(0.0, np.float32)
        self.step_count = 0

    def forward(self, x):
        """Return the outputs for one batch, kept in buffers."""
        c = self.constants
        a = x
        last = len(self.kernels) - 1
        for i, (kernel, bias, z) in enumerate(zip(self.kernels, self.biases, self.z)):
            a.dot(kernel, z)
            z += bias
            if i < last:
                if self.hidden == "relu":
                    np.maximum(z, c["zero"], z)
                else:
                    np.tanh(z, z)
            a = z
        if self.output == "softmax":
            a -= a.max(axis=1, keepdims=True)
            np.exp(a, a)
            a /= a.sum(axis=1, keepdims=True)
        else:
            a *= c["half"]
            np.tanh(a, a)
            a *= c["half"]
            a += c["half"]
        return a

    def step(self, x, y):
        """Train on one batch; return the loss."""
        c = self.constants
        p = self.forward(x)
        dz = self.dz[-1]
        if self.output == "softmax":
            loss = -np.log(p[self.rows, y]).dot(self.ones) / self.batch
            np.copyto(dz, p)
            dz[self.rows, y] -= c["one"]
            dz *= c["mean"]
        else:
            np.subtract(p, y, dz)
            flat = dz.ravel()
            loss = flat.dot(flat) / flat.size
            dz *= c["mse"]
            dz *= p
            np.subtract(c["one"], p, p)
            dz *= p
        for i in range(len(self.kernels) - 1, -1, -1):
            a = self.z[i - 1] if i else x
            a.T.dot(dz, self.dkernels[i])
            self.ones.dot(dz, self.dbiases[i])
            if i:
                below = self.dz[i - 1]
                dz.dot(self.kernels[i].T, below)
                if self.hidden == "relu":
                    below *= np.sign(a)
                else:
                    np.multiply(a, a, a)
                    np.subtract(c["one"], a, a)
                    below *= a
                dz = below
        self.update()
        return float(loss)

    def update(self):
        """Change the weights."""
        c = self.constants
        if self.optimizer == "sgd":
            self.gradient *= c["lr"]
            self.values -= self.gradient
            return
        self.step_count += 1
        t = self.step_count
        self.rate[()] = 0.001 * (1 - 0.999**t) ** 0.5 / (1 - 0.9**t)
        for w, g, m, v, s in self.blocks:
            np.subtract(g, m, s)
            s *= c["b1"]
            m += s
            np.multiply(g, g, s)
            s -= v
            s *= c["b2"]
            v += s
            np.sqrt(v, s)
            s += c["eps"]
            np.divide(m, s, s)
            s *= self.rate
            w -= s

    def train(self, x, y, epochs):
        """Train on all batches, in a new random order every epoch; return the last mean loss."""
        for _ in range(epochs):
            order = self.random.permutation(len(x))
            total = 0.0
            for i in range(0, len(x), self.batch):
                rows = order[i : i + self.batch]
                total += self.step(x.take(rows, 0, mode="clip"), y.take(rows, 0, mode="clip"))
        return total * self.batch / len(x)
