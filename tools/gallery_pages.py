"""MkDocs hook: a page for each example, and their cards on ``docs/gallery/index.md``.

Title and text of a page are the docstring of the example, its pictures those that ``python -m
tools.gallery`` has written. Nothing is run here.
"""

import ast
import html
import re
import sys
from pathlib import Path
from typing import Any, NamedTuple

from mkdocs.structure.files import File

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))  # MkDocs loads a hook by its path

from tools.gallery import EXAMPLES, ORDER, pictures_of, stem  # noqa: E402


class Example(NamedTuple):
    """What a page says about an example."""

    name: str
    title: str
    subtitle: str
    text: str
    source: str


def read(name: str) -> Example:
    """Read title and text from the docstring of an example."""
    source = (EXAMPLES / f"{name}.py").read_text("utf-8")
    first, _, rest = (ast.get_docstring(ast.parse(source)) or "").partition("\n")
    title, _, subtitle = first.rstrip(".").replace("``", "").partition(": ")
    rest = re.sub(r"^    python \S+.*\n", "", rest, flags=re.MULTILINE)
    text = re.sub(r"``(.+?)``", r"`\1`", rest).strip()
    return Example(name, title, subtitle, text, source)


def said(svg: Path) -> str:
    """Return the text alternative of a picture, fit for an attribute."""
    text = svg.read_text("utf-8")
    parts = [re.search(f"<{tag}>(.*?)</{tag}>", text, re.DOTALL) for tag in ("title", "desc")]
    joined = ": ".join(html.unescape(part[1]) for part in parts if part)
    return html.escape(" ".join(joined.split()), quote=True)


def caption(svg: Path, example: str) -> str:
    """Return what tells a picture of an example from its others: the end of its name.

    Examples
    --------
    >>> caption(Path("spiral-one-layer.svg"), "spiral"), caption(Path("xor.svg"), "xor")
    ('one layer', 'xor')
    """
    return svg.stem.removeprefix(f"{stem(example)}-").replace("_", " ").replace("-", " ")


def figure(svg: Path, named: str = "") -> str:
    """Return a picture with its caption, if any; over the whole page if it is wide."""
    width, height = re.findall(r'(?:width|height)="([\d.]+)"', svg.read_text("utf-8"))[:2]
    size = f'width="{float(width):.0f}" height="{float(height):.0f}"'
    wide = ' class="wide"' if float(width) > 500 else ""
    image = f'<img src="../pictures/{svg.name}" alt="{said(svg)}" {size}>'
    below = named and f"<figcaption>{named}</figcaption>"
    return f"<figure{wide}>{image}{below}</figure>"


def page(example: Example) -> str:
    """Return the page of an example as Markdown."""
    several = pictures_of(example.name)
    named = [caption(svg, example.name) if len(several) > 1 else "" for svg in several]
    shown = "\n".join(map(figure, several, named))
    subtitle = f"**{example.subtitle[:1].upper()}{example.subtitle[1:]}.**\n\n"
    return (
        f"# {example.title}\n\n{subtitle if example.subtitle else ''}{example.text}\n\n"
        f'<div class="pictures">\n{shown}\n</div>\n\n'
        f"```bash\npython examples/{example.name}.py\n```\n\n"
        f"## Source\n\n````python\n{example.source}````\n"
    )


def cards(names: list[str]) -> str:
    """Return links with a picture to the pages of examples, as HTML."""
    links = []
    for example in map(read, names):
        svg = pictures_of(example.name)[0]
        subtitle = f"<span>{html.escape(example.subtitle)}</span>" if example.subtitle else ""
        links.append(
            f'<a href="{stem(example.name)}/"><img src="pictures/{svg.name}" alt="" loading="lazy">'
            f"<strong>{html.escape(example.title)}</strong>{subtitle}</a>"
        )
    return '<div class="cards gallery">\n' + "\n".join(links) + "\n</div>"


def group(which: str) -> list[str]:
    """Return the examples of ``first`` or ``keras_style``, in the order of the gallery."""
    return [name for name in ORDER if name.startswith("keras_style/") == (which != "first")]


def on_config(config: Any) -> None:
    """Put the pages below the gallery in the navigation."""
    for entry in config.nav:
        if "Gallery" in entry:
            for which in ("first", "keras_style"):
                inside = [{read(name).title: f"gallery/{stem(name)}.md"} for name in group(which)]
                title = {"first": "First programs", "keras_style": "In Keras's style"}[which]
                entry["Gallery"].append({title: inside})


def on_files(files: Any, *, config: Any) -> None:
    """Add the pages."""
    for name in ORDER:
        content = page(read(name))
        files.append(File.generated(config, f"gallery/{stem(name)}.md", content=content))


def on_page_markdown(markdown: str, *, page: Any, config: Any, files: Any) -> str:
    """Put the cards where the page of the gallery asks for them."""
    if page.file.src_uri != "gallery/index.md":
        return markdown
    return re.sub(r"<!-- cards: (\w+) -->", lambda found: cards(group(found[1])), markdown)
