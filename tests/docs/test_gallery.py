"""The gallery has every example, with pictures that are what the library draws."""

import re
from xml.etree import ElementTree

import pytest

from tools.gallery import EXAMPLES, FOLDER, ORDER, draw, pictures_of, stem

pytest.importorskip("mkdocs", reason="the pages are made by a hook of MkDocs")

from tools import gallery_pages

SVG = "{http://www.w3.org/2000/svg}"
FILES = sorted(path.name for path in FOLDER.glob("*.svg"))
QUICK = [name for name in ORDER if "/" not in name] + [
    f"keras_style/{name}" for name in ("sequential", "with_callbacks", "structured_data")
]


def look(svg):
    """Return size and title of a picture."""
    root = ElementTree.fromstring(svg)
    return root.get("width"), root.get("height"), root.findtext(f"{SVG}title")


def test_every_example_is_in_the_gallery_once():
    names = [
        path.relative_to(EXAMPLES).with_suffix("").as_posix() for path in EXAMPLES.rglob("*.py")
    ]
    assert sorted(ORDER) == sorted(names)


@pytest.mark.parametrize("name", ORDER)
def test_example_has_a_picture(name):
    assert pictures_of(name), f"draw it: python -m tools.gallery {stem(name)}"


def test_every_picture_is_of_an_example():
    assert sorted(svg.name for name in ORDER for svg in pictures_of(name)) == FILES


@pytest.mark.parametrize("file", FILES)
def test_picture_says_in_words_what_it_shows_and_is_small(file):
    root = ElementTree.fromstring((FOLDER / file).read_text("utf-8"))
    assert len(root.findtext(f"{SVG}title") + root.findtext(f"{SVG}desc")) > 25
    assert (FOLDER / file).stat().st_size < 100_000


@pytest.mark.parametrize("name", QUICK)
def test_example_draws_the_pictures_that_the_gallery_shows(name):
    drawn = draw(name)
    assert {file: look(svg) for file, svg in drawn.items()} == {
        svg.name: look(svg.read_text("utf-8")) for svg in pictures_of(name)
    }


@pytest.mark.parametrize("name", ORDER)
def test_page_has_title_text_pictures_command_and_source(name):
    example = gallery_pages.read(name)
    page = gallery_pages.page(example)
    assert page.startswith(f"# {example.title}\n")
    assert "``" not in example.title + example.subtitle + re.sub("````", "", example.text)
    assert len(example.text) > 100
    assert f"python examples/{name}.py" in page
    assert (EXAMPLES / f"{name}.py").read_text("utf-8") in page
    assert all(f"../pictures/{svg.name}" in page for svg in pictures_of(name))


def test_cards_lead_to_every_page():
    html = "".join(gallery_pages.cards(gallery_pages.group(which)) for which in ("first", "keras"))
    assert re.findall(r'<a href="(\w+)/">', html) == [stem(name) for name in ORDER]


def test_captions_tell_the_pictures_of_an_example_apart_and_one_alone_has_none():
    captions = re.findall("<figcaption>(.*?)</figcaption>", page_of("spiral"))
    assert captions == ["one layer", "three layers"]
    assert "figcaption" not in page_of("xor")


def page_of(name):
    return gallery_pages.page(gallery_pages.read(name))
