import importlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import minikeras
from minikeras import Variable
from minikeras.autodiff import check_gradients

attention = importlib.import_module("minikeras.ops.attention")
work = importlib.import_module("minikeras.ops._attention")
scaled_dot_product = attention.scaled_dot_product


def arrays(rng, batch=2, queries=3, keys=4, heads=2, dim=5, width=3, dtype=np.float64):
    shapes = [(batch, queries, heads, dim), (batch, keys, heads, dim), (batch, keys, heads, width)]
    return [rng.standard_normal(shape).astype(dtype) for shape in shapes]


def by_loops(query, key, value, mask=None, scale=1.0):
    """Equation 1 of Vaswani et al. for each query of each head by itself."""
    batch, queries, heads, _ = query.shape
    y = np.empty((batch, queries, heads, value.shape[3]))
    for b in range(batch):
        for h in range(heads):
            for i in range(queries):
                scores = scale * key[b, :, h] @ query[b, i, h]
                if mask is not None:
                    allowed = np.broadcast_to(mask, (batch, heads, queries, key.shape[1]))[b, h, i]
                    scores = np.where(allowed, scores, -1e300)
                weights = np.exp(scores - scores.max())
                y[b, i, h] = weights / weights.sum() @ value[b, :, h]
    return y


def some_mask(rng, shape):
    mask = rng.random(shape) < 0.6
    mask[..., 0] = True
    return mask


MASKS = [(2, 1, 1, 4), (1, 1, 3, 4), (2, 2, 3, 4), (3, 4), (1, 2, 1, 4)]


def test_values_are_those_of_the_formula(rng):
    query, key, value = arrays(rng)
    y = scaled_dot_product(query, key, value, scale=0.5)
    np.testing.assert_allclose(y, by_loops(query, key, value, scale=0.5), rtol=1e-12)


@pytest.mark.parametrize("shape", MASKS)
def test_masked_keys_play_no_part(rng, shape):
    query, key, value = arrays(rng)
    mask = some_mask(rng, shape)
    y = scaled_dot_product(query, key, value, mask)
    np.testing.assert_allclose(y, by_loops(query, key, value, mask), rtol=1e-12)


@pytest.mark.parametrize("size", [1.0, 1e3, 1e30])
def test_large_scores_do_not_overflow(rng, size):
    query, key, value = arrays(rng)
    y = scaled_dot_product(query * size, key, value, some_mask(rng, (2, 1, 3, 4)))
    rng = np.random.default_rng(0)
    assert np.isfinite(y).all()
    assert np.abs(y).max() <= np.abs(value).max()


@pytest.mark.parametrize("size", [1.0, 40.0])
@pytest.mark.parametrize("shape", [None, *MASKS])
def test_gradients_agree_with_central_differences(rng, shape, size):
    query, key, value = arrays(rng)
    mask = None if shape is None else some_mask(rng, shape)
    check_gradients(
        lambda q, k, v: scaled_dot_product(q, k, v, mask, scale=0.3 * size),
        query / size, key, value,
    )  # fmt: skip


@pytest.mark.parametrize("blind", ["uniform", "zero"])
def test_gradients_with_a_query_that_sees_nothing(rng, blind):
    query, key, value = arrays(rng)
    mask = some_mask(rng, (2, 1, 3, 4))
    mask[1, :, 2] = False
    check_gradients(
        lambda q, k, v: scaled_dot_product(q, k, v, mask, blind=blind), query, key, value
    )


def test_a_query_that_sees_nothing_gets_the_plain_mean_or_zero(rng):
    query, key, value = arrays(rng)
    mask = np.ones((2, 1, 3, 4), bool)
    mask[1, :, 2] = False
    uniform = scaled_dot_product(query, key, value, mask)
    zero = scaled_dot_product(query, key, value, mask, blind="zero")
    np.testing.assert_allclose(uniform[1, 2], value[1].mean(axis=0), rtol=1e-12)
    assert not zero[1, 2].any()
    np.testing.assert_array_equal(zero[0], uniform[0])


def test_noise_multiplies_the_weights(rng):
    query, key, value = arrays(rng)
    noise = (rng.random((2, 2, 3, 4)) < 0.5) / 0.5
    weights = attention.attention_weights(query, key) * noise
    wanted = np.einsum("bhts,bshv->bthv", weights, value)
    np.testing.assert_allclose(scaled_dot_product(query, key, value, None, noise), wanted)
    check_gradients(lambda q, k, v: scaled_dot_product(q, k, v, None, noise), query, key, value)


@pytest.mark.parametrize("block", [1, 12, 30])
@pytest.mark.parametrize("kept", [0, 10**6])
def test_blocks_and_recomputed_weights_change_nothing(rng, monkeypatch, block, kept):
    inputs = arrays(rng, batch=5)
    mask = some_mask(rng, (5, 1, 3, 4))
    dy = rng.standard_normal((5, 3, 2, 3))

    def run():
        variables = [Variable(x) for x in inputs]
        with minikeras.GradientTape() as tape:
            y = scaled_dot_product(*variables, mask)
        return [minikeras.stop_gradient(y), *tape.gradient(y, variables, dy)]

    whole = run()
    monkeypatch.setattr(work, "BLOCK", block)
    monkeypatch.setattr(work, "KEPT", kept)
    for one, other in zip(whole, run(), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-12)


def test_second_derivatives_agree_with_central_differences(rng):
    query, key, value = arrays(rng, batch=1, heads=1)
    mask = some_mask(rng, (1, 1, 3, 4))

    def slope(q, k, v):
        return minikeras.grad(lambda q: np.sum(scaled_dot_product(q, k, v, mask) ** 2))(q)

    check_gradients(slope, query, key, value, rtol=1e-4)


def test_the_shapes_of_an_empty_batch_are_kept():
    query, key, value = (np.zeros((0, n, 2, 3), np.float32) for n in (4, 5, 5))
    assert scaled_dot_product(query, key, value).shape == (0, 4, 2, 3)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_dtype_in_is_dtype_out(rng, dtype):
    variables = [Variable(x) for x in arrays(rng, dtype=dtype)]
    with minikeras.GradientTape() as tape:
        y = scaled_dot_product(*variables, some_mask(rng, (2, 1, 3, 4)), scale=0.5)
    assert y.dtype == dtype
    assert {g.dtype.name for g in tape.gradient(y, variables)} == {dtype}
    wanted = by_loops(*(v.value.astype("float64") for v in variables), scale=0.5)
    assert wanted.shape == y.shape


def test_heads_of_the_query_share_those_of_the_key(rng):
    query, key, value = arrays(rng, heads=2)
    query = np.concatenate([query, query + 1.0], axis=2)
    y = attention.dot_product_attention(query, key, value)
    wanted = by_loops(query, key.repeat(2, 2), value.repeat(2, 2), scale=5**-0.5)
    np.testing.assert_allclose(y, wanted, rtol=1e-12)


def test_a_bias_is_added_to_the_scores(rng):
    query, key, value = arrays(rng)
    bias = np.where(some_mask(rng, (2, 1, 3, 4)), 0.0, -1e30)
    y = attention.dot_product_attention(query, key, value, bias=bias)
    np.testing.assert_allclose(y, by_loops(query, key, value, bias == 0.0, 5**-0.5), rtol=1e-12)


def test_the_soft_cap_bounds_the_scores(rng):
    query, key, value = arrays(rng)
    y = attention.dot_product_attention(query * 1e6, key, value, attn_logits_soft_cap=1e-9)
    wanted = np.broadcast_to(value.mean(axis=1, keepdims=True), y.shape)
    np.testing.assert_allclose(y, wanted, rtol=1e-6)


def test_causal_attention_does_not_look_ahead(rng):
    query, key, value = arrays(rng, queries=4)
    before = attention.dot_product_attention(query, key, value, is_causal=True)
    key[:, 2:], value[:, 2:] = 7.0, 9.0
    after = attention.dot_product_attention(query, key, value, is_causal=True)
    np.testing.assert_array_equal(before[:, :2], after[:, :2])
    assert (before[:, 2:] != after[:, 2:]).all()


@pytest.mark.parametrize(
    "shapes",
    [
        [(2, 3, 3, 4), (2, 5, 2, 4), (2, 5, 2, 4)],
        [(2, 3, 2, 4), (2, 5, 2, 3), (2, 5, 2, 4)],
        [(2, 3, 2, 4), (2, 5, 2, 4), (2, 6, 2, 4)],
        [(2, 3, 4), (2, 5, 4), (2, 5, 4)],
    ],
)
def test_shapes_that_do_not_fit_are_named(shapes):
    with pytest.raises(ValueError, match="key_heads divides heads, got"):
        attention.dot_product_attention(*(np.zeros(shape) for shape in shapes))


@pytest.mark.parametrize("biased", [True, False])
def test_one_product_for_three_projections_changes_nothing(rng, biased):
    x, mask = rng.standard_normal((2, 4, 3)), some_mask(rng, (2, 1, 4, 4))
    noise = (rng.random((2, 2, 4, 4)) < 0.5) / 0.5
    kernels = [rng.standard_normal((3, 2, n)) for n in (5, 5, 2)]
    biases = [rng.standard_normal(w.shape[1:]) for w in kernels] if biased else []

    def apart(x, *weights):
        q, k, v = (np.einsum("btf,fhd->bthd", x, w) for w in weights[:3])
        if biased:
            q, k, v = q + weights[3], k + weights[4], v + weights[5]
        return scaled_dot_product(q, k, v, mask, noise, scale=0.4)

    def together(x, *weights):
        weights = (*weights, None, None, None)[:6]
        return attention.self_attention(x, *weights, mask, noise, scale=0.4)

    inputs = [x, *kernels, *biases]
    np.testing.assert_allclose(together(*inputs), apart(*inputs), rtol=1e-12)
    check_gradients(together, *inputs)


@settings(max_examples=30, deadline=None)
@given(st.tuples(*[st.integers(1, 4)] * 6), st.booleans())
def test_any_shape_agrees_with_the_formula(lengths, masked):
    rng = np.random.default_rng(0)
    query, key, value = arrays(rng, *lengths)
    mask = some_mask(rng, (lengths[0], 1, lengths[1], lengths[2])) if masked else None
    y = scaled_dot_product(query, key, value, mask)
    np.testing.assert_allclose(y, by_loops(query, key, value, mask), rtol=1e-11)
