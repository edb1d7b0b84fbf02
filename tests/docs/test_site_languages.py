"""Pages in two languages: what leads where."""

from types import SimpleNamespace

from tools.site_languages import on_nav, translation


def test_next_and_previous_stay_in_the_language():
    urls = ["", "course/", "course/en/12/", "course/ko/", "course/ko/12/", "guides/classify/"]
    pages = {url: SimpleNamespace(url=url) for url in urls}
    on_nav(SimpleNamespace(pages=list(pages.values())), config=None, files=None)
    assert pages["course/en/12/"].next_page is pages["guides/classify/"]
    assert pages["guides/classify/"].previous_page is pages["course/en/12/"]
    assert pages["course/ko/12/"].previous_page is pages["course/ko/"]
    assert pages["course/ko/12/"].next_page is None
    assert pages[""].previous_page is None


def test_a_page_without_a_twin_leads_to_the_overview():
    pages = {"course/en/02/", "course/ko/02/", "guides/classify/"}
    assert translation("course/en/02/", "ko", pages) == "course/ko/02/"
    assert translation("guides/classify/", "ko", pages) == "course/ko/"
    assert translation("guides/classify/", "en", pages) == "guides/classify/"
