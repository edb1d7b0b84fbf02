"""A text classifier, Embedding(10000, 64) -> LSTM(64) or GRU(64) -> Dense(1), 80 steps, batch 32.

The measure is a training step written out in NumPy: words are looked up with time as the first
axis, the product of all inputs with the kernel is one GEMM, one tanh serves all gates (a sigmoid is
a scaled tanh), what does not depend on the gradient is computed for all steps at once before the
loop back through time, the gradients of the weights are one GEMM each, and buffers are made once.
"""

import importlib.util
import os
import statistics
import time

import numpy as np
from hand import HandWritten

import minikeras

WORDS, FEATURES, UNITS, STEPS, BATCH = 10000, 64, 64, 80, 32


class HandText:
    """What both classifiers share: the weights in one vector, looking up words, the last layer.

    Parameters
    ----------
    batch, steps : int
    seed : int
    """

    gates = 0
    bias_rows = 1
    update = HandWritten.update

    def __init__(self, batch=BATCH, steps=STEPS, seed=0):
        self.random = rng = np.random.default_rng(seed)
        self.batch, self.steps, self.optimizer = batch, steps, "adam"
        wide = self.gates * UNITS
        shapes = [(WORDS, FEATURES), (FEATURES, wide), (UNITS, wide), (self.bias_rows, wide)]
        shapes += [(UNITS, 1), (1,)]
        ends = np.cumsum([0] + [int(np.prod(s)) for s in shapes])
        self.values = np.zeros(ends[-1], np.float32)
        self.gradient = np.zeros_like(self.values)
        parts = list(zip(ends, ends[1:], shapes))
        self.table, self.kernel, self.recurrent, self.bias, self.out, self.out_bias = (
            self.values[a:b].reshape(s) for a, b, s in parts
        )
        self.gradients = [self.gradient[a:b].reshape(s) for a, b, s in parts]
        self.table[...] = rng.uniform(-0.05, 0.05, self.table.shape)
        for kernel in (self.kernel, self.recurrent, self.out):
            limit = np.sqrt(6 / sum(kernel.shape))
            kernel[...] = rng.uniform(-limit, limit, kernel.shape)
        self.m, self.v = np.zeros_like(self.values), np.zeros_like(self.values)
        block = 65536
        scratch = np.empty(block, np.float32)
        vectors = self.values, self.gradient, self.m, self.v
        self.blocks = [
            (*(a[i : i + block] for a in vectors), scratch[: len(self.values[i : i + block])])
            for i in range(0, len(self.values), block)
        ]
        self.constants = {
            k: np.array(v, np.float32)
            for k, v in {"b1": 0.1, "b2": 0.001, "eps": 1e-7, "half": 0.5, "one": 1.0}.items()
        }
        self.rate, self.step_count = np.array(0.0, np.float32), 0
        self.xs = np.empty((steps * batch, FEATURES), np.float32)
        self.dxs = np.empty_like(self.xs)
        self.hs = np.zeros((steps + 1, batch, UNITS), np.float32)
        self.scratch, self.dh = np.empty((2, batch, UNITS), np.float32)
        self.ones = np.ones(steps * batch, np.float32)

    def buffer(self, *shape):
        """Return room for ``shape`` at each step."""
        return np.empty((self.steps, self.batch, *shape), np.float32)

    def by_gate(self, kernel, order, halved):
        """Return one matrix a gate; those of sigmoids are halved."""
        matrices = kernel.reshape(-1, self.gates, UNITS).transpose(1, 0, 2)[order].copy()
        matrices[:halved] *= self.constants["half"]
        return matrices

    def step(self, words, y):
        """Train on one batch of int words (batch, steps); return the loss."""
        c = self.constants
        words = np.ascontiguousarray(words.T).reshape(-1)
        self.table.take(words, 0, out=self.xs, mode="clip")
        self.forward()
        last = self.hs[-1]
        p = last.dot(self.out)
        p += self.out_bias
        p *= c["half"]
        np.tanh(p, p)
        p *= c["half"]
        p += c["half"]
        clipped = p.clip(1e-7, 1 - 1e-7)
        loss = -np.log(np.where(y > 0, clipped, 1 - clipped)).mean()

        dz = (p - y) * np.float32(1 / self.batch)
        dtable, dkernel, drecurrent, dbias, dout, dout_bias = self.gradients
        last.T.dot(dz, dout)
        dout_bias[0] = dz.sum()
        np.multiply(dz, self.out.T, out=self.dh)
        self.backward(dkernel, drecurrent, dbias)
        self.sum_rows(words, dtable)
        self.update()
        return float(loss)

    def sum_rows(self, words, table):
        """Add up the gradients of equal words; most occur once or twice."""
        keys = words.astype(np.uint16)
        order = keys.argsort(kind="stable")
        keys = keys[order]
        first = np.empty(len(keys), bool)
        first[0] = True
        np.not_equal(keys[1:], keys[:-1], out=first[1:])
        table.fill(0.0)
        starts = np.flatnonzero(first)
        sizes = np.diff(starts, append=len(keys))
        table[keys[starts]] = self.dxs.take(order[starts], 0)
        nth = 1
        while True:
            starts = starts[sizes > nth]
            sizes = sizes[sizes > nth]
            if not len(starts):
                return
            table[keys[starts]] += self.dxs.take(order[starts + nth], 0)
            nth += 1

    def train(self, x, y, epochs):
        """Train on all batches, in a new random order every epoch; return the last mean loss."""
        for _ in range(epochs):
            order = self.random.permutation(len(x))
            total = 0.0
            for i in range(0, len(x), self.batch):
                rows = order[i : i + self.batch]
                total += self.step(x.take(rows, 0, mode="clip"), y.take(rows, 0, mode="clip"))
        return total * self.batch / len(x)


class HandLSTM(HandText):
    """The classifier with an LSTM."""

    gates = 4

    def __init__(self, batch=BATCH, steps=STEPS, seed=0):
        super().__init__(batch, steps, seed)
        self.bias[0, UNITS : 2 * UNITS] = 1.0
        self.z = np.empty((4, steps, batch, UNITS), np.float32)
        self.slopes = np.empty_like(self.z)
        self.cs = np.zeros_like(self.hs)
        self.tanhs, self.through, self.ig = (self.buffer(UNITS) for _ in range(3))
        self.dz = self.buffer(4, UNITS)
        self.product = np.empty((4, batch, UNITS), np.float32)
        self.dc = np.empty((batch, UNITS), np.float32)

    def forward(self):
        """Compute all states; gates lie as input, forget, output, candidate."""
        half, order, s = self.constants["half"], [0, 1, 3, 2], self.scratch
        np.matmul(self.xs, self.by_gate(self.kernel, order, 3), out=self.z.reshape(4, -1, UNITS))
        self.z.reshape(4, -1, UNITS)[...] += self.by_gate(self.bias, order, 3)
        weights = self.by_gate(self.recurrent, order, 3)
        hs, cs = self.hs, self.cs
        for z, h, c, h1, c1, tanh in zip(self.z.swapaxes(0, 1), hs, cs, hs[1:], cs[1:], self.tanhs):
            np.matmul(h, weights, self.product)
            np.add(z, self.product, z)
            np.tanh(z, z)
            i, f, o, g = z
            sigmoids = z[:3]
            np.multiply(sigmoids, half, sigmoids)
            np.add(sigmoids, half, sigmoids)
            np.multiply(f, c, c1)
            np.multiply(i, g, s)
            np.add(c1, s, c1)
            np.tanh(c1, tanh)
            np.multiply(o, tanh, h1)

    def backward(self, dkernel, drecurrent, dbias):
        """Walk back through time from ``dh``."""
        one = self.constants["one"]
        i, f, o, g = self.z
        si, sf, sg, so = self.slopes
        through, ig = self.through, self.ig
        np.multiply(i, g, ig)
        np.subtract(one, i, si)
        np.multiply(si, ig, si)
        np.subtract(one, f, sf)
        np.multiply(sf, f, sf)
        np.multiply(sf, self.cs[:-1], sf)
        np.multiply(ig, g, sg)
        np.subtract(i, sg, sg)
        np.multiply(self.hs[1:], self.tanhs, through)
        np.subtract(o, through, through)
        np.subtract(one, o, so)
        np.multiply(so, self.hs[1:], so)
        dh, dc, s = self.dh, self.dc, self.scratch
        dc.fill(0.0)
        transposed = np.ascontiguousarray(self.recurrent.T)
        by_gate = self.dz.transpose(2, 0, 1, 3)
        for dz, into, slope_o, slope, into_o, slope_c, keep in zip(
            self.dz.reshape(self.steps, self.batch, -1)[::-1],
            by_gate[:3].swapaxes(0, 1)[::-1],
            so[::-1],
            self.slopes[:3].swapaxes(0, 1)[::-1],
            by_gate[3, ::-1],
            through[::-1],
            f[::-1],
        ):
            np.multiply(dh, slope_c, s)
            np.add(dc, s, dc)
            np.multiply(dc, slope, into)
            np.multiply(dh, slope_o, into_o)
            np.multiply(dc, keep, dc)
            dz.dot(transposed, dh)
        dz = self.dz.reshape(-1, 4 * UNITS)
        dz.dot(self.kernel.T, self.dxs)
        self.xs.T.dot(dz, dkernel)
        self.hs[:-1].reshape(-1, UNITS).T.dot(dz, drecurrent)
        self.ones.dot(dz, dbias[0])


class HandGRU(HandText):
    """The classifier with a GRU that resets after the product, as Keras does."""

    gates = 3
    bias_rows = 2

    def __init__(self, batch=BATCH, steps=STEPS, seed=0):
        super().__init__(batch, steps, seed)
        self.z = np.empty((3, steps, batch, UNITS), np.float32)
        self.inner, self.rest = self.buffer(UNITS), self.buffer(UNITS)
        self.product = np.empty((3, batch, UNITS), np.float32)
        self.slopes = np.empty((4, steps, batch, UNITS), np.float32)  # of n, z, r, g
        self.d = self.buffer(4, UNITS)

    def forward(self):
        """Compute all states; gates lie as update, reset, candidate."""
        half, order, s = self.constants["half"], [0, 1, 2], self.scratch
        z = self.z.reshape(3, -1, UNITS)
        np.matmul(self.xs, self.by_gate(self.kernel, order, 2), out=z)
        bias = self.by_gate(self.bias, order, 2)  # (3, 2, units)
        z[:2] += bias[:2].sum(axis=1, keepdims=True)
        z[2] += bias[2, 0]
        inner_bias = bias[2, 1]
        weights = self.by_gate(self.recurrent, order, 2)
        first, last = self.product[:2], self.product[2]
        for z, n, h, h1 in zip(self.z.swapaxes(0, 1), self.inner, self.hs, self.hs[1:]):
            np.matmul(h, weights, self.product)
            sigmoids = z[:2]
            np.add(sigmoids, first, sigmoids)
            np.tanh(sigmoids, sigmoids)
            np.multiply(sigmoids, half, sigmoids)
            np.add(sigmoids, half, sigmoids)
            z, r, g = z
            np.add(last, inner_bias, n)
            np.multiply(r, n, s)
            np.add(g, s, g)
            np.tanh(g, g)
            np.subtract(h, g, h1)
            np.multiply(h1, z, h1)
            np.add(h1, g, h1)

    def backward(self, dkernel, drecurrent, dbias):
        """Walk back through time from ``dh``."""
        one = self.constants["one"]
        z, r, g = self.z
        sn, sz, sr, sg = self.slopes
        rest = self.rest
        np.subtract(one, z, rest)
        np.subtract(self.hs[1:], g, sz)  # z * (h - g)
        np.multiply(sz, rest, sz)
        np.multiply(g, g, sg)
        np.subtract(one, sg, sg)
        np.multiply(sg, rest, sg)
        np.multiply(sg, r, sn)
        np.subtract(one, r, sr)
        np.multiply(sr, sn, sr)
        np.multiply(sr, self.inner, sr)
        dh, s = self.dh, self.scratch
        columns = self.recurrent.reshape(UNITS, 3, UNITS)[:, [2, 0, 1]]
        transposed = np.ascontiguousarray(columns.reshape(UNITS, -1).T)
        flat = self.d.reshape(self.steps, self.batch, -1)[:, :, : 3 * UNITS]
        for d, into, slope, keep in zip(
            flat[::-1],
            self.d.transpose(0, 2, 1, 3)[::-1],
            self.slopes.swapaxes(0, 1)[::-1],
            z[::-1],
        ):
            np.multiply(dh, slope, into)
            np.multiply(dh, keep, dh)
            d.dot(transposed, s)
            np.add(dh, s, dh)
        d = self.d.reshape(-1, 4 * UNITS)
        outer = d[:, UNITS:]  # of parts of rows, np.dot makes copies; np.matmul does not
        np.matmul(outer, self.kernel.T, out=self.dxs)
        np.matmul(self.xs.T, outer, out=dkernel)
        found = np.matmul(self.hs[:-1].reshape(-1, UNITS).T, d[:, : 3 * UNITS])
        drecurrent[:, 2 * UNITS :] = found[:, :UNITS]
        drecurrent[:, : 2 * UNITS] = found[:, UNITS:]
        sums = self.ones.dot(d)
        dbias[0] = sums[UNITS:]
        dbias[1, : 2 * UNITS] = sums[UNITS : 3 * UNITS]
        dbias[1, 2 * UNITS :] = sums[:UNITS]


def build(library, kind):
    """Return the compiled model of minikeras or Keras."""
    layers = library.layers
    model = library.Sequential(
        [
            library.Input((STEPS,), dtype="int32"),
            layers.Embedding(WORDS, FEATURES),
            getattr(layers, kind)(UNITS),
            layers.Dense(1, activation="sigmoid"),
        ]
    )
    model.compile("adam", "binary_crossentropy")
    return model


def fitted(model):
    """Return a function that trains a model."""
    return lambda x, y, epochs: model.fit(x, y, batch_size=BATCH, epochs=epochs, verbose=0)


def keras_trainer(kind):
    """Return (train,) with Keras on jax."""
    os.environ.setdefault("KERAS_BACKEND", "jax")
    import keras

    return fitted(build(keras, kind))


def torch_trainer(kind):
    """Return (train,) in PyTorch's eager mode, whose recurrent layers are fused."""
    import torch
    from torch import nn

    torch.set_num_threads(1)

    class Classifier(nn.Module):
        def __init__(self):
            super().__init__()
            self.embedding = nn.Embedding(WORDS, FEATURES)
            self.recurrent = getattr(nn, kind)(FEATURES, UNITS, batch_first=True)
            self.out = nn.Linear(UNITS, 1)

        def forward(self, x):
            return self.out(self.recurrent(self.embedding(x))[0][:, -1])

    model = Classifier()
    loss_of = nn.BCEWithLogitsLoss()
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
    """Time a training step of each classifier, all in turn; return a list of dictionaries.

    Times are those of the processor: they stay meaningful on a machine with other work to do.
    """
    rng = np.random.default_rng(0)
    batches, rounds = (2, 1) if smoke else (10, 9)
    x = rng.integers(WORDS, size=(batches * BATCH, STEPS), dtype=np.int32)
    y = rng.integers(2, size=(len(x), 1)).astype(np.float32)
    found = []
    for kind, hand in (("LSTM", HandLSTM), ("GRU", HandGRU)):
        contestants = {"hand": hand().train, "minikeras": fitted(build(minikeras, kind))}
        if peers:
            for who, (module, make) in PEERS.items():
                if importlib.util.find_spec(module):
                    contestants[who] = make(kind)
        times = {who: [] for who in contestants}
        for turn in range(rounds + 1):  # the first one warms up
            for who, train in contestants.items():
                start = time.process_time()
                train(x, y, 1)
                if turn:
                    times[who].append((time.process_time() - start) / batches)
        seconds = {who: statistics.median(values) for who, values in times.items()}
        name = f"Embedding, {kind}({UNITS}), {STEPS} steps, batch {BATCH}"
        found.append({"name": name, "seconds": seconds, "limit": 1.15 if kind == "LSTM" else None})
    return found
