"""Check the links of a built site: pages, anchors, pictures, scripts, style sheets.

    mkdocs build --strict --site-dir site
    python tools/check_links.py site

Each address in the HTML, in the style sheets and in the imports of scripts must lead to a file of
the site, an anchor to an id on its page, and each id must be there once. Addresses of other sites
are not asked for, there is no network here: they must be https (or http to localhost) and well
formed; and scripts, style sheets and pictures may not come from elsewhere at all, so that the site
works offline. Prints what is wrong, a line each, and ends with 1 if there is something.
"""

import argparse
import re
import sys
from collections import Counter
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

# What a page needs to be seen, as against what a reader may follow.
LOADED = {
    ("audio", "src"),
    ("embed", "src"),
    ("iframe", "src"),
    ("img", "src"),
    ("img", "srcset"),
    ("link", "href"),
    ("object", "data"),
    ("script", "src"),
    ("source", "src"),
    ("source", "srcset"),
    ("video", "poster"),
    ("video", "src"),
}
FOLLOWED = {("a", "href"), ("area", "href"), ("form", "action"), ("use", "href")}
NOT_LOADED = {"canonical", "alternate", "next", "prev", "license", "author"}
OTHER_KINDS = {"data", "mailto", "tel", "javascript"}


class Link(NamedTuple):
    """An address on a page."""

    line: int
    url: str
    loaded: bool


class Page(HTMLParser):
    """The links and ids of a page of HTML."""

    def __init__(self, text: str):
        super().__init__(convert_charrefs=True)
        self.links: list[Link] = []
        self.ids: Counter[str] = Counter()
        self.base: str | None = None
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if "id" in found:
            self.ids[found["id"]] += 1
        if tag == "a" and "name" in found and found["name"] != found.get("id"):
            self.ids[found["name"]] += 1
        if tag == "base" and "href" in found:
            self.base = found["href"]
        kinds = set(found.get("rel", "").split())
        for name, value in found.items():
            if (tag, name) in LOADED | FOLLOWED:
                loaded = (tag, name) in LOADED and not kinds & NOT_LOADED
                for url in self._urls(name, value):
                    self.links.append(Link(self.getpos()[0], url, loaded))

    @staticmethod
    def _urls(name: str, value: str) -> list[str]:
        if name == "srcset":  # "small.png 1x, large.png 2x"
            return [part.split()[0] for part in value.split(",") if part.strip()]
        return [value.strip()]


def style_links(text: str) -> Iterator[Link]:
    """Yield what a style sheet loads."""
    text = re.sub(r"/\*.*?\*/", lambda found: "\n" * found[0].count("\n"), text, flags=re.DOTALL)
    pattern = r"""url\(\s*(?:"([^"]*)"|'([^']*)'|([^"'()\s]*))\s*\)|@import\s+["']([^"']*)["']"""
    for found in re.finditer(pattern, text):
        url = next(part for part in found.groups() if part is not None)
        yield Link(text.count("\n", 0, found.start()) + 1, url, True)


def script_links(text: str) -> Iterator[Link]:
    """Yield the files that a script imports, or names as beside itself."""
    patterns = (
        r"""^\s*(?:import|export)\b[^'"\n]*["'](\.[^"'\n]*)["']""",
        r"""\bimport\(\s*["'](\.[^"'\n]*)["']""",
        r"""\bnew URL\(\s*["']([^"'\n]+)["']\s*,\s*import\.meta\.url\s*\)""",
        r"""\bbeside\(\s*["']([^"'\n]+)["']\s*\)""",  # the playground's own name for the same
    )
    for pattern in patterns:
        for found in re.finditer(pattern, text, flags=re.MULTILINE):
            yield Link(text.count("\n", 0, found.start(1)) + 1, found[1], True)


class Site:
    """A folder of HTML, read once.

    Parameters
    ----------
    root : path
        Where ``mkdocs build`` has put the site.
    base : str, default "/"
        Where the site will stand on its server; addresses that begin with ``/`` are taken from
        there.
    """

    def __init__(self, root: Path, base: str = "/"):
        self.root = root.resolve()
        self.base = base
        self.pages = {
            path: Page(path.read_text("utf-8")) for path in sorted(self.root.rglob("*.html"))
        }

    def problems(self) -> Iterator[str]:
        """Yield what is wrong, as ``page:line: what``."""
        for path, page in self.pages.items():
            shown = path.relative_to(self.root).as_posix()
            for name, count in page.ids.items():
                if count > 1:
                    yield f"{shown}: id {name!r} is there {count} times"
                if not name or re.search(r"\s", name):
                    yield f"{shown}: id {name!r} is empty or has a space"
            folder = path.parent if page.base is None else path.parent / page.base
            for link in page.links:
                if wrong := self._wrong(link, path, folder):
                    yield f"{shown}:{link.line}: {wrong}"
        for suffix, read in ((".css", style_links), (".js", script_links), (".mjs", script_links)):
            for path in sorted(self.root.rglob(f"*{suffix}")):
                if ".min." in path.name:  # the theme's, packed; it has no modules
                    continue
                for link in read(path.read_text("utf-8")):
                    if wrong := self._wrong(link, path, path.parent):
                        yield f"{path.relative_to(self.root).as_posix()}:{link.line}: {wrong}"

    def _wrong(self, link: Link, path: Path, folder: Path) -> str | None:
        """Return what is wrong with a link in the file ``path``; None if nothing is."""
        try:
            parts = urlsplit(link.url)
            parts.port  # noqa: B018 - a port that is no number is found only when asked for
        except ValueError as error:
            return f"{link.url!r} is no address: {error}"
        if parts.scheme in OTHER_KINDS:
            return None
        if parts.scheme or parts.netloc:
            return self._wrong_outside(link, parts.scheme, parts.hostname)
        if re.search(r"\s", link.url):
            return f"{link.url!r} has a space; write %20"
        target = path
        if parts.path:
            target = self._target(unquote(parts.path), folder)
            if target != self.root and self.root not in target.parents:
                return f"{link.url!r} leads out of the site"
            if target.is_dir():
                target = target / "index.html"
            if not target.is_file():
                return f"{link.url!r} leads to no file"
        anchor = unquote(parts.fragment)
        if anchor and target.suffix == ".html" and not self._has(target, anchor):
            return f"{link.url!r} leads to no id {anchor!r} on that page"
        return None

    def _target(self, path: str, folder: Path) -> Path:
        if path.startswith("/"):
            if not path.startswith(self.base):
                return Path("/nowhere")
            return (self.root / path.removeprefix(self.base).lstrip("/")).resolve()
        return (folder / path).resolve()

    def _has(self, target: Path, anchor: str) -> bool:
        ids = self.pages[target].ids
        return anchor in ids or anchor == "top" or anchor.startswith(":~:")

    @staticmethod
    def _wrong_outside(link: Link, scheme: str, host: str | None) -> str | None:
        here = host in ("localhost", "127.0.0.1")
        if link.loaded:
            return f"{link.url!r} is loaded from another site; put it into the documentation"
        if not (scheme == "https" or (scheme == "http" and here)):
            return f"{link.url!r} should begin with https://"
        if not host or not (here or re.fullmatch(r"(?:[\w-]+\.)+[\w-]{2,}", host)):
            return f"{link.url!r} names no server"
        if re.search(r"\s", link.url):
            return f"{link.url!r} has a space; write %20"
        return None


def main(arguments: list[str] | None = None) -> int:
    """Print what is wrong; return 1 if anything is."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("site", type=Path, help="the folder that mkdocs build has written")
    parser.add_argument("--base", default="/", help="path of the site on its server, default /")
    options = parser.parse_args(arguments)
    if not (options.site / "index.html").is_file():
        parser.error(f"{options.site} has no index.html; build the site first")
    site = Site(options.site, options.base)
    problems = list(site.problems())
    print("\n".join(problems), file=sys.stderr, end="\n" if problems else "")
    count = sum(len(page.links) for page in site.pages.values())
    print(f"{len(site.pages)} pages, {count:,} links, {len(problems)} problems")
    return int(bool(problems))


if __name__ == "__main__":
    sys.exit(main())
