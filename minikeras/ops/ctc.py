"""Connectionist temporal classification: the loss of a label sequence of unknown timing, as one op.

A network says at each time step how likely each class or a blank is. A path is one choice for each
step; merging its repeats and leaving out its blanks gives a label sequence. The loss of a sequence
is minus the logarithm of the probability of all its paths, summed by dynamic programming.
"""

from typing import Any

import numpy as np

from minikeras._typing import Array
from minikeras._validation import check_choice, check_positive_int
from minikeras.autodiff.record import Op, primitive
from minikeras.autodiff.tensor import bare
from minikeras.ops._ctc_beams import search

__all__ = ["ctc_decode", "ctc_loss"]

NEVER = -1e30  # a logarithm of 0 whose difference from itself is 0, not NaN


@primitive
def ctc_loss(
    target: Array,
    output: Array,
    target_length: Array,
    output_length: Array,
    mask_index: int = 0,
) -> Op:
    """Minus the log-probability of label sequences under step-by-step predictions.

    Parameters
    ----------
    target : integer array, shape (batch, labels)
        Class indices; what lies beyond ``target_length`` is not looked at.
    output : array, shape (batch, steps, classes)
        Logits.
    target_length, output_length : integer array, shape (batch,)
        Number of labels and of steps of each sample.
    mask_index : int, default 0
        The class that stands for a blank.

    Returns
    -------
    array, shape (batch,)
        In nats; infinite, with gradient 0, where there are fewer steps than labels plus a blank
        between equal neighbours.

    Raises
    ------
    ValueError
        If shapes, lengths or labels are out of range.

    References
    ----------
    Graves, Fernández, Gomez, Schmidhuber, "Connectionist temporal classification", ICML 2006,
    section 4.1.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras.ops.ctc import ctc_loss
    >>> even = np.zeros((1, 2, 2))  # 2 steps, a blank and one class, each with probability 1/2
    >>> float(np.exp(-ctc_loss(np.array([[1]]), even, np.array([1]), np.array([2]))[0]))
    0.75
    """
    target, lengths, steps = _checked(target, output, target_length, output_length, mask_index)
    batch, frames, classes = output.shape
    places = _with_blanks(target, lengths, mask_index)
    skips = np.zeros(places.shape, bool)  # from label to label, past the blank between them
    skips[:, 2:] = (places[:, 2:] != places[:, :-2]) & (places[:, 2:] != mask_index)
    dtype = np.result_type(output.dtype, np.float32)
    shifted = output.astype(dtype, copy=False)
    shifted = shifted - shifted.max(axis=-1, keepdims=True, initial=NEVER)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    index = np.broadcast_to(places[:, None], (batch, frames, places.shape[1]))
    emitted = np.ascontiguousarray(np.take_along_axis(log_p, index, -1).swapaxes(0, 1))
    alpha, lowered = _forward(emitted, skips)
    rows, last = np.arange(batch), np.maximum(steps - 1, 0)
    ends = alpha[last, rows, 2 * lengths], alpha[last, rows, np.maximum(2 * lengths - 1, 0)]
    found = np.where(lengths == 0, ends[0], np.logaddexp(*ends))
    possible = (found > 0.5 * NEVER) & (steps > 0)
    total = found + lowered.cumsum(axis=0, dtype=np.float64)[last, rows] if frames else found
    losses = np.where(possible, -total, np.where((steps == 0) & (lengths == 0), 0.0, np.inf))

    def dy_output(dy: Any) -> Any:
        # The loss falls with log_p by how often its paths come by: softmax - visits.
        first = np.where(possible, np.exp(ends[0] - found), 0.0)
        into = emitted[1:] - lowered[1:, :, None] - alpha[1:]
        visits = _visits(alpha, into, skips, lengths, last, first, possible)
        per_class = np.zeros((batch, frames, classes), dtype)
        for place in range(places.shape[1]):  # labels may repeat, within a sample they are few
            per_class[rows, :, places[:, place]] += visits[:, :, place].T
        real = possible[:, None] & (np.arange(frames) < steps[:, None])
        each = np.where(real, dy[:, None], 0.0)[..., None]
        return (each * (np.exp(log_p) - per_class)).astype(output.dtype, copy=False)

    return losses.astype(output.dtype, copy=False), (None, dy_output, None, None, None)


def _checked(
    target: Any, output: Any, target_length: Any, output_length: Any, blank: int
) -> tuple[Array, Array, Array]:
    """Return targets and lengths as integers of the right shapes, and within bounds."""
    target, lengths, steps = (
        np.asarray(array).astype(np.intp) for array in (target, target_length, output_length)
    )
    if target.ndim != 2 or len(output.shape) != 3 or len(target) != len(output):
        raise ValueError(
            "ctc_loss expected target of shape (batch, labels) and output of shape (batch, steps, "
            f"classes), got {target.shape} and {output.shape}"
        )
    batch, frames, classes = output.shape
    if not 0 <= blank < classes:
        raise ValueError(f"ctc_loss expected mask_index in [0, {classes}), got {blank}")
    for name, length, most in (
        ("target_length", lengths, target.shape[1]),
        ("output_length", steps, frames),
    ):
        if length.shape != (batch,):
            raise ValueError(f"ctc_loss expected {name} of shape ({batch},), got {length.shape}")
        if length.size and (length.min() < 0 or length.max() > most):
            raise ValueError(
                f"ctc_loss expected {name} in [0, {most}], got values from {length.min()} to "
                f"{length.max()}"
            )
    labels = target[np.arange(target.shape[1]) < lengths[:, None]]
    if labels.size and (labels.min() < 0 or labels.max() >= classes or (labels == blank).any()):
        raise ValueError(
            f"ctc_loss expected labels in [0, {classes}) other than the blank {blank}, got values "
            f"from {labels.min()} to {labels.max()}; give the last layer one unit per label and "
            "one for the blank"
        )
    return target, lengths, steps


def _with_blanks(target: Array, lengths: Array, blank: int) -> Array:
    """Return the labels with a blank before, between and after them: ``2 * labels + 1`` places."""
    labels = np.where(np.arange(target.shape[1]) < lengths[:, None], target, blank)
    places = np.full((len(target), 2 * target.shape[1] + 1), blank)
    places[:, 1::2] = labels
    return places


def _forward(emitted: Array, skips: Array) -> tuple[Array, Array]:
    """Return the log-probability of all beginnings of paths that are at a place at a time.

    The largest of each sample and step is subtracted, which keeps small differences apart.

    Parameters
    ----------
    emitted : array, shape (steps, batch, places)
        Log-probability of what is written at each place.
    skips : bool array, shape (batch, places)
        Where the place two before can be left for this one.

    Returns
    -------
    alpha : array, shape (steps, batch, places)
    lowered : array, shape (steps, batch)
        What was subtracted at each step, beyond the steps before it.
    """
    alpha = np.full(emitted.shape, NEVER, emitted.dtype)
    lowered = np.zeros(emitted.shape[:2], emitted.dtype)
    if not emitted.size:
        return alpha, lowered
    alpha[0, :, :2] = emitted[0, :, :2]
    alpha[0].max(axis=1, out=lowered[0])
    alpha[0] -= lowered[0, :, None]
    sources = np.full((3, *emitted.shape[1:]), NEVER, emitted.dtype)
    barred = np.where(skips[:, 2:], 0.0, NEVER).astype(emitted.dtype)
    for now in range(1, len(emitted)):
        before = alpha[now - 1]
        sources[0] = before
        sources[1, :, 1:] = before[:, :-1]
        np.add(before[:, :-2], barred, out=sources[2, :, 2:])
        most = sources.max(axis=0)
        total = np.exp(sources - most).sum(axis=0)
        np.log(total, out=total)
        total += most
        total += emitted[now]
        total.max(axis=1, out=lowered[now])
        np.subtract(total, lowered[now, :, None], out=alpha[now])
    return alpha, lowered


def _visits(
    alpha: Array,
    into: Array,
    skips: Array,
    lengths: Array,
    last: Array,
    at_blank: Array,
    possible: Array,
) -> Array:
    """Return the probability of being at a place at a time, given the whole label sequence.

    Parameters
    ----------
    alpha : array, shape (steps, batch, places)
    into : array, shape (steps - 1, batch, places)
        With ``alpha`` of where a path was a step before: the log-probability that it came from
        there.
    skips : bool array, shape (batch, places)
    lengths, last : integer array, shape (batch,)
        Number of labels, and the last step of each sample.
    at_blank : array, shape (batch,)
        Probability that the path ends at the blank after the last label.
    possible : bool array, shape (batch,)
        Samples without any path are visited nowhere.

    Returns
    -------
    array, shape (steps, batch, places)
    """
    visits = np.zeros_like(alpha)
    if not visits.size:
        return visits
    rows = np.arange(len(lengths))
    visits[last, rows, 2 * lengths] = at_blank
    labelled = rows[lengths > 0]
    visits[last[labelled], labelled, 2 * lengths[labelled] - 1] = (possible - at_blank)[labelled]
    # How likely the step before was at the same place, one before, or two before; bounded where no
    # path comes by at all.
    stayed = np.exp(np.minimum(alpha[:-1] + into, 0.0))
    moved = np.exp(np.minimum(alpha[:-1, :, :-1] + into[:, :, 1:], 0.0))
    skipped = np.exp(np.minimum(alpha[:-1, :, :-2] + into[:, :, 2:], 0.0)) * skips[:, 2:]
    share = stayed.copy()  # of which rounding makes something near 1
    share[:, :, 1:] += moved
    share[:, :, 2:] += skipped
    share = 1.0 / np.maximum(share, np.finfo(share.dtype).tiny)
    stayed *= share
    moved *= share[:, :, 1:]
    skipped *= share[:, :, 2:]
    for now in range(len(alpha) - 1, 0, -1):
        here, before = visits[now], visits[now - 1]
        before += here * stayed[now - 1]
        before[:, :-1] += here[:, 1:] * moved[now - 1]
        before[:, :-2] += here[:, 2:] * skipped[now - 1]
    return visits


def ctc_decode(
    inputs: Array,
    sequence_lengths: Array,
    strategy: str = "greedy",
    beam_width: int = 100,
    top_paths: int = 1,
    merge_repeated: bool = True,
    mask_index: int = 0,
) -> tuple[Array, Array]:
    """Return the label sequences that step-by-step predictions speak for.

    Parameters
    ----------
    inputs : array, shape (batch, steps, classes)
        Logits.
    sequence_lengths : integer array, shape (batch,)
        Number of steps of each sample.
    strategy : {"greedy", "beam_search"}
        Merge the likeliest class of each step, or follow the ``beam_width`` likeliest sequences.
    beam_width : int, default 100
    top_paths : int, default 1
        How many sequences a beam search gives for each sample.
    merge_repeated : bool, default True
        Whether the greedy way takes the same class twice in a row as one label.
    mask_index : int, default 0
        The class that stands for a blank.

    Returns
    -------
    paths : int32 array, shape (1, batch, steps) or (top_paths, batch, steps)
        Labels, then -1 up to the end.
    scores : array, shape (batch, 1) or (batch, top_paths)
        Greedy: minus the sum of the largest logits. Beam search: log-probabilities, falling.

    Raises
    ------
    ValueError
        If an argument is out of range.

    References
    ----------
    Graves et al., "Connectionist temporal classification", ICML 2006, section 3.2; Hannun et al.,
    "First-pass large vocabulary continuous speech recognition" (2014), for the beam search.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras.ops.ctc import ctc_decode
    >>> likely = np.eye(3)[[[2, 2, 0, 2, 1]]]
    >>> paths, scores = ctc_decode(likely, [5])
    >>> paths[0], scores
    (array([[ 2,  2,  1, -1, -1]], dtype=int32), array([[-5.]]))
    """
    check_choice("strategy", strategy, ("greedy", "beam_search"))
    inputs = np.asarray(bare(inputs))
    lengths = np.asarray(bare(sequence_lengths)).astype(np.intp)
    if inputs.ndim != 3 or lengths.shape != inputs.shape[:1]:
        raise ValueError(
            "ctc_decode expected inputs of shape (batch, steps, classes) and sequence_lengths of "
            f"shape (batch,), got {inputs.shape} and {lengths.shape}"
        )
    if not 0 <= mask_index < inputs.shape[-1]:
        raise ValueError(
            f"ctc_decode expected mask_index in [0, {inputs.shape[-1]}), got {mask_index}"
        )
    if inputs.dtype.kind != "f":
        inputs = inputs.astype(np.float32)
    if strategy == "beam_search":
        check_positive_int("beam_width", beam_width)
        check_positive_int("top_paths", top_paths)
        return search(inputs, lengths, beam_width, top_paths, mask_index)
    chosen = inputs.argmax(axis=-1).astype(np.int32)
    beyond = np.arange(inputs.shape[1]) >= lengths[:, None]
    chosen[beyond] = mask_index
    scores = -np.where(beyond, 0.0, inputs.max(axis=-1)).sum(axis=1, keepdims=True)
    kept = chosen != mask_index
    if merge_repeated:
        kept[:, 1:] &= chosen[:, 1:] != chosen[:, :-1]
    order = np.argsort(~kept, axis=1, kind="stable")
    paths = np.take_along_axis(np.where(kept, chosen, -1), order, axis=1).astype(np.int32)
    return paths[None], scores.astype(inputs.dtype)
