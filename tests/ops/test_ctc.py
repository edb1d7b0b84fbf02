from itertools import groupby, product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minikeras import GradientTape, check_gradients
from minikeras.ops.ctc import ctc_decode, ctc_loss


def log_softmax(x):
    return x - np.log(np.exp(x).sum(axis=-1, keepdims=True))


def written(path, blank):
    """The labels of a path: repeats merged, blanks left out."""
    return tuple(label for label, _ in groupby(path) if label != blank)


def by_enumeration(x, blank=0):
    """The log-probability of every label sequence, from all paths one by one."""
    log_p, found = log_softmax(x), {}
    for path in product(range(x.shape[1]), repeat=len(x)):
        score = sum(log_p[step, label] for step, label in enumerate(path))
        labels = written(path, blank)
        found[labels] = np.logaddexp(found.get(labels, -np.inf), score)
    return found


def one(labels, x, steps=None, blank=0):
    steps = len(x) if steps is None else steps
    target = np.array([labels or [blank]])
    return ctc_loss(target, x[None], np.array([len(labels)]), np.array([steps]), mask_index=blank)


@pytest.mark.parametrize("blank", [0, 2])
def test_loss_counts_every_path_once(blank):
    x = np.random.default_rng(0).standard_normal((5, 3))
    for labels, score in by_enumeration(x, blank).items():
        assert one(list(labels), x, blank=blank)[0] == pytest.approx(-score)


def test_steps_beyond_the_length_do_not_count():
    x = np.random.default_rng(1).standard_normal((6, 3))
    assert one([1, 2], x, steps=4) == pytest.approx(one([1, 2], x[:4]))
    with GradientTape() as tape:
        logits = tape.watch(x)
        loss = one([1, 2], logits, steps=4)[0]
    assert not tape.gradient(loss, logits)[4:].any()


def test_labels_beyond_the_length_do_not_count():
    x = np.random.default_rng(2).standard_normal((2, 6, 4))
    target, lengths, steps = np.array([[1, 9, -1], [2, 3, 3]]), np.array([1, 3]), np.array([6, 6])
    alone = [one([1], x[0])[0], one([2, 3, 3], x[1])[0]]
    assert ctc_loss(target, x, lengths, steps) == pytest.approx(alone)


@given(st.integers(1, 4), st.integers(1, 7), st.integers(2, 5), st.integers(0, 3), st.data())
def test_gradients_agree_with_central_differences(batch, steps, classes, labels, data):
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    x = rng.standard_normal((batch, steps, classes))
    target = rng.integers(1, classes, (batch, labels))
    lengths = rng.integers(0, min(labels, (steps + 1) // 2) + 1, batch)
    each = rng.uniform(0.5, 2.0, batch)
    check_gradients(lambda x: np.sum(each * ctc_loss(target, x, lengths, np.full(batch, steps))), x)


def test_too_few_steps_make_an_infinite_loss_without_gradient():
    x = np.zeros((2, 2, 3))
    with GradientTape() as tape:
        logits = tape.watch(x)
        losses = ctc_loss(np.array([[1, 1], [1, 2]]), logits, np.array([2, 2]), np.array([2, 2]))
        total = np.sum(losses)
    assert losses.value[0] == np.inf and losses.value[1] == pytest.approx(np.log(9))
    gradient = tape.gradient(total, logits)
    assert not gradient[0].any() and gradient[1].any()


def test_no_steps_write_no_labels():
    x = np.zeros((2, 3, 2))
    losses = ctc_loss(np.array([[1], [1]]), x, np.array([0, 1]), np.array([0, 0]))
    assert losses.tolist() == [0.0, np.inf]


def test_long_sequences_neither_overflow_nor_vanish():
    rng = np.random.default_rng(3)
    x = (rng.standard_normal((1, 400, 5)) * 30).astype(np.float32)
    target = rng.integers(1, 5, (1, 60))
    with GradientTape() as tape:
        logits = tape.watch(x)
        loss = ctc_loss(target, logits, np.array([60]), np.array([400]))[0]
    exact = ctc_loss(target, x.astype(np.float64), np.array([60]), np.array([400]))[0]
    assert float(loss.value) == pytest.approx(exact, rel=1e-5)
    gradient = tape.gradient(loss, logits)
    assert np.isfinite(gradient).all()
    np.testing.assert_allclose(gradient.sum(axis=-1), 0.0, atol=1e-4)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_dtype_in_is_dtype_out(dtype):
    x = np.zeros((1, 3, 2), dtype)
    with GradientTape() as tape:
        logits = tape.watch(x)
        loss = ctc_loss(np.array([[1]]), logits, np.array([1]), np.array([3]))
        total = np.sum(loss)
    assert loss.dtype == dtype and tape.gradient(total, logits).dtype == dtype


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"target": np.array([1, 2])}, r"expected target of shape \(batch, labels\)"),
        ({"output": np.zeros((2, 3))}, r"output of shape \(batch, steps, classes\)"),
        ({"target": np.array([[1, 5], [1, 2]])}, r"labels in \[0, 4\) other than the blank 0"),
        ({"target": np.array([[1, 0], [1, 2]])}, "other than the blank 0"),
        ({"target_length": np.array([3, 1])}, r"target_length in \[0, 2\]"),
        ({"output_length": np.array([5, 6])}, r"output_length in \[0, 5\]"),
        ({"output_length": np.array([5])}, r"output_length of shape \(2,\)"),
        ({"mask_index": 4}, r"mask_index in \[0, 4\)"),
    ],
)
def test_what_does_not_fit_is_refused(changes, message):
    arguments = {
        "target": np.array([[1, 2], [1, 2]]),
        "output": np.zeros((2, 5, 4)),
        "target_length": np.array([2, 2]),
        "output_length": np.array([5, 5]),
    }
    with pytest.raises(ValueError, match=message):
        ctc_loss(**arguments | changes)


def test_greedy_decoding_merges_repeats_and_drops_blanks():
    x = np.eye(3)[[[1, 1, 0, 1, 2, 2]]] * 2.0
    paths, scores = ctc_decode(x, [6])
    assert paths.tolist() == [[[1, 1, 2, -1, -1, -1]]] and scores.tolist() == [[-12.0]]
    paths, _ = ctc_decode(x, [6], merge_repeated=False)
    assert paths.tolist() == [[[1, 1, 1, 2, 2, -1]]]
    paths, scores = ctc_decode(x, [3])
    assert paths.tolist() == [[[1, -1, -1, -1, -1, -1]]] and scores.tolist() == [[-6.0]]


@pytest.mark.parametrize("blank", [0, 1])
def test_a_wide_beam_finds_the_likeliest_sequences_of_all(blank):
    x = np.random.default_rng(4).standard_normal((5, 3)) * 2
    best = sorted(by_enumeration(x, blank).items(), key=lambda item: -item[1])[:4]
    paths, scores = ctc_decode(x[None], [5], "beam_search", 300, 4, mask_index=blank)
    found = [tuple(path[path >= 0].tolist()) for path in paths[:, 0]]
    assert found == [labels for labels, _ in best]
    assert scores[0] == pytest.approx([score for _, score in best])


def test_a_beam_with_fewer_sequences_than_asked_for_is_filled_up():
    paths, scores = ctc_decode(np.zeros((1, 1, 2)), [1], "beam_search", top_paths=3)
    assert paths[:, 0, 0].tolist() == [-1, 1, -1]
    assert scores[0].tolist() == pytest.approx([np.log(0.5), np.log(0.5), -np.inf])


def test_decoding_refuses_what_does_not_fit():
    with pytest.raises(ValueError, match="unknown strategy 'beam'; expected one of"):
        ctc_decode(np.zeros((1, 2, 3)), [2], "beam")
    with pytest.raises(ValueError, match=r"sequence_lengths of shape \(batch,\)"):
        ctc_decode(np.zeros((1, 2, 3)), [2, 2])
    with pytest.raises(ValueError, match=r"mask_index in \[0, 3\)"):
        ctc_decode(np.zeros((1, 2, 3)), [2], mask_index=3)
