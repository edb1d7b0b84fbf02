import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minikeras import GradientTape, Variable, check_gradients, grad

sides = st.integers(1, 3)


def normal(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape)


@settings(max_examples=40)
@given(
    batch=st.sampled_from([((), ()), ((2,), ()), ((), (2,)), ((3, 1), (2,)), ((2,), (1,))]),
    rows=st.one_of(st.none(), sides),
    inner=sides,
    columns=st.one_of(st.none(), sides),
)
def test_product_of_any_ranks(batch, rows, inner, columns):
    first = (inner,) if rows is None else (*batch[0], rows, inner)
    second = (inner,) if columns is None else (*batch[1], inner, columns)
    check_gradients(lambda a, b: a @ b, normal(*first), normal(*second, seed=1))


@settings(max_examples=30)
@given(first=st.lists(sides, min_size=0, max_size=3), second=st.lists(sides, max_size=3))
def test_dot_of_any_ranks(first, second):
    if first and second:
        second[-2 if len(second) > 1 else 0] = first[-1]
    check_gradients(np.dot, normal(*first), normal(*second, seed=1))


@settings(max_examples=40)
@given(data=st.data())
def test_einsum_of_any_two_terms(data):
    letters = st.lists(st.sampled_from("abcd"), max_size=3).map("".join)
    first, second = data.draw(letters), data.draw(letters)
    known = sorted(set(first + second))
    result = "".join(data.draw(st.lists(st.sampled_from(known), unique=True))) if known else ""
    size = {"a": 2, "b": 3, "c": 1, "d": 2}
    check_gradients(
        lambda x, y: np.einsum(f"{first},{second}->{result}", x, y),
        normal(*[size[c] for c in first]),
        normal(*[size[c] for c in second], seed=1),
    )


def test_products_over_an_axis_of_length_zero():
    for call in [np.dot, np.matmul, np.inner, lambda a, b: np.tensordot(a, b, 1)]:
        b = np.zeros((3, 0)) if call is np.inner else np.zeros((0, 3))
        da, db = grad(lambda a, b, call=call: np.sum(call(a, b)), (0, 1))(np.zeros((2, 0)), b)
        assert (da.shape, db.shape) == ((2, 0), b.shape)


def test_tensordot_over_axes_of_different_lengths_is_refused():
    with pytest.raises(ValueError, match=r"equal lengths, got shapes \(2, 3\) and \(2, 3\)"):
        grad(lambda a: np.sum(np.tensordot(a, a, 1)))(np.ones((2, 3)))


def test_cross_product_of_plane_vectors_is_refused():
    with pytest.raises(ValueError, match=r"expected vectors of 3 elements along axis -1, .*\(2,\)"):
        grad(lambda x: np.sum(np.linalg.cross(x, x)))(np.ones(2))


def test_einsum_without_text_is_refused():
    with pytest.raises(TypeError, match="expected its subscripts as text, such as 'ij,jk->ik'"):
        grad(lambda x: np.einsum(x, [0], []))(np.ones(3))


def test_einsum_with_wrong_operands_is_refused():
    with pytest.raises(ValueError, match="expected 2 operands for 'i,i->', got 1"):
        grad(lambda x: np.einsum("i,i->", x))(np.ones(3))
    with pytest.raises(ValueError, match="does not fit operands of ranks"):
        grad(lambda x: np.einsum("ij->i", x))(np.ones(3))


def test_svd_with_arbitrary_vectors_is_refused():
    with pytest.raises(TypeError, match=r"shape \(3, 2\) .* pass full_matrices=False"):
        grad(lambda x: np.sum(np.linalg.svd(x)[0]))(np.ones((3, 2)))


@pytest.mark.parametrize("rank", [2, 1])
def test_determinant_of_a_singular_matrix_has_its_cofactors(rank):
    x = normal(3, rank) @ normal(rank, 3, seed=1)
    cofactors = np.array(
        [
            [(-1) ** (i + j) * np.linalg.det(np.delete(np.delete(x, i, 0), j, 1)) for j in range(3)]
            for i in range(3)
        ]
    )
    np.testing.assert_allclose(grad(np.linalg.det)(x), cofactors, atol=1e-12)


def test_determinant_that_is_exactly_zero_has_its_cofactors():
    x = np.array([[1.0, 2.0], [2.0, 4.0]])
    np.testing.assert_allclose(grad(np.linalg.det)(x), [[4, -2], [-2, 1]], atol=1e-12)


def test_named_results_keep_their_names():
    with GradientTape(persistent=True) as tape:
        x = tape.watch(normal(3, 3))
        sign, logarithm = np.linalg.slogdet(x)
        values = np.linalg.eigh(x + x.T).eigenvalues
        factors = np.linalg.svd(x)
    assert float(sign) in (-1.0, 1.0)
    assert tape.gradient(logarithm, x) == pytest.approx(np.linalg.inv(np.asarray(x)).T)
    assert tape.gradient(values, x) == pytest.approx(2 * np.eye(3))  # the trace, twice
    assert tape.gradient(factors.S, x).shape == (3, 3)


def test_equal_eigenvalues_have_finite_gradients():
    dx = grad(lambda x: np.sum(np.linalg.eigh(x)[1]))(np.eye(3))
    assert np.isfinite(dx).all()


def test_only_the_outputs_that_are_used_count():
    check_gradients(lambda x: np.linalg.eigh(x + x.T)[1] ** 2, normal(3, 3))
    check_gradients(lambda x: np.linalg.svd(x)[2] ** 2, normal(2, 2))
    check_gradients(lambda x: np.split(x, 3)[1], normal(3, 2))


def test_weight_gradient_of_a_product_is_written_into_a_given_array():
    w = Variable(normal(3, 2))
    x = normal(4, 3, seed=1)
    into = np.full((3, 2), np.nan)
    with GradientTape() as tape:
        loss = np.sum(x @ w)
    gradients = tape.backward({id(loss): np.ones(())}, into={id(w): into})
    assert gradients[id(w)] is into
    np.testing.assert_allclose(into, x.T @ np.ones((4, 2)))
