"""Pictures of the scripts in Keras's style, one function each, from the variables they leave.

The scripts hold only what Keras has too, so they draw nothing themselves.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from minikeras import plot
from minikeras._svg import curves
from minikeras._svg.draw import COLORS, INK, element, label, picture
from minikeras._svg.panel import Dots, Line, Panel, draw_panels
from minikeras._typing import Array

Left = Mapping[str, Any]
BLUE, ORANGE = COLORS[:2]


def sequential(left: Left) -> str:
    """Draw the first test digits with what the model takes them for."""
    x, y = left["x_test"][:30], left["y_test"][:30]
    said = left["model"].predict(x, verbose=0)
    return plot.images(x, y, said, title="test digits").svg


def with_callbacks(left: Left) -> str:
    """Draw the loss, which falls while the validation loss rises again."""
    known = left["history"].history
    return curves({name: known[name] for name in ("loss", "val_loss")}, title="learnt by heart")


def two_inputs_two_outputs(left: Left) -> str:
    """Draw the graph of layers."""
    return plot.plot_model(left["model"], None, show_shapes=True, show_layer_names=True).svg


def nested_blocks(left: Left) -> str:
    """Draw the arms of the spiral as the model sees them."""

    def probabilities(points: Array) -> Array:
        odds = np.exp(left["model"].predict(points, verbose=0))
        shares: Array = odds / odds.sum(axis=1, keepdims=True)
        return shares

    return plot.decision_boundary(probabilities, left["x"], left["y"]).svg


def convnet(left: Left) -> str:
    """Draw three digits, and what the augmentation makes of each, nine times."""
    x = np.repeat(left["x_train"][[0, 4, 7]], 10, axis=0)
    made = np.array(left["augmentation"](x, training=True))
    made[::10] = x[::10]
    title = "three digits, and nine variants of each"
    return plot.images(made / 16, columns=10, title=title).svg


def transfer_learning(left: Left) -> str:
    """Draw the model around the base, with what is frozen."""
    left["base"].trainable = False
    drawn = plot.plot_model(left["model"], None, expand_nested=True, show_trainable=True)
    return drawn.svg


def autoencoder(left: Left) -> str:
    """Draw digits, the same with noise, and cleaned."""
    rows = [left[name][10:20] for name in ("x_test", "given", "cleaned")]
    return plot.images(np.concatenate(rows), columns=10, title="clean, noisy, cleaned").svg


def vae(left: Left) -> str:
    """Draw the digits over the plane of two numbers."""
    steps = np.linspace(-2.1, 2.1, 10)
    codes = np.array([[a, b] for b in steps[7:1:-1] for a in steps], "float32")
    drawn = left["decoder"].predict(codes, verbose=0).reshape(-1, 8, 8)
    return plot.images(drawn, columns=10, limit=60, title="digits over two numbers").svg


def gan(left: Left) -> str:
    """Draw thirty digits that nobody wrote."""
    return plot.images(left["pictures"][:30].reshape(-1, 8, 8), title="digits from noise").svg


def adding_numbers(left: Left) -> str:
    """Draw the sums that the model reads over the true ones."""
    true = (left["a"] + left["b"])[3500:].astype(float)
    return _scatter(true, left["guess"].astype(float), "sum", "read from the text")


def timeseries(left: Left) -> str:
    """Draw ten days of both forecasts and of what came."""
    model, shown = left["recurrent"], 80  # windows, three hours apart
    batches = [left["test"][i] for i in range(2)]
    x = np.concatenate([np.asarray(x) for x, _ in batches])[:shown]
    y = np.concatenate([np.asarray(y) for _, y in batches])[:shown]
    days = np.arange(len(x)) * 3 / 24
    marks = [
        Line(days, _degrees(left, y), "temperature", INK),
        Line(days, _degrees(left, model.predict(x, verbose=0)), "12 hours before, LSTM", BLUE),
    ]
    panel = Panel(tuple(marks), "", "days", "degrees")
    desc = "Ten days of temperature, and what the model said twelve hours earlier, close to it."
    return draw_panels([panel], "forecast", desc, width=620.0, height=340.0)


def text_transformer(left: Left) -> str:
    """Draw which word looks at which in one sentence, for both heads of the attention."""
    text = "the song was not awful, it was long"
    words = text.replace(",", "").split()
    tokens = np.array(left["vectorize"]([text]))
    embedding, block = left["model"].layers[1:3]
    embedded = embedding(tokens)
    _, scores = block.attention(
        embedded,
        embedded,
        return_attention_scores=True,
        query_mask=np.asarray(tokens != 0),
    )
    heads = np.asarray(scores)[0, :, : len(words), : len(words)]
    side, parts = 34.0, []
    for h, head in enumerate(heads):
        left_edge = 70.0 + h * (len(words) * side + 96)
        parts.append(label(f"head {h + 1}", left_edge, 20, 15, font_weight=600))
        for i, word in enumerate(words):
            y = 90 + i * side
            parts.append(label(word, left_edge - 8, y + side / 2 + 4, 13, "end"))
            x = left_edge + (i + 0.5) * side
            turn = f"rotate(-45 {x:.0f} 82)"
            parts.append(label(word, x, 82, 13, "start", transform=turn))
            for j, share in enumerate(head[i].tolist()):
                box = {"x": left_edge + j * side, "y": y, "width": side - 2, "height": side - 2}
                look = {"fill": BLUE, "fill_opacity": 0.06 + 0.94 * share}
                tip = element("title", f"{word} looks at {words[j]}: {share:.0%}")
                parts.append(element("rect", tip, **box, **look))
    width = 70 + len(heads) * (len(words) * side + 96)
    desc = f"For each word of '{text}', how much each head of the attention looks at each word."
    return picture(width, 100 + len(words) * side, "attention", desc, parts)


def structured_data(left: Left) -> str:
    """Draw the graph from the columns of the table to the answer."""
    return plot.plot_model(left["model"], None, show_layer_names=True).svg


def custom_loop(left: Left) -> str:
    """Draw which digits are taken for which."""
    said = np.asarray(left["model"](left["x_test"], training=False))
    return plot.confusion_matrix(left["y_test"], said.argmax(axis=1)).svg


def custom_train_step(left: Left) -> str:
    """Draw what the line says over the targets."""
    y = left["y"][800:, 0].astype(float)
    return _scatter(y, left["model"].predict(left["x"][800:], verbose=0)[:, 0], "target", "line")


def custom_rnn_cell(left: Left) -> str:
    """Draw the sums that the cell remembers over the true ones."""
    y = left["y"][2700:].astype(float)
    said = left["model"].predict(left["x"][2700:], verbose=0)[:, 0]
    return _scatter(y, said, "sum of the marked numbers", "what the cell remembers")


def _degrees(left: Left, values: Array) -> Array:
    found: Array = np.asarray(left["mean"] + left["deviation"] * values[:, 0], dtype=float)
    return found


def _scatter(true: Array, said: Array, x_label: str, y_label: str) -> str:
    ends = np.array([true.min(), true.max()])
    marks = (
        Line(ends, ends, "right", INK, "6 4"),
        Dots(true, np.asarray(said, dtype=float), "", BLUE, radius=3.0, outline=None),
    )
    desc = f"{len(true)} samples: {y_label} against {x_label}; right answers lie on the diagonal."
    panel = Panel(marks, "", x_label, y_label)
    return draw_panels([panel], f"{y_label} against {x_label}", desc, width=460.0, height=400.0)
