"""The small transformer of Keras's text classification example.

Tokens and positions are embedded in 32 numbers; one block of attention with 2 heads and a
feed-forward network of 32 units; mean over the 200 steps; dense 20, dense 2. The measure is a
training step written out in NumPy: a few samples at a time forward and backward, so that all
between the embedding and its gradient stays in the processor's cache, one product for query, key
and value, all biases and gradients in one vector, buffers made once.
"""

import importlib.util
import os
import statistics
import time

import numpy as np
from hand import HandWritten

import minikeras

STEPS, WORDS, DIM, HEADS, UNITS, CLASSES = 200, 20000, 32, 2, 20, 2
RATE = 0.1  # of the dropout


class HandTransformer:
    """One training step of the network, written out.

    Parameters
    ----------
    batch : int
        A multiple of ``block``.
    block : int
        Samples at a time.
    """

    update = HandWritten.update

    def __init__(self, batch=32, block=4, words=WORDS, steps=STEPS, seed=0):
        self.random = rng = np.random.default_rng(seed)
        self.batch, self.block, self.steps, self.optimizer = batch, block, steps, "adam"
        self.wide = wide = HEADS * DIM
        shapes = {
            "words": (words, DIM), "places": (steps, DIM),
            "qkv": (DIM, 3 * wide), "bqkv": (3 * wide,), "out": (wide, DIM), "bout": (DIM,),
            "g1": (DIM,), "b1": (DIM,), "f1": (DIM, DIM), "bf1": (DIM,),
            "f2": (DIM, DIM), "bf2": (DIM,), "g2": (DIM,), "b2": (DIM,),
            "d1": (DIM, UNITS), "bd1": (UNITS,), "d2": (UNITS, CLASSES), "bd2": (CLASSES,),
        }  # fmt: skip
        ends = np.cumsum([0] + [int(np.prod(s)) for s in shapes.values()])
        self.values = np.zeros(ends[-1], np.float32)
        self.gradient = np.zeros_like(self.values)
        parts = list(zip(shapes, ends, ends[1:], shapes.values()))
        self.w = {n: self.values[a:b].reshape(s) for n, a, b, s in parts}
        self.d = {n: self.gradient[a:b].reshape(s) for n, a, b, s in parts}
        for name, w in self.w.items():
            if w.ndim == 2:
                limit = 0.05 if name in ("words", "places") else np.sqrt(6 / sum(w.shape))
                w[...] = rng.uniform(-limit, limit, w.shape)
        self.w["g1"][...] = self.w["g2"][...] = 1.0
        self.m, self.v = np.zeros_like(self.values), np.zeros_like(self.values)
        size = min(65536, self.values.size)
        self.scratch = np.empty(size, np.float32)
        self.blocks = [
            (
                *(a[i : i + size] for a in (self.values, self.gradient, self.m, self.v)),
                self.scratch[: len(self.values[i : i + size])],
            )
            for i in range(0, self.values.size, size)
        ]
        constants = {"b1": 0.1, "b2": 0.001, "eps": 1e-7}
        self.constants = {k: np.array(v, np.float32) for k, v in constants.items()}
        self.zero, self.inf = np.float32(0.0), np.float32(np.inf)
        self.rate, self.step_count = np.array(0.0, np.float32), 0

        rows = block * steps

        def array(*shape):
            return np.empty(shape, np.float32)

        self.x, self.dx = array(batch, steps, DIM), array(batch, steps, DIM)
        self.qkv, self.dqkv = array(rows, 3 * wide), array(rows, 3 * wide)
        self.mean, self.dmean = array(rows, wide), array(rows, wide)
        self.p, self.ds = array(block, HEADS, steps, steps), array(HEADS, steps, steps)
        self.inverse = array(block, HEADS, steps, 1)
        self.h, self.f, self.t, self.u = (array(rows, DIM) for _ in range(4))
        self.unit1, self.unit2 = array(rows, DIM), array(rows, DIM)
        self.y1, self.y2, self.dy, self.dh = (array(rows, DIM) for _ in range(4))
        self.ones = np.ones(rows, np.float32)
        self.mean32 = np.full(DIM, 1 / DIM, np.float32)
        self.samples = np.arange(block)

    def normalize(self, x, unit, gamma, beta, out):
        """Write the normalized rows of ``x`` into ``unit``, scaled ones into ``out``."""
        np.subtract(x, x.dot(self.mean32)[:, None], out=unit)
        np.multiply(unit, unit, out=out)
        inverse = out.dot(self.mean32)
        inverse += 1e-6
        np.sqrt(inverse, out=inverse)
        np.divide(1.0, inverse, out=inverse)
        unit *= inverse[:, None]
        np.multiply(unit, gamma, out=out)
        out += beta
        return inverse

    def unnormalize(self, dy, unit, gamma, inverse, name):
        """Turn the gradient ``dy`` of ``normalize`` into that of its input, in place."""
        np.multiply(dy, unit, out=self.t)
        self.d["g" + name] += self.ones.dot(self.t)
        self.d["b" + name] += self.ones.dot(dy)
        dy *= gamma
        np.multiply(dy, unit, out=self.t)
        along = self.t.dot(self.mean32)
        np.multiply(unit, along[:, None], out=self.t)
        self.t += dy.dot(self.mean32)[:, None]
        dy -= self.t
        dy *= inverse[:, None]

    def attend(self):
        """Write the heads' means of the values into ``mean``."""
        shape = self.block, self.steps, 3, HEADS, DIM
        self.qkv[:, : self.wide] *= DIM**-0.5
        q, k, v = self.qkv.reshape(shape).transpose(2, 0, 3, 1, 4)
        out = self.mean.reshape(self.block, self.steps, HEADS, DIM).swapaxes(1, 2)
        longest = [np.einsum("bhsd,bhsd->bhs", a, a).max() for a in (q, k)]
        for i in range(self.block):
            p = self.p[i]
            np.matmul(q[i], k[i].swapaxes(1, 2), out=p)
            if longest[0] * longest[1] > 1600.0:  # exp cannot overflow up to there
                p -= p.max(axis=2, keepdims=True)
            np.exp(p, out=p)
            sums = p.reshape(-1, self.steps).dot(self.ones[: self.steps])
            np.divide(1.0, sums.reshape(HEADS, self.steps, 1), out=self.inverse[i])
            np.matmul(p, v[i], out=out[i])
        out *= self.inverse

    def unattend(self):
        """Write the gradient of ``attend`` into ``dqkv``; ``dmean`` is lost."""
        shape = self.block, self.steps, 3, HEADS, DIM
        q, k, v = self.qkv.reshape(shape).transpose(2, 0, 3, 1, 4)
        dq, dk, dv = self.dqkv.reshape(shape).transpose(2, 0, 3, 1, 4)
        heads = self.block, self.steps, HEADS, DIM
        g = self.dmean.reshape(heads).swapaxes(1, 2)
        g *= self.inverse
        along = np.einsum("bhsd,bhsd->bhs", g, self.mean.reshape(heads).swapaxes(1, 2))
        for i in range(self.block):
            p, ds = self.p[i], self.ds
            np.matmul(p.swapaxes(1, 2), g[i], out=dv[i])
            np.matmul(g[i], v[i].swapaxes(1, 2), out=ds)
            ds -= along[i][:, :, None]
            ds *= p
            np.matmul(ds, k[i], out=dq[i])
            np.matmul(ds.swapaxes(1, 2), q[i], out=dk[i])
        dq *= DIM**-0.5

    def work(self, x, dx, y, drop1, drop2, drop3, drop4):
        """Add the gradients of one block to ``gradient``, write ``dx``; return the loss."""
        w, d, block, steps = self.w, self.d, self.block, self.steps
        x.dot(w["qkv"], self.qkv)
        self.qkv += w["bqkv"]
        self.attend()
        self.mean.dot(w["out"], self.h)
        self.h += w["bout"]
        self.h *= drop1
        self.h += x
        inverse1 = self.normalize(self.h, self.unit1, w["g1"], w["b1"], self.y1)
        self.y1.dot(w["f1"], self.f)
        self.f += w["bf1"]
        self.f.clip(self.zero, self.inf, out=self.f)
        self.f.dot(w["f2"], self.h)
        self.h += w["bf2"]
        self.h *= drop2
        self.h += self.y1
        inverse2 = self.normalize(self.h, self.unit2, w["g2"], w["b2"], self.y2)
        pooled = self.ones[:steps].dot(self.y2.reshape(block, steps, DIM))
        pooled *= drop3 / steps
        a = np.maximum(pooled.dot(w["d1"]) + w["bd1"], 0.0)
        dropped = a * drop4
        p = dropped.dot(w["d2"]) + w["bd2"]
        p -= p.max(axis=1, keepdims=True)
        np.exp(p, out=p)
        p /= p.sum(axis=1, keepdims=True)
        loss = -np.log(p[self.samples, y]).sum()

        p[self.samples, y] -= 1.0
        p *= 1.0 / self.batch
        d["d2"] += dropped.T.dot(p)
        d["bd2"] += p.sum(axis=0)
        da = p.dot(w["d2"].T) * drop4
        da *= a > 0.0
        d["d1"] += pooled.T.dot(da)
        d["bd1"] += da.sum(axis=0)
        dpooled = da.dot(w["d1"].T)
        dpooled *= drop3 / steps
        dy = self.dy
        dy.reshape(block, steps, DIM)[...] = dpooled[:, None]
        self.unnormalize(dy, self.unit2, w["g2"], inverse2, "2")
        np.multiply(dy, drop2, out=self.dh)
        d["f2"] += self.f.T.dot(self.dh)
        d["bf2"] += self.ones.dot(self.dh)
        self.dh.dot(w["f2"].T, self.u)
        np.sign(self.f, out=self.f)
        self.u *= self.f
        d["f1"] += self.y1.T.dot(self.u)
        d["bf1"] += self.ones.dot(self.u)
        self.u.dot(w["f1"].T, self.dh)
        dy += self.dh
        self.unnormalize(dy, self.unit1, w["g1"], inverse1, "1")
        np.multiply(dy, drop1, out=self.dh)
        d["out"] += self.mean.T.dot(self.dh)
        d["bout"] += self.ones.dot(self.dh)
        self.dh.dot(w["out"].T, self.dmean)
        self.unattend()
        d["qkv"] += x.T.dot(self.dqkv)
        d["bqkv"] += self.ones.dot(self.dqkv)
        self.dqkv.dot(w["qkv"].T, dx)
        dx += dy
        return loss

    def keep(self, *shape):
        """Draw what dropout multiplies with; a byte decides about an element."""
        size = int(np.prod(shape))
        draws = self.random.bit_generator.random_raw(-(-size // 8)).view(np.uint8)[:size]
        bound = round((1.0 - RATE) * 256)
        mask = (draws < bound).reshape(shape).astype(np.float32)
        mask *= np.float32(256 / bound)
        return mask

    def add_rows(self, ids, rows):
        """Write the gradient of the table of words: rows of equal words are added."""
        table = self.d["words"]
        table.fill(0.0)
        order = ids.astype(np.uint16).argsort(kind="stable")
        ids = ids.take(order)
        starts = np.concatenate(([0], np.flatnonzero(ids[1:] != ids[:-1]) + 1))
        if len(ids) > 4 * len(starts):
            table[ids[starts]] = np.add.reduceat(rows.take(order, 0), starts, 0)
            return
        sizes = np.diff(starts, append=len(ids))
        table[ids[starts]] = rows.take(order[starts], 0)
        for i in range(1, sizes.max()):
            starts, sizes = starts[sizes > i], sizes[sizes > i]
            table[ids[starts]] += rows.take(order[starts + i], 0)

    def step(self, x, y):
        """Train on one batch; return the loss."""
        ids = x.astype(np.intp).ravel()
        self.w["words"].take(ids, 0, out=self.x.reshape(-1, DIM), mode="clip")
        self.x += self.w["places"]
        self.gradient[self.w["words"].size :].fill(0.0)
        drop1, drop2 = (self.keep(self.batch * self.steps, DIM) for _ in range(2))
        drop3, drop4 = self.keep(self.batch, DIM), self.keep(self.batch, UNITS)
        loss = 0.0
        for i in range(0, self.batch, self.block):
            part = slice(i, i + self.block)
            rows = slice(i * self.steps, (i + self.block) * self.steps)
            loss += self.work(
                self.x[part].reshape(-1, DIM), self.dx[part].reshape(-1, DIM), y[part],
                drop1[rows], drop2[rows], drop3[part], drop4[part],
            )  # fmt: skip
        places = self.dx.reshape(self.batch, -1)
        self.d["places"].ravel()[...] = np.ones(self.batch, np.float32).dot(places)
        self.add_rows(ids, self.dx.reshape(-1, DIM))
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


def keras_model(keras, np_like, words, steps):
    """Return the model in Keras's vocabulary; ``keras`` may be minikeras."""
    layers = keras.layers

    class TokenAndPositionEmbedding(layers.Layer):
        def __init__(self):
            super().__init__()
            self.tokens = layers.Embedding(words, DIM)
            self.positions = layers.Embedding(steps, DIM)

        def call(self, x):
            return self.tokens(x) + self.positions(np_like.arange(x.shape[-1]))

    class TransformerBlock(layers.Layer):
        def __init__(self):
            super().__init__()
            self.attention = layers.MultiHeadAttention(num_heads=HEADS, key_dim=DIM)
            self.network = keras.Sequential([layers.Dense(DIM, "relu"), layers.Dense(DIM)])
            self.norm1 = layers.LayerNormalization(epsilon=1e-6)
            self.norm2 = layers.LayerNormalization(epsilon=1e-6)
            self.drop1, self.drop2 = layers.Dropout(RATE), layers.Dropout(RATE)

        def call(self, x):
            y = self.norm1(x + self.drop1(self.attention(x, x)))
            return self.norm2(y + self.drop2(self.network(y)))

    inputs = keras.Input(shape=(steps,))
    x = TransformerBlock()(TokenAndPositionEmbedding()(inputs))
    x = layers.Dropout(RATE)(layers.GlobalAveragePooling1D()(x))
    x = layers.Dropout(RATE)(layers.Dense(UNITS, activation="relu")(x))
    model = keras.Model(inputs, layers.Dense(CLASSES, activation="softmax")(x))
    model.compile("adam", "sparse_categorical_crossentropy")
    return model


def ours(batch, words, steps):
    """Return a function that trains with minikeras."""
    model = keras_model(minikeras, np, words, steps)
    return lambda x, y, epochs: model.fit(x, y, batch_size=batch, epochs=epochs, verbose=0)


def keras_trainer(batch, words, steps):
    """Return a function that trains with Keras on jax."""
    os.environ.setdefault("KERAS_BACKEND", "jax")
    import keras

    model = keras_model(keras, keras.ops, words, steps)
    return lambda x, y, epochs: model.fit(x, y, batch_size=batch, epochs=epochs, verbose=0)


def torch_trainer(batch, words, steps):
    """Return a function that trains with PyTorch's eager mode and its fused attention."""
    import torch
    from torch import nn
    from torch.nn import functional

    torch.set_num_threads(1)

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.tokens, self.positions = nn.Embedding(words, DIM), nn.Embedding(steps, DIM)
            self.qkv, self.out = nn.Linear(DIM, 3 * HEADS * DIM), nn.Linear(HEADS * DIM, DIM)
            self.norm1, self.norm2 = nn.LayerNorm(DIM, 1e-6), nn.LayerNorm(DIM, 1e-6)
            self.network = nn.Sequential(nn.Linear(DIM, DIM), nn.ReLU(), nn.Linear(DIM, DIM))
            self.drop = nn.Dropout(RATE)
            self.head = nn.Sequential(
                nn.Dropout(RATE), nn.Linear(DIM, UNITS), nn.ReLU(), nn.Dropout(RATE),
                nn.Linear(UNITS, CLASSES),
            )  # fmt: skip

        def forward(self, x):
            x = self.tokens(x) + self.positions.weight
            qkv = self.qkv(x).reshape(*x.shape[:2], 3, HEADS, DIM).permute(2, 0, 3, 1, 4)
            mean = functional.scaled_dot_product_attention(*qkv).transpose(1, 2)
            y = self.norm1(x + self.drop(self.out(mean.reshape(*x.shape[:2], -1))))
            y = self.norm2(y + self.drop(self.network(y)))
            return self.head(y.mean(1))

    model = Net()
    loss_of, update = nn.CrossEntropyLoss(), torch.optim.Adam(model.parameters())

    def train(x, y, epochs):
        x, y = torch.from_numpy(x), torch.from_numpy(y)
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


PEERS = {"Keras (jax)": ("keras", keras_trainer), "torch": ("torch", torch_trainer)}


def rows(smoke, peers=True):
    """Return seconds a training step of each contestant, one dict a row."""
    batch, batches = 32, 1 if smoke else 4
    words, steps = (50, 20) if smoke else (WORDS, STEPS)
    rng = np.random.default_rng(0)
    x = rng.integers(words, size=(batch * batches, steps))
    y = rng.integers(CLASSES, size=batch * batches)
    makers = {"minikeras": ours}
    for who, (module, make) in PEERS.items():
        if peers and importlib.util.find_spec(module):
            makers[who] = make
    contestants = {"hand": HandTransformer(batch, words=words, steps=steps).train}
    contestants |= {who: make(batch, words, steps) for who, make in makers.items()}
    for train in contestants.values():
        train(x, y, 1)  # warm up: compile, allocate
    times = {who: [] for who in contestants}
    for _ in range(1 if smoke else 9):
        for who, train in contestants.items():
            start = time.perf_counter()
            train(x, y, 1)
            times[who].append((time.perf_counter() - start) / batches)
    seconds = {who: statistics.median(values) for who, values in times.items()}
    return [
        {"name": f"transformer, {steps} tokens, batch {batch}", "seconds": seconds, "limit": 1.15}
    ]
