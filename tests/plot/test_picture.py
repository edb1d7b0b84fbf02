"""Picture: what it says of itself, and its files."""

import sys

import pytest

from minikeras import plot

SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="10" height="20">'
    "<title>a &lt; b</title><desc>two</desc></svg>"
)


def test_text_stands_for_the_picture():
    svg = "<svg><title>A &amp; B</title><desc>Two lines.</desc></svg>"
    assert plot.Picture(svg).text == "A & B. Two lines."


def test_title_and_desc_are_read_from_the_picture():
    picture = plot.Picture(SVG)
    assert (picture.title, picture.desc) == ("a < b", "two")
    assert repr(picture).startswith("<Picture 'a < b', 10 x 20;")


def test_svg_is_saved_as_it_is(tmp_path):
    plot.Picture(SVG).save(tmp_path / "p.SVG")
    assert (tmp_path / "p.SVG").read_text("utf-8") == SVG


@pytest.mark.parametrize("kind", ["png", "pdf"])
def test_other_files_need_the_extra(tmp_path, monkeypatch, kind):
    monkeypatch.setitem(sys.modules, "cairosvg", None)
    with pytest.raises(ImportError, match=rf"\.{kind} files need CairoSVG: pip install '.*\[png\]"):
        plot.Picture(SVG).save(tmp_path / f"p.{kind}")


@pytest.mark.parametrize(("kind", "magic"), [("png", b"\x89PNG"), ("pdf", b"%PDF")])
def test_other_files_are_converted(tmp_path, kind, magic):
    pytest.importorskip("cairosvg", exc_type=(ImportError, OSError))
    plot.Picture(SVG).save(tmp_path / f"p.{kind}")
    assert (tmp_path / f"p.{kind}").read_bytes().startswith(magic)


def test_unknown_endings_are_refused(tmp_path):
    with pytest.raises(ValueError, match=r"saved as .svg, .png or .pdf, got '.*p.gif'"):
        plot.Picture(SVG).save(tmp_path / "p.gif")


def test_names_are_listed_and_unknown_ones_refused():
    assert set(plot.__all__) <= set(dir(plot))
    with pytest.raises(AttributeError, match="no attribute 'netwrk'"):
        plot.netwrk  # noqa: B018
