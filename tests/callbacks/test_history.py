"""Recording, curves with and without matplotlib, notebook form."""

import copy
import pickle
import sys
import xml.etree.ElementTree as ET

import pytest

from minikeras.callbacks import History, LambdaCallback
from minikeras.plot import Picture

LOGS = [
    {"loss": 0.5, "accuracy": 0.6, "val_loss": 0.7, "val_accuracy": 0.4},
    {"loss": 0.25, "accuracy": 0.8, "val_loss": 0.5, "val_accuracy": 0.6},
]


@pytest.fixture
def without_matplotlib(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)


@pytest.fixture
def pyplot():
    plt = pytest.importorskip("matplotlib.pyplot")
    plt.switch_backend("Agg")
    yield plt
    plt.close("all")


def test_each_epoch_is_recorded_in_the_order_of_the_logs(run):
    history = run([], LOGS)
    assert history.epoch == [0, 1]
    assert list(history.history) == ["loss", "accuracy", "val_loss", "val_accuracy"]
    assert history.history["val_loss"] == [0.7, 0.5]


def test_params_and_model_are_those_of_the_run(run, model):
    history = run([], LOGS, steps=7)
    assert history.params == {"verbose": 0, "epochs": 2, "steps": 7}
    assert history.model is model


def test_what_was_recorded_before_an_interruption_stays_in_the_model(run, model):
    def interrupt(epoch, logs):
        if epoch == 1:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run([LambdaCallback(on_epoch_begin=interrupt)], LOGS)
    assert model.history.history["loss"] == [0.5]


def test_repr_shows_the_last_values(run):
    assert repr(run([], LOGS[:1])) == (
        "History(epochs=1, loss=0.5000, accuracy=0.6000, val_loss=0.7000, val_accuracy=0.4000)"
    )


def test_plot_draws_one_panel_a_metric_with_its_validation(run, pyplot):
    axes = run([], LOGS).plot()
    assert len(axes) == 2
    assert [line.get_label() for line in axes[0].get_lines()] == ["loss", "val_loss"]
    assert [line.get_linestyle() for line in axes[0].get_lines()] == ["-", "--"]
    assert list(axes[1].get_lines()[0].get_ydata()) == [0.6, 0.8]


def test_plot_of_one_metric_returns_its_axes(run, pyplot):
    ax = run([], LOGS).plot("accuracy")
    assert isinstance(ax, pyplot.Axes)
    assert len(ax.get_lines()) == 2


def test_plot_draws_into_given_axes(run, pyplot):
    _, ax = pyplot.subplots()
    assert run([], LOGS).plot(ax=ax) is ax
    assert len(ax.get_lines()) == 4


@pytest.mark.parametrize("names", ["abcd", "abcde"])
def test_plot_of_many_metrics_leaves_no_empty_panels(run, pyplot, names):
    axes = run([], [dict.fromkeys(names, 1.0)]).plot()
    assert axes.shape == (len(names),)
    assert len(axes[0].figure.axes) == len(names)


def test_validation_of_every_second_epoch_is_drawn_where_it_was(run, pyplot):
    epochs = [{"loss": 1.0}, {"loss": 0.8, "val_loss": 0.9}] * 2
    line = run([], epochs).plot().get_lines()[1]
    assert list(line.get_xdata()) == [2, 4]


def test_without_matplotlib_plot_gives_a_picture(run, without_matplotlib, tmp_path):
    picture = run([], LOGS).plot("loss")
    assert isinstance(picture, Picture)
    root = ET.fromstring(picture._repr_svg_())
    assert "val_loss" in ET.tostring(root, encoding="unicode")
    assert "accuracy" not in str(picture)
    picture.save(tmp_path / "curves.svg")
    assert (tmp_path / "curves.svg").read_text("utf-8") == str(picture)
    assert ".save(" in repr(picture)


def test_plot_of_an_unknown_metric_suggests_one(run):
    with pytest.raises(ValueError, match=r"no metric 'acuracy' .* did you mean 'accuracy'\?"):
        run([], LOGS).plot("acuracy")


def test_plot_before_any_epoch_is_refused():
    with pytest.raises(ValueError, match="no epoch was recorded; call fit first"):
        History().plot()


def test_save_svg_writes_all_curves(run, tmp_path):
    run([], LOGS).save_svg(tmp_path / "curves.svg")
    text = (tmp_path / "curves.svg").read_text("utf-8")
    ET.fromstring(text)
    assert all(name in text for name in LOGS[0])


def test_notebooks_show_curves_and_a_table(run):
    page = run([], LOGS)._repr_html_()
    assert "<svg" in page
    assert "2 epochs" in page
    assert "<td>val_accuracy</td><td>0.6000</td><td>0.4000</td><td>0.6000</td>" in page


def test_notebook_form_escapes_names_and_stands_nan(run):
    page = run([], [{"<b>": float("nan")}, {"<b>": 0.5}])._repr_html_()
    assert "<td>&lt;b&gt;</td><td>0.5000</td><td>0.5000</td>" in page


def test_notebook_form_of_an_empty_history_is_whole():
    assert "0 epochs" in History()._repr_html_()


@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda h: pickle.loads(pickle.dumps(h))])
def test_copies_hold_the_same_numbers(run, duplicate):
    history = run([], LOGS)
    history.model = None
    assert duplicate(history).history == history.history


def test_a_history_filled_by_hand_can_be_drawn(pyplot):
    history = History()
    history.history = {"loss": [3.0, 2.0, 1.0]}
    assert list(history.plot().get_lines()[0].get_xdata()) == [1, 2, 3]
    assert "<svg" in history._repr_svg_()
