"""Pages in two languages: what leads where."""

from types import SimpleNamespace

import pytest

pytest.importorskip("mkdocs", reason="the languages are set by a hook of MkDocs")

from tools.site_languages import (
    NOT_FOUND,
    name_parts,
    on_nav,
    on_page_context,
    on_post_template,
    translation,
)


def part(title, url=None):
    return SimpleNamespace(title=title, file=SimpleNamespace(url=url))


def test_next_and_previous_stay_in_the_language():
    urls = ["", "course/", "course/en/12/", "course/ko/", "course/ko/12/", "playground/"]
    pages = {url: SimpleNamespace(url=url) for url in urls}
    on_nav(SimpleNamespace(pages=list(pages.values())), config=None, files=None)
    assert pages["course/en/12/"].next_page is pages["playground/"]
    assert pages["playground/"].previous_page is pages["course/en/12/"]
    assert pages["course/ko/12/"].previous_page is pages["course/ko/"]
    assert pages["course/ko/12/"].next_page is pages["playground/"]
    assert pages[""].previous_page is None


def test_a_page_without_a_twin_leads_to_the_overview():
    pages = {"course/en/02/", "course/ko/02/", "guides/classify/"}
    assert translation("course/en/02/", "ko", pages) == "course/ko/02/"
    assert translation("guides/classify/", "ko", pages) == "course/ko/"
    assert translation("guides/classify/", "en", pages) == "guides/classify/"


def test_korean_pages_name_the_parts_of_the_site_in_korean_and_english_ones_again_in_english():
    parts = [part("Course"), part("Playground", "playground/"), part("API")]
    nav = SimpleNamespace(items=parts, pages=[])
    colours = [{"scheme": scheme, "toggle": {}} for scheme in ("default", "slate")]
    config = SimpleNamespace(theme={"palette": colours}, extra={})
    context = {"page": SimpleNamespace(url="course/ko/02/"), "config": config, "nav": nav}
    on_page_context({}, **context)
    assert [each.title for each in parts] == ["강의", "놀이터", "API"]
    assert parts[1].file.url == "playground/?lang=ko"
    assert colours[0]["toggle"]["name"] == "어두운 화면으로 바꾸기"
    context["page"] = SimpleNamespace(url="course/en/02/")
    on_page_context({}, **context)
    assert [each.title for each in parts] == ["Course", "Playground", "API"]
    assert parts[1].file.url == "playground/"
    assert colours[1]["toggle"]["name"] == "Light colours"


def test_naming_the_parts_twice_changes_nothing():
    nav = SimpleNamespace(items=[part("Playground", "playground/")])
    for _ in range(2):
        name_parts(nav, "ko")
    assert (nav.items[0].title, nav.items[0].file.url) == ("놀이터", "playground/?lang=ko")


def test_an_address_without_a_page_leads_on_in_both_languages():
    page = "<nav></nav><h1>404 - Not found</h1>"
    config = SimpleNamespace(site_url="https://example.org/minikeras/")
    found = on_post_template(page, template_name="404.html", config=config)
    assert found == "<nav></nav>" + NOT_FOUND.format(base="/minikeras/")
    assert '<a href="/minikeras/course/ko/">' in found
    assert on_post_template(page, template_name="sitemap.xml", config=config) == page
