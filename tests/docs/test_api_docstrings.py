"""The pages of the API give each argument its own default, and no dash before nothing."""

import pytest

pytest.importorskip("griffe", reason="docstrings are read by an extension of Griffe")

import griffe

from tools.api_docstrings import TrueDefaults, on_page_content

MODULE = '''
def f(x, step, mode="auto", name="f", dtype=None, h=None, low=1e-7, high=0.9, *rest, **more):
    """Do it.

    Parameters
    ----------
    x : array of the shape of ``y``
    step : {"small", "large"}
        Which.
    mode : {"auto", "max"}
        How.
    name, dtype
        Both alike.
    h : float, default the cube root of epsilon
        The step.
    low, high : float, default 1e-7 and 0.9
        Bounds.
    *rest
        More.
    **more
        Even more.
    """
'''


@pytest.fixture
def shown(tmp_path):
    (tmp_path / "module.py").write_text(MODULE, "utf-8")
    module = griffe.load(
        "module",
        search_paths=[tmp_path],
        docstring_parser="numpy",
        docstring_options={"warnings": False},
        extensions=griffe.load_extensions(TrueDefaults),
    )
    section = module["f"].docstring.parsed[1]
    return {item.name: item for item in section.value}


def defaults(shown):
    return {name: item.value and str(item.value) for name, item in shown.items()}


def test_arguments_described_together_have_their_own_defaults(shown):
    found = defaults(shown)
    assert (found["name"], found["dtype"]) == ('"f"', "None")
    assert (found["low"], found["high"]) == ("1e-07", "0.9")


def test_argument_without_default_has_none_though_its_choices_are_listed(shown):
    found = defaults(shown)
    assert (found["x"], found["step"], found["mode"]) == (None, None, '"auto"')
    assert (found["*rest"], found["**more"]) == (None, None)


def test_what_none_stands_for_is_kept(shown):
    assert defaults(shown)["h"] == "the cube root of epsilon"


def test_type_is_without_markup(shown):
    assert shown["x"].annotation == "array of the shape of y"


def test_no_dash_stands_before_an_empty_description():
    empty = '<b>x</b>\n  –\n  <div class="doc-md-description">\n\n </div></li>'
    full = empty.replace("\n\n ", "<p>It.</p>")
    assert on_page_content(empty + full) == "<b>x</b></li>" + full
