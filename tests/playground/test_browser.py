"""The playground in a real browser, offline: ``drive.mjs`` uses it, the tests judge what it saw.

Screenshots are left in the folder that ``MINIKERAS_SCREENSHOTS`` names, else in pytest's own.
"""

import functools
import json
import os
import re
import shutil
import subprocess
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

from tests.playground import parts

ROOT = Path(__file__).parents[2]
DRIVER = Path(__file__).with_name("drive.mjs")


class Quiet(SimpleHTTPRequestHandler):
    """Serves a folder, with the types that browsers insist on."""

    extensions_map = {
        **SimpleHTTPRequestHandler.extensions_map,
        ".js": "text/javascript",
        ".mjs": "text/javascript",
        ".wasm": "application/wasm",
    }

    def log_message(self, *args):
        """Say nothing."""


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    named = os.environ.get("MINIKERAS_SCREENSHOTS")
    folder = Path(named) if named else tmp_path_factory.mktemp("screenshots")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """A local site as the docs' build makes it: the page, the wheel, and Pyodide in a folder."""
    pytest.importorskip("hatchling", reason="hatchling, which builds the wheel, is not installed")
    pytest.importorskip("mkdocs", reason="mkdocs, whose hook makes the wheel, is not installed")
    from tools.playground_wheel import beside_playground

    try:
        found = parts.find()
    except parts.Missing as reason:
        pytest.skip(str(reason))
    site = tmp_path_factory.mktemp("site")
    page = site / "playground"
    shutil.copytree(ROOT / "docs" / "playground", page)
    for name, content in beside_playground(ROOT).items():
        (page / name).write_bytes(content)
    (site / "pyodide").symlink_to(found.pyodide, target_is_directory=True)
    handler = functools.partial(Quiet, directory=str(site))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/", found
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def visit(address, pictures):
    """What the driver saw, a dict for each scene; one run of the browser for all tests."""
    url, found = address
    command = [found.node, str(DRIVER), str(found.modules), found.chromium, url, str(pictures)]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", timeout=900, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture
def scene(visit):
    """A function that returns the facts of one scene."""

    def facts(name):
        assert "failed" not in visit[name], visit[name]["failed"]
        return visit[name]

    return facts


def run(code):
    names = {}
    exec(code, names)
    return names


# Learning.


def test_xor_is_learned_without_an_error(scene):
    assert scene("learn")["wrong"] == "0 of 200"
    assert scene("learn")["end"].startswith("Paused at epoch ")


def test_speed_is_reported(scene, capsys, record_testsuite_property):
    rate = scene("learn")["rate"]
    record_testsuite_property("playground_updates_per_second", rate)
    with capsys.disabled():
        print(f"\nplayground: {rate} updates of the boundary a second; {scene('learn')['begin']}")
    assert rate > 0


def test_play_turns_into_pause_and_says_so(scene):
    assert scene("learn")["playing"] == ["Pause", "Training."]


def test_code_on_the_page_trains_such_a_model_in_ordinary_python(scene):
    learned = run(scene("learn")["code"])
    assert learned["accuracy"] > 0.98  # rounding of last digits adds up over the epochs
    assert f"epochs={scene('learn')['epoch']}," in scene("learn")["code"]


def test_code_with_weights_is_the_model_on_the_page(scene):
    model = run(scene("learn")["weights"])
    x, y = model["x"], model["y"]
    split = len(x) * 3 // 4
    loss, accuracy = model["model"].evaluate(x[:split], y[:split], verbose=0)
    assert loss == pytest.approx(scene("learn")["loss"], abs=1e-4)
    assert accuracy == 1.0


def test_weights_in_the_browser_are_those_of_ordinary_python(scene):
    trained = run(scene("change")["code"])["model"].get_weights()
    shown = run(scene("change")["weights"])["model"].get_weights()
    for ours, theirs in zip(trained, shown, strict=True):
        np.testing.assert_allclose(theirs, ours, atol=1e-4)


def test_copy_button_copies_the_code(scene):
    assert scene("learn")["copied"] == scene("learn")["code"]


def test_pictures_have_a_text_alternative_with_the_numbers(scene):
    assert re.search(r"200 points, 0 of them wrong", scene("learn")["alternative"])
    assert re.search(r"training \d\.\d+, held out \d\.\d+", scene("learn")["curve"])


# Neurons, edges, layers.


def test_neuron_shows_its_formula_and_takes_a_new_bias(scene):
    facts = scene("change")
    assert facts["neuron"] == "Neuron 2 of hidden layer 1"
    assert re.fullmatch(r"tanh\(.*·x1 [+−] .*·x2 [+−] .*\)", facts["formula"])
    assert run(facts["changed"])["model"].get_weights()[1][1] == 1.25


def test_edge_takes_a_new_weight(scene):
    facts = scene("change")
    assert facts["edge"] == "Weight from Input x1 to Neuron 2 of hidden layer 1"
    assert run(facts["changed"])["model"].get_weights()[0][0, 1] == -0.75


def test_table_has_the_changed_values(scene):
    rows = [row.split() for row in scene("change")["table"]]
    assert rows[1][0] == "x1" and rows[1][2] == "-0.7500"
    assert rows[3][0] == "Bias" and rows[3][2] == "1.2500"


def test_slope_by_backpropagation_stands_beside_the_numerical_one(scene):
    analytic, numerical = scene("change")["slopes"]
    assert analytic == pytest.approx(numerical, rel=0.02, abs=1e-4)


def test_a_change_by_hand_is_noted_below_the_code(scene):
    assert scene("change")["note"].startswith("Changed on the way: a weight.")


def test_closing_the_popover_gives_the_focus_back_to_the_neuron(scene):
    assert scene("change")["focus"].startswith("Neuron 2 of hidden layer 1")


def test_layers_are_added_grown_and_removed_and_the_code_follows(scene):
    facts = scene("change")
    dense = [re.findall(r"layers\.Dense\((.*)\)", facts[name]) for name in ("grown", "shrunk")]
    assert dense[0] == ['3, activation="tanh"', '2, activation="relu"', '3, activation="gelu"',
                        '1, activation="sigmoid"']  # fmt: skip
    assert dense[1] == dense[0][1:]
    assert len(facts["heads"]) == 5


def test_numerical_gradient_is_in_the_code(scene):
    assert 'gradient="numerical"' in scene("change")["numerical"]


def test_every_number_of_a_chosen_point_is_shown(scene):
    assert "A = X W + B" in scene("change")["forward"]
    assert "by differences" in scene("change")["backward"]


# Sharing, keyboard, languages, small and dark screens.


def test_shared_address_gives_the_same_model(scene):
    assert scene("share")["received"] == scene("share")["sent"]
    assert scene("share")["shown"] == "0.1"


def test_points_are_clicked_and_erased(scene):
    points = re.findall(r"^ {4}\[(.*)\],$", scene("share")["sent"], re.MULTILINE)[:4]
    expected = [[-0.8, -0.8, 0], [0.8, 0.8, 0], [-0.8, 0.8, 1], [0.8, -0.8, 1]]
    found = [[float(cell) for cell in point.split(",")] for point in points]
    np.testing.assert_allclose(found, expected, atol=0.02)


def test_space_plays_and_pauses(scene):
    assert (scene("keyboard")["playing"], scene("keyboard")["paused"]) == ("Pause", "Play")


def test_tab_reaches_every_control_in_the_order_of_the_page(scene):
    stops = scene("keyboard")["stops"]
    wanted = ["theme", "share", "play", "step", "reset", "pace", "data", "points", "noise",
              "heldout", "loss", "optimizer", "rate", "batch", "dropout", "penalty", "seed", "dice",
              "gradient", "add-layer", "Input x1", "plot"]  # fmt: skip
    places = [stops.index(name) for name in wanted if name in stops]
    assert [name for name in wanted if name not in stops] == []
    assert places == sorted(places)


def test_arrows_walk_over_neurons_and_edges(scene):
    walk = [re.sub(r"[:,] .*", "", step) for step in scene("keyboard")["walk"]]
    first, second = "Neuron 1 of hidden layer 1", "Neuron 2 of hidden layer 1"
    assert walk == [
        f"Weight from Input x1 to {first}",
        f"Weight from Input x1 to {second}",
        second,
        f"Weight from {second} to Neuron 1 of hidden layer 2",
        second,
        "Output neuron",
        "Input x1",
        "Input x2",
        f"Weight from Input x2 to {first}",
    ]


def test_enter_opens_a_value_and_escape_goes_back(scene):
    assert scene("keyboard")["field"] == "value"
    assert scene("keyboard")["back"] == "Weight from Input x2 to Neuron 1 of hidden layer 1: 2.500"


def test_arrows_on_the_picture_read_the_output_aloud(scene):
    expected = r"x1 0\.05, x2 0\.05: output \d\.\d+, class [AB]"
    assert re.fullmatch(expected, scene("keyboard")["probe"])


def test_focus_stays_on_the_button_that_changed_a_layer(scene):
    assert scene("keyboard")["stays"] == "One neuron more in hidden layer 1"


def test_arrow_keys_choose_the_data(scene):
    assert scene("keyboard")["data"]


def test_every_control_has_a_name(scene):
    assert scene("keyboard")["nameless"] == []


def test_korean_page_is_korean(scene):
    facts = scene("korean")
    assert facts["lang"] == "ko" and facts["begin"].startswith("준비되었습니다")
    for words in ("은닉층", "손실", "학습률", "최적화", "정규화", "기울기", "수치 미분", "역전파"):
        assert words in facts["body"]
    english = re.sub(r"import numpy.*?print[^\n]*\n", "", facts["body"], flags=re.DOTALL)
    for words in ("Play", "Loss", "loss", "neuron", "Learning", "Output", "epoch", "Layer"):
        assert words not in english


def test_korean_page_leads_to_the_english_one_and_keeps_the_rest_of_the_address(scene):
    assert "lang=en" in scene("korean")["other"] and "pyodide" in scene("korean")["other"]


def test_phone_needs_no_horizontal_scrolling(scene):
    assert scene("phone")["width"] == 375
    assert scene("phone")["narrow"] == 320


def test_phone_begins_with_folded_settings_and_has_targets_for_fingers(scene):
    assert scene("phone")["folded"] == 0
    assert scene("phone")["small"] == []


def test_dark_and_light_differ_in_page_and_picture(scene):
    (dark, dark_pixel), (light, light_pixel) = scene("colours")["dark"], scene("colours")["light"]
    assert dark != light and sum(dark_pixel[:3]) < sum(light_pixel[:3])


def test_colours_chosen_on_the_site_hold_here_too(scene):
    colours = scene("colours")  # on a device that asks for dark ones
    assert colours["site"] == [colours["light"][0], colours["dark"][0]]


def test_less_motion_is_honoured_while_training_goes_on(scene):
    assert scene("colours")["shown"] <= 8 < scene("colours")["learned"]


# What goes wrong, and what must not.


def test_a_loss_that_is_no_number_is_explained(scene):
    assert re.search(r"no longer a number.*smaller learning rate", scene("problems")["loss"])
    assert scene("problems")["over"]  # after a smaller rate was chosen


def test_a_setting_of_a_broken_address_is_left_at_its_default(scene):
    assert scene("problems")["data"] == "circles"


def test_bad_csv_is_explained_and_good_csv_is_taken(scene):
    facts = scene("problems")
    assert facts["csv"].startswith("Line 2 of the CSV needs three columns")
    assert "[-1.2, -1.2, 0]" in facts["read"] and facts["gone"]


def test_missing_interpreter_is_explained_with_a_button_to_try_again(scene):
    words, again = scene("problems")["missing"]
    assert "Check the network connection" in words and again


def test_an_interpreter_from_another_site_is_not_taken_from_the_address(scene):
    words, _ = scene("problems")["foreign"]
    assert "evil" not in words and "cdn.jsdelivr.net" in words


def test_nothing_is_fetched_from_elsewhere(visit, address):
    url, _ = address
    elsewhere = [r for r in visit["seen"]["requests"] if not r.startswith((url, "data:"))]
    assert elsewhere == []


def test_the_console_stays_empty(visit):
    assert visit["seen"]["console"] == []


def test_screenshots_are_taken(visit, pictures):
    names = {path.stem for path in pictures.glob("*.png")}
    assert {"light", "dark", "phone", "korean-dark", "edge", "numbers", "problem"} <= names
