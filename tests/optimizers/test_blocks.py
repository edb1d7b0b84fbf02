import tracemalloc

import numpy as np
import pytest

from minikeras.autodiff import Variable
from minikeras.optimizers import (
    SGD,
    Adadelta,
    Adafactor,
    Adagrad,
    Adam,
    Adamax,
    AdamW,
    Ftrl,
    Lamb,
    Lion,
    Muon,
    Nadam,
    RMSprop,
    ScheduleFreeAdamW,
    around,
    blocks,
    memory,
)

EVERY = [
    lambda: SGD(0.1, momentum=0.9, nesterov=True),
    lambda: RMSprop(0.1, momentum=0.5, centered=True),
    lambda: Adagrad(0.1),
    lambda: Adam(0.1, amsgrad=True, global_clipnorm=1.0),
    lambda: AdamW(0.1, use_ema=True, clipvalue=1.0),
    lambda: Lion(0.1, weight_decay=0.1),
    lambda: Adadelta(1.0),
    lambda: Adafactor(0.1, use_ema=True),
    lambda: Adamax(0.1, weight_decay=0.1),
    lambda: Ftrl(0.1, l1_regularization_strength=0.1, l2_shrinkage_regularization_strength=0.1),
    lambda: Lamb(0.1, use_ema=True, weight_decay=0.1),
    lambda: Muon(0.1, clipvalue=1.0),
    lambda: Nadam(0.1),
    lambda: ScheduleFreeAdamW(0.1),
]


def train(make, block, monkeypatch):
    for module in (around, blocks, memory):
        monkeypatch.setattr(module, "BLOCK", block)
    rng = np.random.default_rng(0)
    variables = [
        Variable(rng.standard_normal(shape).astype("f"), name=name)
        for name, shape in (("kernel", (20, 9)), ("bias", (9,)), ("kernel", (9, 3)), ("bias", (3,)))
    ]
    optimizer = make()
    optimizer.exclude_from_weight_decay(var_names=["bias"])
    for _ in range(5):
        optimizer.apply([rng.standard_normal(v.value.shape) for v in variables], variables)
    return optimizer.flat.values


@pytest.mark.parametrize("block", [1, 16, 50, 218, 219])
@pytest.mark.parametrize("make", EVERY, ids=lambda make: repr(make()))
def test_blocks_give_the_same_bits_as_the_whole(make, block, monkeypatch):
    whole = train(make, 65536, monkeypatch)
    np.testing.assert_array_equal(train(make, block, monkeypatch), whole)


@pytest.mark.parametrize(
    "make",
    [
        lambda: AdamW(use_ema=True, clipnorm=1.0),
        Adadelta,
        Adamax,
        lambda: Ftrl(l2_shrinkage_regularization_strength=0.1),
        Lamb,
        Nadam,
        ScheduleFreeAdamW,
    ],
    ids=lambda make: repr(make()),
)
def test_a_step_makes_no_new_arrays(make):
    optimizer = make()
    optimizer.build([Variable(np.zeros((100, 100), "f"))])
    optimizer.step()
    tracemalloc.start()
    optimizer.step()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 10_000  # bytes; one array would be 40,000
