"""MkDocs hook: each page in its own language, and a switch that leads to the same page in another.

Pages under ``course/ko/`` are Korean; the theme's own words (search, next, table of contents) and
the ``lang`` of the page follow, for screen readers and fonts. A page without a translation leads
to the overview of the course in the other language.
"""

import re
from typing import Any

NAMES = {"en": "English", "ko": "한국어"}
OVERVIEW = {"en": "course/", "ko": "course/ko/"}


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
    """Let "previous" and "next" lead to pages of the same language."""
    for code in NAMES:
        pages = [page for page in nav.pages if language_of(page.url) == code]
        for page, before, after in zip(pages, [None, *pages], [*pages[1:], None], strict=False):
            page.previous_page, page.next_page = before, after


def on_page_context(context: dict[str, Any], *, page: Any, config: Any, nav: Any) -> None:
    """Set the language and the switch just before a page is written, one page at a time."""
    pages = {other.url for other in nav.pages}
    config.theme["language"] = language_of(page.url)
    config.extra["alternate"] = [
        {"name": name, "lang": code, "link": translation(page.url, code, pages) or "."}
        for code, name in NAMES.items()
    ]


def on_post_page(output: str, *, page: Any, config: Any) -> str:
    """Drop ``<link rel="alternate">``, which the theme's script takes for roots of whole sites."""
    return re.sub(r'<link rel="alternate" href="[^"]*" hreflang="[^"]*">\s*', "", output)
