"""Pages show what their own code draws."""

import re
from xml.etree import ElementTree

import pytest

pytest.importorskip("mkdocs", reason="the pictures are put on the site by a hook of MkDocs")

from tools.page_pictures import DOCS, draw, pages, wanted

PAGES = pages()


def test_home_page_shows_the_network_of_its_code():
    (svg,) = draw(DOCS / "index.md").values()
    desc = ElementTree.fromstring(svg).findtext("{http://www.w3.org/2000/svg}desc")
    assert desc.startswith("Network of 2, 3 and 2 units")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(DOCS).as_posix())
def test_code_of_the_page_draws_what_it_shows(page):
    assert set(draw(page)) == set(wanted(page.read_text("utf-8")))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(DOCS).as_posix())
def test_picture_has_a_text_alternative(page):
    for image in re.findall(r"<img [^>]*>", page.read_text("utf-8")):
        assert re.search(r' alt="([^"]{30,})"', image) or 'loading="lazy"' in image


def test_picture_that_no_code_draws_is_an_error(tmp_path):
    page = tmp_path / "page.md"
    page.write_text('<img src="gone.svg">\n\n```python\nx = 1\n```\n', "utf-8")
    with pytest.raises(ValueError, match="gone.svg"):
        draw(page)


def test_only_as_much_code_is_run_as_the_pictures_need(tmp_path):
    page = tmp_path / "page.md"
    page.write_text(
        '```python\nopen("a.svg", "w").close()\n```\n<img src="a.svg">\n```python\n1 / 0\n```\n',
        "utf-8",
    )
    assert draw(page) == {"a.svg": ""}
