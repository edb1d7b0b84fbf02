"""The CSV file."""

import csv
import gc
from pathlib import Path

import numpy as np
import pytest

from minikeras.callbacks import CSVLogger, LambdaCallback


@pytest.fixture
def path(tmp_path):
    return tmp_path / "log.csv"


def rows(path, separator=","):
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.reader(file, delimiter=separator))


def test_one_row_an_epoch_with_columns_in_alphabetical_order(run, path):
    run([CSVLogger(path)], [{"val_loss": 0.7, "loss": 0.5}, {"val_loss": 0.6, "loss": 0.4}])
    assert rows(path) == [["epoch", "loss", "val_loss"], ["0", "0.5", "0.7"], ["1", "0.4", "0.6"]]


def test_a_validation_that_comes_later_has_its_column(run, path):
    run([CSVLogger(str(path))], [{"loss": 0.5}, {"loss": 0.4, "val_loss": 0.6}])
    assert rows(path) == [["epoch", "loss", "val_loss"], ["0", "0.5", "NA"], ["1", "0.4", "0.6"]]


def test_the_separator_can_be_chosen(run, path):
    run([CSVLogger(path, separator=";")], [{"val_loss": 0.5}])
    assert rows(path, ";") == [["epoch", "val_loss"], ["0", "0.5"]]


def test_a_second_training_replaces_the_file(run, path):
    logger = CSVLogger(path)
    run([logger], [{"val_loss": 0.5}, {"val_loss": 0.4}])
    run([logger], [{"val_loss": 0.3}])
    assert rows(path) == [["epoch", "val_loss"], ["0", "0.3"]]


def test_append_goes_on_without_a_second_header(run, path):
    run([CSVLogger(path)], [{"val_loss": 0.5}])
    run([CSVLogger(path, append=True)], [{"val_loss": 0.3}])
    assert rows(path) == [["epoch", "val_loss"], ["0", "0.5"], ["0", "0.3"]]


@pytest.mark.parametrize("exists", [True, False])
def test_append_to_an_empty_or_missing_file_writes_the_header(run, path, exists):
    if exists:
        path.touch()
    run([CSVLogger(path, append=True)], [{"val_loss": 0.5}])
    assert rows(path)[0] == ["epoch", "val_loss"]


def test_append_keeps_the_columns_of_the_file(run, path):
    path.write_text("epoch,val_loss,loss\n0,0.7,0.5\n", "utf-8")
    with pytest.warns(UserWarning, match="has no column for accuracy, left out"):
        run([CSVLogger(path, append=True)], [{"accuracy": 0.9, "loss": 0.4, "val_loss": 0.6}] * 2)
    assert rows(path)[-1] == ["1", "0.6", "0.4"]


def test_append_to_another_kind_of_file_is_refused(run, path):
    path.write_text("name,age\n", "utf-8")
    with pytest.raises(ValueError, match=r"start with an 'epoch' column .* got 'name'"):
        run([CSVLogger(path, append=True)], [{"loss": 0.5}])
    assert path.read_text("utf-8") == "name,age\n"


def test_the_file_is_complete_and_closed_when_training_fails(run, path):
    def fail(epoch, logs):
        raise RuntimeError("mine")

    with pytest.raises(RuntimeError, match="mine"):
        run([CSVLogger(path), LambdaCallback(on_epoch_end=fail)], [{"val_loss": 0.5}])
    gc.collect()  # a file left open would raise a ResourceWarning
    assert rows(path) == [["epoch", "val_loss"], ["0", "0.5"]]


def test_rows_are_on_disk_as_soon_as_the_epoch_ends(run, path):
    sizes = []
    watcher = LambdaCallback(on_epoch_end=lambda *_: sizes.append(Path(path).stat().st_size))
    run([CSVLogger(path), watcher], [{"val_loss": 0.5}] * 2)
    assert 0 < sizes[0] < sizes[1]


def test_arrays_become_lists_in_one_cell(run, path):
    run([CSVLogger(path)], [{"val_recall": np.array([0.5, 0.25])}])
    assert rows(path)[1] == ["0", '"[0.5, 0.25]"']


@pytest.mark.parametrize("separator", ["", ", ", "::"])
def test_a_separator_of_other_than_one_character_is_refused(path, separator):
    with pytest.raises(ValueError, match="separator must be one character"):
        CSVLogger(path, separator=separator)


def test_a_missing_folder_is_an_error_before_training(run, tmp_path, model):
    with pytest.raises(FileNotFoundError, match="nowhere"):
        run([CSVLogger(tmp_path / "nowhere" / "log.csv")], [{"loss": 0.5}])
    assert model.history.epoch == []
