import numpy as np
import pytest

from minikeras import GradientTape, losses

LABELS = np.array([0, 0, 1, 1])
RIGHT = np.array([[1.0, 0.0], [1.0, 0.0], [-1.0, 0.0], [-1.0, 0.0]])
WRONG = RIGHT[[0, 2, 1, 3]]


def by_hand(labels, x, i, gamma, margin):
    """The formula of the docstring for sample ``i``, pair by pair."""
    pull = push = 0.0
    for j in range(len(x)):
        d = max(1.0 - float(x[i] @ x[j]), 0.0)
        if labels[i] != labels[j]:
            push += np.exp(gamma * max(1 + margin - d, 0.0) * (1 - margin - d))
        elif i != j:
            pull += np.exp(-gamma * (margin + d) * (margin - d))
    return np.log1p(pull * push)


def test_loss_is_that_of_the_formula():
    rng = np.random.default_rng(0)
    x = rng.standard_normal((4, 3))
    x /= np.linalg.norm(x, axis=1, keepdims=True)
    expected = [by_hand(LABELS, x, i, 3.0, 0.3) for i in range(4)]
    assert losses.circle(LABELS, x, gamma=3.0, margin=0.3) == pytest.approx(expected)


def test_classes_that_lie_apart_cost_nothing_and_mixed_ones_much():
    loss = losses.Circle()
    assert float(loss(LABELS, RIGHT)) < 1e-5
    assert float(loss(LABELS, WRONG)) > 50.0


def test_a_large_gamma_neither_overflows_nor_leaves_nan():
    with GradientTape() as tape:
        x = tape.watch(WRONG.astype(np.float32))
        value = losses.Circle(gamma=1e4)(LABELS, x)
    assert np.isfinite(value.value) and np.isfinite(tape.gradient(value, x)).all()


def test_samples_with_nothing_to_compare_with_are_left_out():
    labels = np.array([0, 0, 1])
    x = np.array([[1.0, 0.0], [0.6, 0.8], [0.0, 1.0]])
    with GradientTape() as tape:
        y = tape.watch(x)
        value = losses.Circle(gamma=1.0)(labels, y)
    assert float(value.value) == pytest.approx(losses.circle(labels, x, gamma=1.0)[:2].mean())
    assert np.isfinite(tape.gradient(value, y)).all()
    assert float(losses.Circle()(np.zeros(3), x)) == 0.0


def test_references_stand_in_for_the_batch():
    x = np.random.default_rng(1).standard_normal((4, 3)) * 0.5
    got = losses.circle(LABELS, x, ref_labels=LABELS, ref_embeddings=x)
    assert got == pytest.approx(losses.circle(LABELS, x))
    got = losses.circle(LABELS[:1], x[:1], LABELS[1:], x[1:], remove_diagonal=False)
    assert got == pytest.approx(losses.circle(LABELS, x)[:1])


@pytest.mark.parametrize(
    ("labels", "embeddings", "message"),
    [
        (np.eye(4), RIGHT, r"class indices of shape \(4,\) for y_true.*np.argmax"),
        (LABELS + 0.5, RIGHT, "whole numbers"),
        (LABELS, RIGHT[..., None], r"y_pred of shape \(batch, features\)"),
        (LABELS[:3], RIGHT, r"got \(3,\)"),
    ],
)
def test_what_does_not_fit_is_refused(labels, embeddings, message):
    with pytest.raises(ValueError, match=message):
        losses.Circle()(labels, embeddings)


def test_references_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match=r"class indices of shape \(4,\) for ref_labels"):
        losses.circle(LABELS, RIGHT, LABELS[:2], RIGHT)
    with pytest.raises(ValueError, match="expected ref_embeddings with 2 features"):
        losses.circle(LABELS, RIGHT, LABELS, np.zeros((4, 3)))
