"""The pages of the course: alike in both languages, complete, with pictures that are current."""

import base64
import io
import re
import tokenize
import zlib
from pathlib import Path

import numpy as np
import pytest

from tools.course_pictures import FOLDER, draw_all
from tools.site_languages import language_of, translation

COURSE = Path(__file__).parents[1] / "docs" / "course"
ENGLISH = sorted(COURSE.glob("en/*.md"))
KOREAN = sorted(path for path in COURSE.glob("ko/*.md") if path.stem != "index")
PAGES = [*ENGLISH, *KOREAN]
FILES = sorted(path.name for path in FOLDER.iterdir())


@pytest.fixture(scope="module")
def drawn():
    """Every picture, drawn once for all tests."""
    return draw_all()


def name(page):
    return f"{page.parent.name}/{page.name}"


def blocks(page, kind):
    return re.findall(rf"^```{kind}\n(.*?)^```$", page.read_text("utf-8"), re.DOTALL | re.MULTILINE)


def code(block):
    """Return the tokens of a block of Python, without its comments."""
    tokens = tokenize.generate_tokens(io.StringIO(block).readline)
    return [token.string for token in tokens if token.type not in (tokenize.COMMENT, tokenize.NL)]


def test_pages_are_numbered_without_a_gap():
    assert [int(page.name[:2]) for page in ENGLISH] == list(range(1, len(ENGLISH) + 1))


def test_both_languages_have_the_same_pages():
    assert [page.name for page in ENGLISH] == [page.name for page in KOREAN]


@pytest.mark.parametrize("page", KOREAN, ids=name)
def test_both_languages_run_the_same_code_and_print_the_same_numbers(page):
    other = COURSE / "en" / page.name
    assert [code(b) for b in blocks(page, "python")] == [code(b) for b in blocks(other, "python")]
    assert blocks(page, "text") == blocks(other, "text")


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_page_has_three_exercises_with_folded_solutions_that_run(page):
    solutions = re.findall(r"^<details.*?^</details>$", page.read_text("utf-8"), re.DOTALL | re.M)
    assert len(solutions) == 3
    assert all("```python" in solution for solution in solutions)


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_page_shows_pictures_and_says_what_is_in_them(page):
    shown = re.findall(r"!\[([^\]]*)\]\(\.\./pictures/(\S+)\)", page.read_text("utf-8"))
    assert shown
    for said, file in shown:
        assert file in FILES
        assert len(said) >= 40


def test_every_picture_is_on_a_page_and_every_file_is_drawn(drawn):
    on_pages = {
        file
        for page in PAGES
        for file in re.findall(r"pictures/(\S+\.svg)", page.read_text("utf-8"))
    }
    assert on_pages == set(drawn) == set(FILES)


def unpacked(svg):
    """Return ``svg`` with the pixels of its images: compressed bytes differ between zlibs."""

    def pixels(found):
        png = base64.b64decode(found[1])
        start = png.index(b"IDAT")
        size = int.from_bytes(png[start - 4 : start])
        return zlib.decompress(png[start + 4 : start + 4 + size]).hex()

    return re.sub(r"data:image/png;base64,([\w+/=]+)", pixels, svg)


@pytest.mark.parametrize("file", FILES)
def test_picture_is_what_the_library_draws_now(drawn, file):
    """Up to a fifth of a pixel, since the last digits of a coordinate depend on the processor."""
    remedy = "draw it again: python -m tools.course_pictures"
    number = r"(?<![\w#])-?\d+\.?\d*(?![\w])"
    now, then = unpacked(drawn[file]), unpacked((FOLDER / file).read_text("utf-8"))
    assert re.sub(number, "0", now) == re.sub(number, "0", then), remedy
    values = [np.array([float(v) for v in re.findall(number, svg)]) for svg in (now, then)]
    np.testing.assert_allclose(*values, rtol=0.0, atol=0.2, err_msg=remedy)


@pytest.mark.parametrize(
    ("url", "language", "leads_to"),
    [
        ("course/en/02-x/", "ko", "course/ko/02-x/"),
        ("course/ko/02-x/", "en", "course/en/02-x/"),
        ("course/en/02-x/", "en", "course/en/02-x/"),
        ("course/en/03-y/", "ko", "course/ko/"),  # not translated
        ("course/ko/", "en", "course/"),
        ("quickstart/", "ko", "course/ko/"),
        ("quickstart/", "en", "quickstart/"),
    ],
)
def test_language_switch_leads_to_the_same_page(url, language, leads_to):
    assert translation(url, language, {"course/en/02-x/", "course/ko/02-x/"}) == leads_to


def test_language_of_a_page():
    assert language_of("course/ko/02-x/") == "ko"
    assert language_of("course/en/02-x/") == language_of("") == "en"
