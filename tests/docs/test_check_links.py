"""The link checker finds what is broken, and nothing else."""

import pytest

from tools.check_links import Page, Site, main, script_links, style_links


@pytest.fixture
def site(tmp_path):
    """Return a function that writes files, by path, and gives the problems of the site."""

    def problems(base="/", **files):
        (tmp_path / "index.html").write_text("<h1 id=top>Home</h1>", "utf-8")
        for name, text in files.items():
            path = tmp_path / name.replace("__", "/").replace("_", ".")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
        return list(Site(tmp_path, base).problems())

    return problems


@pytest.mark.parametrize(
    "address",
    [
        "..",
        "../",
        "../index.html",
        "../#top",
        "/",
        "other.html",
        "other.html#part",
        "other.html#%EA%B0%80",  # 가
        "#here",
        "#",
        "",
        "other.html?q=1#part",
        "mailto:a@example.org",
        "data:,x",
        "https://example.org/a?b=c#d",
        "https://keras.io",
        "http://localhost:8000/",
    ],
)
def test_good_link_is_no_problem(site, address):
    found = site(
        a__page_html=f'<p id="here"><a href="{address}">x</a>',
        a__other_html='<p id="part"><p id="가">',
    )
    assert found == []


@pytest.mark.parametrize(
    ("address", "what"),
    [
        ("missing.html", "leads to no file"),
        ("missing/", "leads to no file"),
        ("..#bottom", "leads to no id 'bottom'"),
        ("#there", "leads to no id 'there'"),
        ("../../elsewhere.html", "leads out of the site"),
        ("http://example.org/", "should begin with https"),
        ("ftp://example.org/", "should begin with https"),
        ("//example.org/x", "should begin with https"),
        ("https://", "names no server"),
        ("https://nowhere/", "names no server"),
        ("https://example.org/a b", "has a space"),
        ("a b.html", "has a space"),
        ("https://example.org:port/", "is no address"),
        ("https://[::1/", "is no address"),
    ],
)
def test_broken_link_is_named_with_page_and_line(site, address, what):
    (found,) = site(a__page_html=f'<p id="here">\n<a href="{address}">x</a>')
    assert found.startswith("a/page.html:2: ")
    assert what in found


@pytest.mark.parametrize(
    "tag",
    [
        '<img src="{}">',
        '<img srcset="here.svg 1x, {} 2x">',
        '<script src="{}"></script>',
        '<link rel="stylesheet" href="{}">',
        '<link rel="icon" href="{}">',
        '<iframe src="{}"></iframe>',
    ],
)
def test_what_a_page_loads_must_be_a_file_of_the_site(site, tag):
    assert site(page_html=tag.format("here.svg"), here_svg="<svg/>") == []
    (missing,) = site(page_html=tag.format("gone.svg"))
    assert "leads to no file" in missing
    (elsewhere,) = site(page_html=tag.format("https://fonts.example.org/a.css"))
    assert "is loaded from another site" in elsewhere


def test_canonical_address_may_be_elsewhere(site):
    assert site(page_html='<link rel="canonical" href="https://example.org/page/">') == []


def test_id_that_is_there_twice_is_named(site):
    assert site(page_html='<p id="a"><p id="b"><p id="a">') == [
        "page.html: id 'a' is there 2 times"
    ]


def test_address_from_the_root_of_the_server_is_taken_from_the_base(site):
    assert site(base="/docs/", page_html='<a href="/docs/">x</a>') == []
    (found,) = site(base="/docs/", page_html='<a href="/">x</a>')
    assert "leads out of the site" in found


def test_link_to_a_folder_needs_its_index(site):
    (found,) = site(page_html='<a href="folder/">x</a>', folder__other_html="")
    assert "leads to no file" in found


def test_base_of_a_page_is_heeded(site):
    files = {"a__b__page_html": '<base href="../.."><img src="x.svg">', "x_svg": "<svg/>"}
    assert site(**files) == []


def test_style_sheet_is_read(site):
    (found,) = site(assets__site_css="a {}\nb { background: url('gone.png') }")
    assert found == "assets/site.css:2: 'gone.png' leads to no file"


def test_urls_of_a_style_sheet():
    text = """/* url(not.png) */ @import "a.css"; b { c: url(d.png) url( "e.png" ) }"""
    assert [link.url for link in style_links(text)] == ["a.css", "d.png", "e.png"]


def test_files_that_a_script_imports():
    text = """
import { a } from "./a.js";
export * from './b.js';
const c = await import("./c.js");
const d = new Worker(new URL("d.js", import.meta.url), { type: "module" });
const e = beside("e.json");
const f = new URL("f.js", elsewhere);
"""
    found = {link.url: link.line for link in script_links(text)}
    assert found == {"./a.js": 2, "./b.js": 3, "./c.js": 4, "d.js": 5, "e.json": 6}


def test_link_in_text_or_in_a_comment_is_none():
    assert Page("<!-- <a href='x'> --> &lt;a href='y'&gt;<script>'<a href=z>'</script>").links == []


def test_command_says_how_many_and_ends_with_one_if_something_is_wrong(tmp_path, capsys):
    (tmp_path / "index.html").write_text('<a href="gone/">x</a>', "utf-8")
    assert main([str(tmp_path)]) == 1
    printed = capsys.readouterr()
    assert printed.out == "1 pages, 1 links, 1 problems\n"
    assert "index.html:1: 'gone/' leads to no file" in printed.err
    (tmp_path / "gone").mkdir()
    (tmp_path / "gone" / "index.html").write_text("", "utf-8")
    assert main([str(tmp_path)]) == 0


def test_folder_without_a_site_is_refused(tmp_path, capsys):
    with pytest.raises(SystemExit):
        main([str(tmp_path)])
    assert "build the site first" in capsys.readouterr().err
