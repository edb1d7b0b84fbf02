"""The convolutional network of Keras's MNIST example, and a network of Conv1D.

The measure is a training step written out in NumPy: everything for a few images at a time, so that
all between the data and the gradients stays in the processor's cache, pooling before bias and relu
(they commute with a maximum), and buffers made once. "hand, cut" also leaves out the last row and
column of the second convolution, which pooling drops: a tenth less to compute.
"""

import importlib.util
import os
import statistics
import time

import numpy as np
from hand import HandWritten
from numpy.lib.stride_tricks import as_strided

import minikeras

RATE = 0.001  # of Adam, in all of them


def windows(x, size):
    """Return a view of all windows of ``x``: (batch, rows, columns, *size, channels)."""
    n, h, w, c = x.shape
    a, b, d, e = x.strides
    shape = (n, h - size + 1, w - size + 1, size, size, c)
    return as_strided(x, shape, (a, b, d, b, d, e), writeable=False)


class HandConvNet:
    """28x28x1, conv 32, pool, conv 64, pool, dropout 0.5, dense 10 softmax: one step written out.

    Parameters
    ----------
    batch : int
        A multiple of ``block``.
    block : int
        Images at a time, a multiple of 4.
    cut : bool
        Whether to leave out the last row and column of the second convolution, which the pooling
        after it does not look at.
    """

    update = HandWritten.update

    def __init__(self, batch=128, block=8, seed=0, cut=False):
        self.random = rng = np.random.default_rng(seed)
        self.batch, self.block, self.optimizer = batch, block, "adam"
        shapes = [(9, 32), (32,), (288, 64), (64,), (1600, 10), (10,)]
        ends = np.cumsum([0] + [int(np.prod(s)) for s in shapes])
        self.values = np.zeros(ends[-1], np.float32)
        self.gradient = np.zeros_like(self.values)
        parts = list(zip(ends, ends[1:], shapes))
        self.k1, self.b1, self.k2, self.b2, self.k3, self.b3 = (
            self.values[a:b].reshape(s) for a, b, s in parts
        )
        self.gradients = [self.gradient[a:b].reshape(s) for a, b, s in parts]
        for kernel, fans in ((self.k1, 9 * 33), (self.k2, 9 * 96), (self.k3, 1610)):
            limit = np.sqrt(6 / fans)
            kernel[...] = rng.uniform(-limit, limit, kernel.shape)
        self.m, self.v = np.zeros_like(self.values), np.zeros_like(self.values)
        scratch = np.empty_like(self.values)
        self.blocks = [(self.values, self.gradient, self.m, self.v, scratch)]
        self.constants = {
            k: np.array(v, np.float32)
            for k, v in {"b1": 0.1, "b2": 0.001, "eps": 1e-7, "zero": 0.0, "inf": np.inf}.items()
        }
        self.rate, self.step_count = np.array(0.0, np.float32), 0

        def array(*shape):
            return np.empty((block, *shape), np.float32)

        # The first patches lie as planes, (3, 3, 4, 26, 26), so that rows are copied, not triples;
        # products are of four images, or four rows: so small that OpenBLAS need not pack them.
        self.patches1 = np.empty((block // 4, 9, 4 * 676), np.float32)
        self.z1, self.r1, self.p1 = array(26, 26, 32), array(13, 26, 32), array(13, 13, 32)
        self.n = n = 10 if cut else 11
        self.patches2 = array(n * n, 288)
        self.z2, self.r2, self.p2 = array(n, n, 64), array(5, 10, 64), array(5, 5, 64)
        self.won1, self.won1c = np.empty(self.r1.shape, bool), np.empty(self.p1.shape, bool)
        self.won2, self.won2c = np.empty(self.r2.shape, bool), np.empty(self.p2.shape, bool)
        self.dp1, self.dp2 = np.empty_like(self.p1), np.empty_like(self.p2)
        self.product, self.a3 = array(n * n, 32), array(1600)
        self.ones = np.ones(block * 169, np.float32)
        self.rows = np.arange(block)
        self.windows2 = windows(self.p1, 3)[:, :n, :n]
        self.sums = [np.empty_like(g) for g in self.gradients]

    def pool(self, z, rows, out, won, won_columns):
        """Write the largest of 2x2 into ``out``, and who it was."""
        h, w = out.shape[1] * 2, out.shape[2] * 2
        upper, lower = z[:, 0:h:2, :w], z[:, 1:h:2, :w]
        np.maximum(upper, lower, out=rows)
        np.equal(upper, rows, out=won)
        left, right = rows[:, :, 0::2], rows[:, :, 1::2]
        np.maximum(left, right, out=out)
        np.equal(left, out, out=won_columns)

    def unpool(self, dy, rows, z, won, won_columns):
        """Write the gradient of ``pool`` into ``z``."""
        h, w = dy.shape[1] * 2, dy.shape[2] * 2
        np.multiply(dy, won_columns, out=rows[:, :, 0::2])
        np.subtract(dy, rows[:, :, 0::2], out=rows[:, :, 1::2])
        upper = z[:, 0:h:2, :w]
        np.multiply(rows, won, out=upper)
        np.subtract(rows, upper, out=z[:, 1:h:2, :w])
        z[:, h:] = 0.0
        z[:, :, w:] = 0.0

    def relu(self, p, bias):
        """Add the bias and cut at zero, in place."""
        p += bias
        p.clip(self.constants["zero"], self.constants["inf"], out=p)

    def work(self, x, y, mask):
        """Add the gradients of one block to ``sums``; return its loss."""
        block, c, n = self.block, self.constants, self.n
        planes = self.patches1.reshape(-1, 3, 3, 4, 26, 26).transpose(0, 3, 4, 5, 1, 2)
        np.copyto(planes, x.reshape(-1, 4, 26, 26, 3, 3))
        z1, z2 = self.z1.reshape(-1, 2704, 32), self.z2.reshape(-1, 64)
        np.matmul(self.patches1.transpose(0, 2, 1), self.k1, out=z1)
        self.pool(self.z1, self.r1, self.p1, self.won1, self.won1c)
        self.relu(self.p1, self.b1)
        patches2 = self.patches2.reshape(-1, 288)
        np.copyto(self.patches2.reshape(block, n, n, 3, 3, 32), self.windows2)
        np.matmul(patches2.reshape(-1, 4 * n, 288), self.k2, out=z2.reshape(-1, 4 * n, 64))
        self.pool(self.z2, self.r2, self.p2, self.won2, self.won2c)
        self.relu(self.p2, self.b2)
        a3 = self.a3
        np.multiply(self.p2.reshape(block, 1600), mask, out=a3)
        p = a3.dot(self.k3)
        p += self.b3
        p -= p.max(axis=1, keepdims=True)
        np.exp(p, p)
        p /= p.sum(axis=1, keepdims=True)
        loss = -np.log(p[self.rows, y]).sum()

        p[self.rows, y] -= 1.0
        p *= 1.0 / self.batch
        dk1, db1, dk2, db2, dk3, db3 = self.sums
        dk3 += a3.T.dot(p)
        db3 += p.sum(axis=0)
        dp2 = self.dp2.reshape(block, 1600)
        np.dot(p, self.k3.T, out=dp2)
        dp2 *= mask
        self.dp2 *= self.p2 > c["zero"]
        db2 += self.ones[: block * 25].dot(self.dp2.reshape(-1, 64))
        self.unpool(self.dp2, self.r2, self.z2, self.won2, self.won2c)
        dk2 += patches2.T.dot(z2)
        self.dp1.fill(0.0)
        product, four = (a.reshape(block // 4, -1, a.shape[-1]) for a in (self.product, z2))
        for i in range(3):
            for j in range(3):
                np.matmul(four, self.backward[i, j], out=product)
                part = self.dp1[:, i : i + n, j : j + n]
                np.add(part, self.product.reshape(block, n, n, 32), out=part)
        self.dp1 *= self.p1 > c["zero"]
        db1 += self.ones.dot(self.dp1.reshape(-1, 32))
        self.unpool(self.dp1, self.r1, self.z1, self.won1, self.won1c)
        dk1 += np.matmul(self.patches1, z1).sum(axis=0)
        return loss

    def step(self, x, y):
        """Train on one batch; return the loss."""
        bytes_ = self.random.bit_generator.random_raw(len(x) * 200).view(np.uint8)
        masks = np.multiply(bytes_.reshape(len(x), 1600) < 128, np.float32(2.0))
        for total in self.sums:
            total.fill(0.0)
        self.backward = np.ascontiguousarray(self.k2.reshape(3, 3, 32, 64).swapaxes(2, 3))
        views = windows(x, 3)
        loss = 0.0
        for i in range(0, len(x), self.block):
            part = slice(i, i + self.block)
            loss += self.work(views[part], y[part], masks[part])
        for gradient, total in zip(self.gradients, self.sums):
            gradient[...] = total
        self.update()
        return loss / self.batch

    def train(self, x, y, epochs):
        """Train on all batches, in a new random order every epoch; return the last mean loss."""
        for _ in range(epochs):
            order = self.random.permutation(len(x))
            total = 0.0
            for i in range(0, len(x), self.batch):
                rows = order[i : i + self.batch]
                total += self.step(x.take(rows, 0, mode="clip"), y.take(rows, 0, mode="clip"))
        return total * self.batch / len(x)


class HandConv1D:
    """Steps of 16 numbers, Conv1D 64, Conv1D 64 with stride 2, dense 10 softmax: one step."""

    update = HandWritten.update
    train = HandConvNet.train

    def __init__(self, length=100, batch=64, block=16, seed=0):
        self.random = rng = np.random.default_rng(seed)
        self.batch, self.block, self.optimizer = batch, block, "adam"
        self.o1, self.o2 = length - 4, (length - 4 - 5) // 2 + 1
        shapes = [(80, 64), (64,), (320, 64), (64,), (self.o2 * 64, 10), (10,)]
        ends = np.cumsum([0] + [int(np.prod(s)) for s in shapes])
        self.values = np.zeros(ends[-1], np.float32)
        self.gradient = np.zeros_like(self.values)
        parts = list(zip(ends, ends[1:], shapes))
        self.weights = [self.values[a:b].reshape(s) for a, b, s in parts]
        self.gradients = [self.gradient[a:b].reshape(s) for a, b, s in parts]
        for kernel, fans in zip(self.weights[::2], (5 * 80, 5 * 128, self.o2 * 64 + 10)):
            limit = np.sqrt(6 / fans)
            kernel[...] = rng.uniform(-limit, limit, kernel.shape)
        self.m, self.v = np.zeros_like(self.values), np.zeros_like(self.values)
        scratch = np.empty_like(self.values)
        self.blocks = [(self.values, self.gradient, self.m, self.v, scratch)]
        self.constants = {
            k: np.array(v, np.float32)
            for k, v in {"b1": 0.1, "b2": 0.001, "eps": 1e-7, "zero": 0.0, "inf": np.inf}.items()
        }
        self.rate, self.step_count = np.array(0.0, np.float32), 0

        def array(*shape):
            return np.empty((block, *shape), np.float32)

        self.patches1, self.patches2 = array(self.o1, 80), array(self.o2, 320)
        self.z1, self.z2, self.dz1 = array(self.o1, 64), array(self.o2, 64), array(self.o1, 64)
        self.dz2, self.product = array(self.o2, 64), array(self.o2, 64)
        a, b, c = self.z1.strides
        self.windows2 = as_strided(self.z1, (block, self.o2, 5, 64), (a, 2 * b, b, c))
        self.bias1, self.bias2 = np.empty(self.o1 * 64, "f4"), np.empty(self.o2 * 64, "f4")
        self.ones, self.rows = np.ones(block * self.o1, np.float32), np.arange(block)

    def work(self, x, y):
        """Add the gradients of one block; return its loss."""
        block, c = self.block, self.constants
        k1, _, k2, _, k3, b3 = self.weights
        dk1, db1, dk2, db2, dk3, db3 = self.gradients
        a, b, d = x.strides
        np.copyto(
            self.patches1.reshape(block, self.o1, 5, 16),
            as_strided(x, (block, self.o1, 5, 16), (a, b, b, d)),
        )
        patches1, patches2 = self.patches1.reshape(-1, 80), self.patches2.reshape(-1, 320)
        z1, z2 = self.z1.reshape(block, -1), self.z2.reshape(block, -1)
        np.matmul(patches1, k1, out=z1.reshape(-1, 64))
        z1 += self.bias1
        z1.clip(c["zero"], c["inf"], out=z1)
        np.copyto(self.patches2.reshape(block, self.o2, 5, 64), self.windows2)
        np.matmul(patches2, k2, out=z2.reshape(-1, 64))
        z2 += self.bias2
        z2.clip(c["zero"], c["inf"], out=z2)
        p = z2.dot(k3)
        p += b3
        p -= p.max(axis=1, keepdims=True)
        np.exp(p, p)
        p /= p.sum(axis=1, keepdims=True)
        loss = -np.log(p[self.rows, y]).sum()
        p[self.rows, y] -= 1.0
        p *= 1.0 / self.batch
        dk3 += z2.T.dot(p)
        db3 += p.sum(axis=0)
        dz2 = self.dz2.reshape(block, -1)
        np.dot(p, k3.T, out=dz2)
        dz2 *= z2 > c["zero"]
        dz2 = dz2.reshape(-1, 64)
        dk2 += patches2.T.dot(dz2)
        db2 += self.ones[: len(dz2)].dot(dz2)
        self.dz1.fill(0.0)
        product = self.product.reshape(-1, 64)
        for i in range(5):
            np.matmul(dz2, self.backward[i], out=product)
            part = self.dz1[:, i : i + 2 * self.o2 - 1 : 2]
            np.add(part, self.product, out=part)
        self.dz1 *= self.z1 > c["zero"]
        dz1 = self.dz1.reshape(-1, 64)
        dk1 += patches1.T.dot(dz1)
        db1 += self.ones.dot(dz1)
        return loss

    def step(self, x, y):
        """Train on one batch; return the loss."""
        self.gradient.fill(0.0)
        self.bias1.reshape(-1, 64)[...] = self.weights[1]
        self.bias2.reshape(-1, 64)[...] = self.weights[3]
        self.backward = np.ascontiguousarray(self.weights[2].reshape(5, 64, 64).swapaxes(1, 2))
        loss = 0.0
        for i in range(0, len(x), self.block):
            part = slice(i, i + self.block)
            loss += self.work(x[part], y[part])
        self.update()
        return loss / self.batch


def layers_of(kind, layers):
    """Return the layers of a network, from the ``layers`` of minikeras or of Keras."""
    if kind == "images":
        return [
            layers.Conv2D(32, 3, activation="relu"),
            layers.MaxPooling2D(2),
            layers.Conv2D(64, 3, activation="relu"),
            layers.MaxPooling2D(2),
            layers.Flatten(),
            layers.Dropout(0.5),
            layers.Dense(10, activation="softmax"),
        ]
    return [
        layers.Conv1D(64, 5, activation="relu"),
        layers.Conv1D(64, 5, strides=2, activation="relu"),
        layers.Flatten(),
        layers.Dense(10, activation="softmax"),
    ]


def with_keras(library, kind, shape, batch):
    """Return a function that trains with ``library``: minikeras or Keras."""
    model = library.Sequential([library.Input(shape), *layers_of(kind, library.layers)])
    model.compile("adam", "sparse_categorical_crossentropy")
    return lambda x, y, epochs: model.fit(x, y, batch_size=batch, epochs=epochs, verbose=0)


def with_torch(kind, shape, batch):
    """Return a function that trains in PyTorch's eager mode."""
    import torch
    from torch import nn

    torch.set_num_threads(1)
    if kind == "images":
        layers = [
            nn.Conv2d(1, 32, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(32, 64, 3), nn.ReLU(),
            nn.MaxPool2d(2), nn.Flatten(), nn.Dropout(0.5), nn.Linear(1600, 10),
        ]  # fmt: skip
    else:
        layers = [
            nn.Conv1d(16, 64, 5), nn.ReLU(), nn.Conv1d(64, 64, 5, stride=2), nn.ReLU(),
            nn.Flatten(), nn.Linear(46 * 64, 10),
        ]  # fmt: skip
    model = nn.Sequential(*layers)
    loss_of, update = nn.CrossEntropyLoss(), torch.optim.Adam(model.parameters(), lr=RATE)

    def train(x, y, epochs):
        x, y = torch.from_numpy(np.ascontiguousarray(np.moveaxis(x, -1, 1))), torch.from_numpy(y)
        for _ in range(epochs):
            order = torch.randperm(len(x))
            for i in range(0, len(x), batch):
                rows = order[i : i + batch]
                update.zero_grad()
                loss = loss_of(model(x[rows]), y[rows])
                loss.backward()
                update.step()
                loss.item()

    return train


def rows(smoke=False, peers=True):
    """Yield the time of a training step of both networks.

    Yields
    ------
    dict
        ``name``, ``seconds`` (who -> seconds a step) and ``limit``, the ratio that is wanted.
    """
    for name, kind, shape, batch, limit in [
        ("MNIST convnet, batch 128", "images", (28, 28, 1), 128, 1.15),
        ("Conv1D 100x16, 64, 64, batch 64", "sequences", (100, 16), 64, None),
    ]:
        batches = 1 if smoke else 8
        rng = np.random.default_rng(0)
        x = rng.standard_normal((batch * batches, *shape)).astype(np.float32)
        y = rng.integers(10, size=len(x))
        if kind == "images":
            train = {"hand": HandConvNet().train, "hand, cut": HandConvNet(cut=True).train}
        else:
            train = {"hand": HandConv1D().train}
        train["minikeras"] = with_keras(minikeras, kind, shape, batch)
        if peers and importlib.util.find_spec("keras"):
            os.environ.setdefault("KERAS_BACKEND", "jax")
            import keras

            train[f"Keras ({keras.backend.backend()})"] = with_keras(keras, kind, shape, batch)
        if peers and importlib.util.find_spec("torch"):
            train["torch"] = with_torch(kind, shape, batch)
        times = {who: [] for who in train}
        for turn in range(2 if smoke else 10):
            for who, run in train.items():
                start = time.perf_counter()
                run(x, y, 1)
                if turn:  # the first one compiles and allocates
                    times[who].append((time.perf_counter() - start) / batches)
        seconds = {who: statistics.median(values) for who, values in times.items()}
        yield {"name": name, "seconds": seconds, "limit": limit}
