"""A call of each of Keras's ``ops``, on placeholders: what becomes of it in an ONNX file."""

import numpy as np

from minikeras import ops

WEIGHT = np.random.default_rng(1).standard_normal((2, 4, 6)).astype("float32") * 0.4
IMAGE_KERNEL = np.random.default_rng(2).standard_normal((2, 2, 3, 4)).astype("float32") * 0.4
POINTWISE = np.random.default_rng(3).standard_normal((1, 1, 6, 5)).astype("float32") * 0.4


def names(text):
    return text.split()


# Name -> call of x: floats of shape (batch, 3, 4).
OF_FLOATS = {
    # element by element
    **{
        name: (lambda x, name=name: getattr(ops, name)(x))
        for name in names(
            """
            abs absolute arcsinh arctan ceil celu cos cosh deg2rad elu erf exp exp2 expm1
            exponential fabs floor gelu hard_shrink hard_sigmoid hard_silu hard_swish
            hard_tanh isfinite isinf isnan isneginf isposinf leaky_relu log_sigmoid
            log_softmax logical_not mish nan_to_num negative rad2deg relu relu6 round selu
            sigmoid sign silu sin sinc sinh soft_shrink softmax softplus softsign
            sparse_plus sparse_sigmoid sparsemax square squareplus step swish tan tanh
            tanh_shrink trunc signbit real conj conjugate isreal imag ones_like zeros_like
            stop_gradient cbrt
            """
        )
    },
    "arccos": lambda x: ops.arccos(ops.tanh(x)),
    "arcsin": lambda x: ops.arcsin(ops.tanh(x)),
    "arctanh": lambda x: ops.arctanh(ops.tanh(x) * 0.9),
    "arccosh": lambda x: ops.arccosh(ops.abs(x) + 1.1),
    "log": lambda x: ops.log(ops.abs(x) + 0.1),
    "log10": lambda x: ops.log10(ops.abs(x) + 0.1),
    "log1p": lambda x: ops.log1p(ops.abs(x)),
    "log2": lambda x: ops.log2(ops.abs(x) + 0.1),
    "reciprocal": lambda x: ops.reciprocal(ops.abs(x) + 1.0),
    "rsqrt": lambda x: ops.rsqrt(ops.abs(x) + 1.0),
    "sqrt": lambda x: ops.sqrt(ops.abs(x)),
    "cast": lambda x: ops.cast(x, "int32"),
    "saturate_cast": lambda x: ops.saturate_cast(x * 100.0, "int8"),
    "clip": lambda x: ops.clip(x, -0.5, 0.5),
    "full_like": lambda x: ops.full_like(x, 2.0),
    "empty_like": lambda x: ops.empty_like(x) * 0.0,
    "glu": lambda x: ops.glu(x),
    "threshold": lambda x: ops.threshold(x, 0.2, -1.0),
    "convert_to_tensor": lambda x: ops.convert_to_tensor(x),
    "ldexp": lambda x: ops.ldexp(x, 2),
    # two arguments
    **{
        name: (lambda x, name=name: getattr(ops, name)(x, x[:, ::-1] * 0.7 + 0.3))
        for name in names(
            """
            add arctan2 divide divide_no_nan equal floor_divide fmax fmin fmod greater
            greater_equal heaviside hypot isclose less less_equal logaddexp logaddexp2
            logical_and logical_or logical_xor maximum minimum mod multiply not_equal
            subtract true_divide
            """
        )
    },
    "power": lambda x: ops.power(ops.abs(x) + 0.1, 1.7),
    "where": lambda x: ops.where(x > 0.0, x, 0.1),
    "select": lambda x: ops.select([x > 1.0, x < -1.0], [x, -x], 0.5),
    # along axes
    **{
        name: (lambda x, name=name: getattr(ops, name)(x, axis=-1))
        for name in names(
            """
            all amax amin any argmax argmin argsort average count_nonzero cumprod cumsum
            diff logsumexp max mean median min nanmax nanmean nanmin nanprod nanstd nansum
            nanvar prod ptp sort std sum var flip normalize unit_normalization trapezoid
            """
        )
    },
    "quantile": lambda x: ops.quantile(x, 0.3, axis=-1),
    "percentile": lambda x: ops.percentile(x, 30.0, axis=-1),
    "moments": lambda x: ops.moments(x, axes=[1, 2]),
    "norm": lambda x: ops.norm(x, axis=-1),
    "top_k": lambda x: ops.top_k(x, 2),
    # shapes
    "append": lambda x: ops.append(x, x * 2.0, axis=1),
    "array_split": lambda x: ops.array_split(x, 2, axis=-1),
    "broadcast_to": lambda x: ops.broadcast_to(x[:, :1], (5, 3, 4)),
    "concatenate": lambda x: ops.concatenate([x, x], axis=1),
    "dsplit": lambda x: ops.dsplit(x, 2),
    "dstack": lambda x: ops.dstack([x, x]),
    "expand_dims": lambda x: ops.expand_dims(x, 1),
    "fliplr": lambda x: ops.fliplr(x),
    "get_item": lambda x: ops.get_item(x, (slice(None), 1)),
    "hsplit": lambda x: ops.hsplit(x, 3),
    "hstack": lambda x: ops.hstack([x, x]),
    "moveaxis": lambda x: ops.moveaxis(x, 1, 2),
    "pad": lambda x: ops.pad(x, ((0, 0), (1, 2), (0, 1))),
    "ravel": lambda x: ops.sum(ops.ravel(x)),
    "repeat": lambda x: ops.repeat(x, 2, axis=1),
    "reshape": lambda x: ops.reshape(x, (-1, 2, 6)),
    "roll": lambda x: ops.roll(x, 1, axis=1),
    "rot90": lambda x: ops.rot90(x, 1, axes=(1, 2)),
    "split": lambda x: ops.split(x, 2, axis=2),
    "squeeze": lambda x: ops.squeeze(x[:, :1], 1),
    "stack": lambda x: ops.stack([x, x], axis=1),
    "swapaxes": lambda x: ops.swapaxes(x, 1, 2),
    "take": lambda x: ops.take(x, [2, 0], axis=1),
    "take_along_axis": lambda x: ops.take_along_axis(x, ops.argsort(x, axis=1), axis=1),
    "tile": lambda x: ops.tile(x, (1, 2, 1)),
    "transpose": lambda x: ops.transpose(x, (0, 2, 1)),
    "unstack": lambda x: ops.unstack(x, axis=1),
    "vstack": lambda x: ops.vstack([x, x]),
    "tril": lambda x: ops.tril(x),
    "triu": lambda x: ops.triu(x, 1),
    "diagonal": lambda x: ops.diagonal(x, axis1=1, axis2=2),
    "trace": lambda x: ops.trace(x, axis1=1, axis2=2),
    "rearrange": lambda x: ops.rearrange(x, "b h w -> b (h w)"),
    "flipud": lambda x: ops.flipud(ops.transpose(x, (1, 0, 2))),
    # products
    "matmul": lambda x: ops.matmul(x, ops.swapaxes(x, 1, 2)),
    "dot": lambda x: ops.dot(x, WEIGHT[0]),
    "einsum": lambda x: ops.einsum("bij,bkj->bik", x, x),
    "tensordot": lambda x: ops.tensordot(x, WEIGHT[0], axes=1),
    "inner": lambda x: ops.inner(x, WEIGHT[0].T),
    "outer": lambda x: ops.outer(x[0, 0], x[0, 1]),
    "vdot": lambda x: ops.vdot(x[0, 0], x[0, 1]),
    "cdist": lambda x: ops.cdist(x, x[:, :2]),
    "det": lambda x: ops.det(x[..., :3]),
    # neural networks
    "dense": lambda x: ops.dense(x, WEIGHT[0]),
    "layer_normalization": lambda x: ops.layer_normalization(x, np.float32(1.0), np.float32(0.0)),
    "rms_normalization": lambda x: ops.rms_normalization(x, np.float32(1.0)),
    "group_normalization": lambda x: ops.group_normalization(x, 2),
    "batch_normalization": lambda x: ops.batch_normalization(
        x, np.float32([0.1, 0.2, 0.3, 0.4]), np.float32([1.0, 2.0, 1.0, 0.5]), -1
    ),
    "conv": lambda x: ops.conv(x, WEIGHT, padding="same"),
    "conv_transpose": lambda x: ops.conv_transpose(x, WEIGHT.transpose(0, 2, 1), 2),
    "depthwise_conv": lambda x: ops.depthwise_conv(x, WEIGHT[:, :, :1]),
    "separable_conv": lambda x: ops.separable_conv(
        x, WEIGHT[:, :, :1], POINTWISE[0, :, :4], padding="valid"
    ),
    "max_pool": lambda x: ops.max_pool(x, 2, 1),
    "average_pool": lambda x: ops.average_pool(x, 2, 1, padding="same"),
    "adaptive_average_pool": lambda x: ops.adaptive_average_pool(x, 2),
    "adaptive_max_pool": lambda x: ops.adaptive_max_pool(x, 2),
    "global_average_pool": lambda x: ops.global_average_pool(x),
    "global_max_pool": lambda x: ops.global_max_pool(x),
    "dot_product_attention": lambda x: ops.dot_product_attention(
        *(ops.reshape(x, (-1, 3, 2, 2)) for _ in range(3))
    ),
    "binary_crossentropy": lambda x: ops.binary_crossentropy(ops.sigmoid(x), ops.sigmoid(-x)),
    "categorical_crossentropy": lambda x: ops.categorical_crossentropy(
        ops.softmax(x), ops.softmax(-x)
    ),
    "sparse_categorical_crossentropy": lambda x: ops.sparse_categorical_crossentropy(
        ops.argmax(x, axis=-1), ops.softmax(-x)
    ),
    "upsample": lambda x: ops.upsample(x, (2,)),
}

# Name -> call of n: integers in [0, 4) of shape (batch, 4).
OF_INTEGERS = {
    "one_hot": lambda n: ops.one_hot(n, 4),
    "multi_hot": lambda n: ops.multi_hot(n, 4),
    "gather": lambda n: ops.take(WEIGHT[0], n, axis=0),
    "in_top_k": lambda n: ops.in_top_k(n[:, 0], ops.cast(n, "float32"), 2),
    "digitize": lambda n: ops.digitize(n, np.array([0.5, 1.5])),
    "searchsorted": lambda n: ops.searchsorted(np.array([1, 2]), n),
    "isin": lambda n: ops.isin(n, np.array([1, 2])),
    "eye": lambda n: ops.eye(4) + ops.cast(n, "float32")[:, None],
}

# Name -> call of images of shape (batch, 4, 6, 3).
OF_IMAGES = {
    "image conv": lambda x: ops.conv(x, IMAGE_KERNEL, strides=2, padding="same"),
    "image pooling": lambda x: ops.max_pool(x, 2) + ops.average_pool(x, 2),
    "depth_to_space": lambda x: ops.depth_to_space(ops.concatenate([x] * 4, axis=-1), 2),
    "space_to_depth": lambda x: ops.space_to_depth(x, 2),
    "image.resize": lambda x: ops.image.resize(x, (3, 5)),
    "image.rgb_to_grayscale": lambda x: ops.image.rgb_to_grayscale(x),
}

# Of whose results ONNX knows nothing; each is named by the error.
REFUSED = {
    "angle": lambda x: ops.angle(x),
    "argpartition": lambda x: ops.argpartition(x, 1),
    "associative_scan": lambda x: ops.associative_scan(lambda a, b: a + b, x, axis=1),
    "cross": lambda x: ops.cross(x[..., :3], x[:, ::-1, 1:]),
    "diag": lambda x: ops.diag(x[0, 0]),
    "extract_sequences": lambda x: ops.extract_sequences(x, 2, 1),
    "fft": lambda x: ops.fft((x, x)),
    "fori_loop": lambda x: ops.fori_loop(0, 3, lambda i, a: a + 1.0, x),
    "image.rgb_to_hsv": lambda x: ops.image.rgb_to_hsv(x[..., None, :3]),
    "inv": lambda x: ops.inv(x[..., :3]),
    "kron": lambda x: ops.kron(x[0], np.ones((2, 2), "float32")),
    "map": lambda x: ops.map(lambda row: row * 2.0, x),
    "nancumsum": lambda x: ops.nancumsum(x, axis=1),
    "nanquantile": lambda x: ops.nanquantile(x, 0.3, axis=-1),
    "nextafter": lambda x: ops.nextafter(x, 0.0),
    "psnr": lambda x: ops.psnr(x, x * 0.9, 1.0),
    "rfft": lambda x: ops.rfft(x),
    "slice_update": lambda x: ops.slice_update(x, (0, 1, 1), x[:, :1, :2]),
    "while_loop": lambda x: ops.while_loop(lambda a: False, lambda a: a, (x,)),
}
