"""Beam search over label sequences, for ``ctc_decode``."""

import numpy as np

from minikeras._typing import Array

__all__ = ["search"]


def search(inputs: Array, lengths: Array, width: int, top: int, blank: int) -> tuple[Array, Array]:
    """Return the likeliest label sequences of each sample, and their log-probabilities.

    Parameters
    ----------
    inputs : array, shape (batch, steps, classes)
        Logits.
    lengths : integer array, shape (batch,)
    width, top : int
        Sequences that are followed, and that are returned.
    blank : int

    Returns
    -------
    paths : int32 array, shape (top, batch, steps)
        Filled up with -1.
    scores : array, shape (batch, top)
        -inf where there are fewer sequences.
    """
    batch, steps, _ = inputs.shape
    paths = np.full((top, batch, steps), -1, np.int32)
    scores = np.full((batch, top), -np.inf)
    shifted = inputs.astype(np.float64) - inputs.max(axis=-1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    for sample in range(batch):
        found = _search_one(log_p[sample, : lengths[sample]], width, top, blank)
        for place, (labels, score) in enumerate(found):
            paths[place, sample, : len(labels)] = labels
            scores[sample, place] = score
    return paths, scores.astype(inputs.dtype)


def _search_one(log_p: Array, width: int, top: int, blank: int) -> list[tuple[list[int], float]]:
    """Follow the ``width`` likeliest sequences; each is a node of a tree, its label and parent.

    Each sequence has two scores: all its paths that end in a blank, and those that end in its last
    label. Only after a blank does the same label again make a new one.
    """
    classes = log_p.shape[1]
    parents, labels = [-1], [-1]  # of each node; the empty sequence is the root
    nodes = np.array([0])
    after_blank, after_label = np.array([0.0]), np.array([-np.inf])
    children: dict[tuple[int, int], int] = {}
    for step in log_p:
        count = len(nodes)
        either = np.logaddexp(after_blank, after_label)
        tails = np.array([labels[node] for node in nodes])
        tailed = np.flatnonzero(tails >= 0)
        stay_blank = either + step[blank]
        stay_label = np.full(count, -np.inf)
        stay_label[tailed] = after_label[tailed] + step[tails[tailed]]
        longer = either[:, None] + step
        longer[tailed, tails[tailed]] = after_blank[tailed] + step[tails[tailed]]
        longer[:, blank] = -np.inf
        place_of = {node: place for place, node in enumerate(nodes.tolist())}
        for place, node in enumerate(nodes.tolist()):  # one that grows into another of the beam
            origin = place_of.get(parents[node])
            if origin is not None:
                tail = labels[node]
                stay_label[place] = np.logaddexp(stay_label[place], longer[origin, tail])
                longer[origin, tail] = -np.inf
        stays = np.logaddexp(stay_blank, stay_label)
        scores = np.concatenate([stays, longer.ravel()])
        best = np.argsort(-scores, kind="stable")[:width]
        best = best[scores[best] > -np.inf]
        old = best[best < count]
        new = best[best >= count] - count
        grown = []
        for origin, label in zip((new // classes).tolist(), (new % classes).tolist(), strict=True):
            key = (int(nodes[origin]), label)
            if key not in children:
                children[key] = len(parents)
                parents.append(key[0])
                labels.append(label)
            grown.append(children[key])
        nodes = np.concatenate([nodes[old], np.array(grown, np.intp)])
        after_blank = np.concatenate([stay_blank[old], np.full(len(new), -np.inf)])
        after_label = np.concatenate([stay_label[old], longer.ravel()[new]])
    scores = np.logaddexp(after_blank, after_label)
    found = []
    for place in np.argsort(-scores, kind="stable")[:top]:
        sequence, node = [], int(nodes[place])
        while node:
            sequence.append(labels[node])
            node = parents[node]
        found.append((sequence[::-1], float(scores[place])))
    return found
