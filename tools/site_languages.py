"""MkDocs hook: each page in its own language, and a switch that leads to the same page in another.

Pages under ``course/ko/`` are Korean; the theme's own words (search, next, table of contents), the
names of the parts of the site and the ``lang`` of the page follow, for readers, screen readers and
fonts. A page without a translation leads to the overview of the course in the other language. Where
there is no page at all, that is said in both languages.
"""

import re
from typing import Any
from urllib.parse import urlsplit

NAMES = {"en": "English", "ko": "한국어"}
OVERVIEW = {"en": "course/", "ko": "course/ko/"}
KOREAN = {
    "Home": "홈",
    "Quick start": "빠른 시작",
    "Course": "강의",
    "Playground": "놀이터",
    "Guides": "가이드",
    "Files": "파일",
    "Gallery": "갤러리",
    "More": "더 보기",
}
COLOURS = {
    "en": {"default": "Dark colours", "slate": "Light colours"},
    "ko": {"default": "어두운 화면으로 바꾸기", "slate": "밝은 화면으로 바꾸기"},
}
PLAYGROUND = {"Playground": "playground/", "놀이터": "playground/?lang=ko"}
NOT_FOUND = """<h1>Not found</h1>
<p>There is no page at this address. Search above, or go to the <a href="{base}">home page</a>,
the <a href="{base}course/">course</a> or the <a href="{base}api/">API</a>.</p>
<p lang="ko">이 주소에는 페이지가 없습니다. 위에서 검색하거나
<a href="{base}course/ko/">한국어 강의</a>로 가세요.</p>"""


def language_of(url: str) -> str:
    """Return the language of the page at ``url``, relative to the site."""
    return "ko" if url.startswith(OVERVIEW["ko"]) else "en"


def translation(url: str, language: str, pages: set[str]) -> str:
    """Return where to read ``url`` in ``language``: itself, its twin or the overview of the course.

    Examples
    --------
    >>> translation("course/ko/02-x/", "en", {"course/en/02-x/", "course/ko/02-x/"})
    'course/en/02-x/'
    """
    own = language_of(url)
    if own == language:
        return url
    twin = url.replace(f"course/{own}/", f"course/{language}/")
    return twin if twin != url and twin in pages else OVERVIEW[language]


def on_nav(nav: Any, *, config: Any, files: Any) -> None:
    """Let "previous" and "next" lead to pages of the same language, and to the playground."""
    for code in NAMES:
        pages = [page for page in nav.pages if language_of(page.url) == code]
        for page, before, after in zip(pages, [None, *pages], [*pages[1:], None], strict=False):
            page.previous_page, page.next_page = before, after
        if pages and code == "ko":
            pages[-1].next_page = next(
                (page for page in nav.pages if page.url == "playground/"), None
            )


def name_parts(nav: Any, language: str) -> None:
    """Name the parts of the site in a language; the playground opens in it, too."""
    names = KOREAN if language == "ko" else {korean: name for name, korean in KOREAN.items()}
    for part in nav.items:
        part.title = names.get(part.title, part.title)
        if part.title in PLAYGROUND:
            part.file.url = PLAYGROUND[part.title]


def on_page_context(context: dict[str, Any], *, page: Any, config: Any, nav: Any) -> None:
    """Set the language and the switch just before a page is written, one page at a time."""
    pages = {other.url for other in nav.pages}
    config.theme["language"] = language_of(page.url)
    config.extra["alternate"] = [
        {"name": name, "lang": code, "link": translation(page.url, code, pages) or "."}
        for code, name in NAMES.items()
    ]
    name_parts(nav, language_of(page.url))
    for palette in config.theme["palette"]:
        palette["toggle"]["name"] = COLOURS[language_of(page.url)][palette["scheme"]]


on_page_context.mkdocs_priority = 100  # before the search reads the titles


def on_post_page(output: str, *, page: Any, config: Any) -> str:
    """Drop ``<link rel="alternate">``, which the theme's script takes for roots of whole sites."""
    return re.sub(r'<link rel="alternate" href="[^"]*" hreflang="[^"]*">\s*', "", output)


def on_post_template(output: str, *, template_name: str, config: Any) -> str:
    """Say where to go from an address without a page; the theme only says that there is none."""
    if template_name != "404.html":
        return output
    base = urlsplit(config.site_url or "/").path.rstrip("/") + "/"
    return re.sub(r"<h1>404 - Not found</h1>", NOT_FOUND.format(base=base), output)
