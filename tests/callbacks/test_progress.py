"""What the progress line shows on a terminal and elsewhere."""

import io
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minikeras.callbacks import (
    CallbackList,
    LambdaCallback,
    Progbar,
    ProgbarLogger,
    ReduceLROnPlateau,
)
from minikeras.callbacks._terminal import columns, format_duration, format_pace
from minikeras.callbacks.progbar import _Status

LOGS = {"loss": 0.25, "accuracy": 0.5, "val_loss": 0.75, "val_accuracy": 0.125}


def lines(text):
    """Return what stands on the screen after all was drawn, line by line."""
    shown = []
    for line in text.split("\n"):
        screen = ""
        for part in line.split("\r"):
            screen = part + screen[len(part) :]
        shown.append(screen.rstrip())
    return shown


@pytest.fixture(autouse=True)
def no_time_passes(monkeypatch):
    """Stop the clock, so that a busy machine shows the same times."""
    monkeypatch.setattr("minikeras.callbacks.progbar.perf_counter", lambda: 0.0)
    monkeypatch.setattr("minikeras.callbacks.progress.perf_counter", lambda: 0.0)


# Not a terminal.


def test_elsewhere_an_epoch_is_one_plain_line(run, capsys):
    run([], [LOGS, LOGS], verbose=1)
    metrics = "loss: 0.2500 - accuracy: 0.5000 - val_loss: 0.7500 - val_accuracy: 0.1250"
    assert capsys.readouterr().out == f"Epoch 1/2 - 0s - {metrics}\nEpoch 2/2 - 0s - {metrics}\n"


def test_epoch_numbers_are_aligned(run, capsys):
    run([], [{"loss": 1.0}] * 10, verbose=1)
    printed = capsys.readouterr().out.splitlines()
    assert printed[0].startswith("Epoch  1/10 ") and printed[9].startswith("Epoch 10/10 ")


@pytest.mark.parametrize("verbose", ["auto", True, 1, 2])
def test_elsewhere_all_kinds_of_verbose_are_the_same(run, capsys, verbose):
    run([], [{"loss": 1.0}], verbose=verbose)
    assert capsys.readouterr().out == "Epoch 1/1 - 0s - loss: 1.0000\n"


def test_verbose_0_is_silent_even_with_a_bar_given(run, capsys, terminal):
    run([ProgbarLogger()], [LOGS], verbose=0)
    assert terminal.getvalue() == ""


def test_an_unknown_verbose_is_refused():
    with pytest.raises(ValueError, match="unknown verbose 3"):
        CallbackList(add_progbar=True, params={"verbose": 3, "epochs": 1, "steps": 1})


def test_evaluate_and_predict_count_steps(capsys):
    called = CallbackList(add_progbar=True, params={"verbose": 1, "epochs": 1, "steps": 12})
    called.on_test_begin()
    called.on_test_batch_end(11, {"loss": 0.5})
    called.on_test_end({"loss": 0.5})
    called.on_predict_begin()
    called.on_predict_batch_end(11, {"outputs": 1.0})
    called.on_predict_end()
    assert capsys.readouterr().out == "12/12 - 0s - loss: 0.5000\n12/12 - 0s\n"


def test_an_unknown_number_of_steps_is_known_at_the_end(capsys):
    called = CallbackList(add_progbar=True, params={"verbose": 1, "epochs": 1, "steps": None})
    called.on_test_begin()
    for batch in range(7):
        called.on_test_batch_end(batch, {"loss": 0.5})
    called.on_test_end({"loss": 0.5})
    assert capsys.readouterr().out == "7/7 - 0s - loss: 0.5000\n"


def test_validation_within_fit_is_silent(capsys):
    called = CallbackList(add_progbar=True, params={"verbose": 1, "epochs": 1, "steps": 2})
    called.on_train_begin()
    called.on_epoch_begin(0)
    called.on_train_batch_end(1, {})
    called.on_test_begin()
    called.on_test_batch_end(99, {"loss": 1.0})
    called.on_test_end({"loss": 1.0})
    called.on_epoch_end(0, {"loss": 1.0})
    assert capsys.readouterr().out == "Epoch 1/1 - 0s - loss: 1.0000\n"


def test_metrics_that_a_callback_adds_are_shown(run, capsys):
    run([ReduceLROnPlateau("loss")], [{"loss": 1.0}], verbose=1)
    assert capsys.readouterr().out == "Epoch 1/1 - 0s - loss: 1.0000 - learning_rate: 0.1000\n"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0.0, "0.0000"),
        (0.0005, "5.0000e-04"),
        (-2.0, "-2.0000"),
        (1e12, "1.0000e+12"),
        (float("nan"), "nan"),
        (float("inf"), "inf"),
        ("text", "text"),
    ],
)
def test_values_are_readable(run, capsys, value, shown):
    run([], [{"metric": value}], verbose=1)
    assert capsys.readouterr().out == f"Epoch 1/1 - 0s - metric: {shown}\n"


def test_no_standard_output_at_all_is_no_problem(run, monkeypatch):
    monkeypatch.setattr("sys.stdout", None)
    run([ReduceLROnPlateau("loss", patience=1, verbose=1)], [LOGS] * 2, verbose=1)


def test_names_that_the_encoding_lacks_do_not_end_the_training(run, monkeypatch):
    raw = io.BytesIO()
    monkeypatch.setattr("sys.stdout", io.TextIOWrapper(raw, "ascii", write_through=True))
    run([], [{"損失": 1.0}], verbose=1)
    assert raw.getvalue().rstrip() == b"Epoch 1/1 - 0s - ??: 1.0000"


# A terminal.


def test_on_a_terminal_the_line_grows_in_place(run, terminal, always_due):
    run([], [LOGS], steps=4, verbose=1)
    drawn = terminal.getvalue().rstrip("\n").split("\r")
    assert drawn[1] == "Epoch 1/1 0/4 ────────────────────"
    assert drawn[2].startswith("Epoch 1/1 1/4 ━━━━━─────────────── ETA 0s 0us/step - loss: 0.2500")
    assert terminal.getvalue().count("\n") == 1


def test_on_a_terminal_the_last_form_of_the_line_stays(run, terminal, always_due):
    run([], [LOGS] * 2, steps=4, verbose=1)
    first, second, rest = lines(terminal.getvalue())
    assert first == (
        "Epoch 1/2 4/4 ━━━━━━━━━━━━━━━━━━━━ 0s 0us/step - loss: 0.2500 - accuracy: 0.5000 "
        "- val_loss: 0.7500 - val_accuracy: 0.1250"
    )
    assert second.startswith("Epoch 2/2 4/4 ━━━━━━━━━━━━━━━━━━━━")
    assert rest == ""


def test_verbose_2_is_plain_on_a_terminal_too(run, terminal):
    run([], [{"loss": 1.0}], verbose=2)
    assert terminal.getvalue() == "Epoch 1/1 - 0s - loss: 1.0000\n"


def test_short_epochs_are_drawn_once_each(run, terminal, monkeypatch):
    monkeypatch.setattr("minikeras.callbacks.progress._INTERVAL", 3600.0)
    run([], [LOGS] * 3, steps=50, verbose=1)
    assert terminal.getvalue().count("\r") == 1 + 2 + 3  # first step, its erasure, ends


def test_logs_are_not_computed_unless_the_line_is_due(terminal):
    called = CallbackList(add_progbar=True, params={"verbose": 1, "epochs": 1, "steps": 9})
    called.on_predict_begin()
    called.on_predict_batch_end(0, lambda: pytest.fail("logs were computed"))
    called.on_predict_end()


def test_a_line_left_unfinished_by_an_interruption_is_ended(run, terminal, always_due):
    def interrupt(batch, logs):
        if batch == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run([LambdaCallback(on_train_batch_begin=interrupt)], [LOGS], steps=4, verbose=1)
    shown, rest = lines(terminal.getvalue())
    assert shown.startswith("Epoch 1/1 2/4 ━━━━━━━━━━──────────")
    assert rest == ""


def test_a_stopped_epoch_shows_the_steps_it_had(terminal):
    called = CallbackList(add_progbar=True, params={"verbose": 1, "epochs": 1, "steps": 4})
    called.on_train_begin()
    called.on_epoch_begin(0)
    called.on_train_batch_end(0, {"loss": 1.0})
    called.on_epoch_end(0, {"loss": 1.0})
    assert lines(terminal.getvalue())[0].startswith("Epoch 1/1 1/4 ━━━━━───────────────")


def test_what_callbacks_print_at_the_end_of_an_epoch_has_its_own_line(run, terminal, always_due):
    talk = LambdaCallback(on_epoch_end=lambda epoch, logs: print(f"epoch {epoch} was fine"))
    run([talk], [LOGS], verbose=1)
    shown = lines(terminal.getvalue())
    assert shown[0] == "epoch 0 was fine"
    assert shown[1].startswith("Epoch 1/1 1/1 ━")


def test_messages_within_an_epoch_do_not_run_into_the_line(terminal, always_due, model):
    called = CallbackList(add_progbar=True, params={"verbose": 1, "epochs": 1, "steps": 2})
    called.on_train_begin()
    called.on_epoch_begin(0)
    called.on_train_batch_end(0, {"loss": 1.0})
    reduce = ReduceLROnPlateau("loss", patience=0, verbose=1)
    reduce.set_model(model)
    reduce.on_train_begin()
    reduce.on_epoch_end(0, {"loss": 1.0})
    reduce.on_epoch_end(0, {"loss": 1.0})
    called.on_epoch_end(0, {"loss": 1.0})
    shown = lines(terminal.getvalue())
    assert shown[0] == "Epoch 1: loss stagnates, learning rate lowered to 0.01"
    assert shown[1].startswith("Epoch 1/1 1/2 ━━━━━━━━━━")


def test_an_unknown_number_of_steps_has_no_bar_until_the_end(run, terminal, always_due):
    run([], [{"loss": 1.0}] * 2, steps=None, verbose=1)
    assert "Epoch 1/2 2/Unknown 0s" in terminal.getvalue()
    first, second, _ = lines(terminal.getvalue())
    assert first.startswith("Epoch 1/2 3/3 ━━━━━━━━━━━━━━━━━━━━")
    assert second.startswith("Epoch 2/2 3/3 ━━━━━━━━━━━━━━━━━━━━")


def test_colours_are_used_where_they_are_understood(run, terminal, monkeypatch, always_due):
    monkeypatch.delenv("NO_COLOR")
    monkeypatch.setenv("TERM", "xterm-256color")
    run([], [{"loss": 1.0}], steps=2, verbose=1)
    assert "\x1b[32m━━━━━━━━━━\x1b[90m──────────\x1b[0m" in terminal.getvalue()


@pytest.mark.parametrize(("name", "value"), [("NO_COLOR", "1"), ("TERM", "dumb")])
def test_no_colours_on_dumb_terminals_or_when_not_wanted(run, terminal, monkeypatch, name, value):
    monkeypatch.delenv("NO_COLOR")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv(name, value)
    run([], [LOGS], verbose=1)
    assert "\x1b" not in terminal.getvalue()
    assert "━" in terminal.getvalue()


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_without_utf_8_the_bar_is_ascii(run, terminal, always_due, encoding):
    terminal.encoding = encoding
    run([], [LOGS], steps=2, verbose=1)
    assert "Epoch 1/1 1/2 ==========.........." in terminal.getvalue()
    assert terminal.getvalue().isascii()


def test_on_80_columns_the_validation_stands_below(run, terminal, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    run([], [LOGS], verbose=1)
    first, second, _ = lines(terminal.getvalue())
    assert re.match(r"Epoch 1/1 1/1 ━{8,} 0s .* - loss: 0.2500 - accuracy: 0.5000$", first)
    assert second == "    val_loss: 0.7500 - val_accuracy: 0.1250"


@pytest.mark.parametrize("width", [10, 20, 33, 40, 60, 79, 80, 100, 119])
def test_no_line_is_wider_than_the_terminal(run, terminal, monkeypatch, always_due, width):
    monkeypatch.setenv("COLUMNS", str(width))
    run([], [{**LOGS, "精度": 0.5, "val_mean_absolute_error": 1.0}] * 2, steps=3, verbose=1)
    drawn = re.split("[\r\n]", terminal.getvalue())
    assert max(columns(part) for part in drawn) <= width - 1


def test_a_narrow_terminal_still_gets_all_metrics(run, terminal, monkeypatch):
    monkeypatch.setenv("COLUMNS", "30")
    run([], [LOGS], verbose=1)
    text = " ".join(lines(terminal.getvalue()))
    assert all(name in text for name in LOGS)


@given(
    width=st.integers(1, 200),
    seen=st.integers(0, 12),
    target=st.none() | st.integers(0, 12),
    metrics=st.lists(st.text("aé損 :-1", max_size=30), max_size=5),
    last=st.booleans(),
    unicode=st.booleans(),
)
def test_any_status_fits_any_width(width, seen, target, metrics, last, unicode):
    status = _Status("Epoch 1/9", seen, target, 5.0, 0.1, "step", 20, metrics, unicode)
    rows = status.rows(width, last)
    assert all(columns(row.text) <= width for row in rows)
    assert last or len(rows) == 1


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0.0, "0s"), (59.4, "59s"), (59.7, "1:00"), (3599.7, "1:00:00"), (90061, "25:01:01")],
)
def test_durations_round_to_whole_seconds(seconds, shown):
    assert format_duration(seconds) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0.0, "0us/step"), (0.9996e-3, "1ms/step"), (0.9996, "1s/step"), (70.0, "70s/step")],
)
def test_paces_have_the_unit_that_fits(seconds, shown):
    assert format_pace(seconds, "step") == shown


# Progbar by itself.


def test_values_are_averaged_over_steps(capsys):
    bar = Progbar(4)
    bar.update(1, [("loss", 4.0)])
    bar.update(4, [("loss", 0.0)])  # three steps at once
    assert capsys.readouterr().out == "4/4 - 0s - loss: 1.0000\n"


def test_stateful_metrics_are_shown_as_given(capsys):
    bar = Progbar(2, stateful_metrics=["lr"])
    bar.add(1, [("lr", 0.5), ("loss", 1.0)])
    bar.add(1, [("lr", 0.25), ("loss", 2.0)])
    assert capsys.readouterr().out == "2/2 - 0s - lr: 0.2500 - loss: 1.5000\n"


def test_stateless_metrics_are_the_only_averaged_ones(capsys):
    bar = Progbar(2, stateless_metrics=["loss"])
    bar.add(1, [("lr", 0.5), ("loss", 1.0)])
    bar.add(1, [("lr", 0.25), ("loss", 2.0)])
    assert capsys.readouterr().out == "2/2 - 0s - lr: 0.2500 - loss: 1.5000\n"


def test_both_kinds_of_metrics_at_once_are_refused():
    with pytest.raises(ValueError, match="got both; leave one out"):
        Progbar(2, stateful_metrics=[], stateless_metrics=[])


def test_an_unknown_target_ends_when_told(capsys):
    bar = Progbar(None, unit_name="file")
    bar.add(3)
    assert capsys.readouterr().out == ""
    bar.update(5, finalize=True)
    assert capsys.readouterr().out == "5/5 - 0s\n"


def test_the_unit_is_named_on_a_terminal(terminal):
    Progbar(1, unit_name="file").add(1)
    assert lines(terminal.getvalue())[0].endswith("0s 0us/file")


def test_a_shorter_drawing_leaves_nothing_of_a_longer_one(terminal):
    bar = Progbar(3, interval=0.0, stateful_metrics=["note"])
    bar.update(1, [("note", "a long remark")])
    bar.update(2, [("note", "short")])
    assert lines(terminal.getvalue())[0].endswith("note: short")
