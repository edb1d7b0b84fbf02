"""Write what ``run.py`` has measured into the tables of pages.

    python benchmarks/report.py benchmarks/results.json docs/benchmarks.md README.md

A table stands between ``<!-- measured: NAME -->`` and ``<!-- end -->``; what is between them is
replaced, the text around it stays.
"""

import json
import pathlib
import re
import sys

OURS, HAND = "minikeras", "hand"
LIBRARIES = ["scikit-learn", "torch", "Keras (jax)"]
SHOWN = {"numpy": "NumPy", "torch": "torch", "keras": "Keras"}


def duration(seconds):
    """Return a time with three digits, in the unit that fits."""

    if round(seconds * 1e6, 1) < 1000:
        return _three(seconds * 1e6) + " µs"
    if round(seconds * 1e3, 1) < 1000:
        return _three(seconds * 1e3) + " ms"
    return _three(seconds) + " s"


def megabytes(size):
    """Return a number of bytes in MB, with three digits."""
    return _three(size / 1e6) + " MB"


def _three(value):
    return f"{value:.{2 if value < 10 else 1 if value < 100 else 0}f}"


def table(heads, rows):
    """Return a table; all columns but the first are numbers."""
    lines = [heads, ["---", *["---:"] * (len(heads) - 1)], *rows]
    return "\n".join("| " + " | ".join(cells).rstrip() + " |" for cells in lines)


def fastest(seconds):
    """Return times as text; of the libraries, the fastest is bold."""
    best = min(value for who, value in seconds.items() if who != HAND)
    return {
        who: f"**{duration(value)}**" if who != HAND and value == best else duration(value)
        for who, value in seconds.items()
    }


def steps(rows, what):
    """Return a table of times next to those by hand, and what else was measured below it."""
    columns = [who for who in LIBRARIES if any(who in row["seconds"] for row in rows)]
    found, notes = [], []
    for row in rows:
        seconds = row["seconds"]
        known = {who: seconds[who] for who in [HAND, OURS, *columns] if who in seconds}
        cells = fastest(known)
        ratio = f"{seconds[OURS] / seconds[HAND]:.2f}"
        found.append(
            [row["name"], cells[HAND], cells[OURS], ratio, *[cells.get(who, "") for who in columns]]
        )
        notes += [
            f"{row['name']}, {who}: {duration(value)}."
            for who, value in seconds.items()
            if who not in known
        ]
    drawn = table([what, "by hand", "minikeras", "× by hand", *columns], found)
    return "\n\n".join([drawn, *notes])


def costs(rows):
    """Return the table of sizes and start times."""
    heads = ["library", "on disk", "packages", "import", "first prediction", "memory by then"]
    return table(
        heads,
        [
            [
                row["name"],
                megabytes(row["size"]),
                str(row["packages"]),
                duration(row["import"]),
                duration(row["answer"]),
                megabytes(row["memory"]) if row["memory"] else "",
            ]
            for row in rows
        ],
    )


def files(rows):
    """Return the table of formats."""
    found = []
    for row in rows:
        for who, size in row["size"].items():
            save, load = fastest(row["save"])[who], fastest(row["load"])[who]
            found.append([f"`{row['name']}`", who, megabytes(size), save, load])
    return table(["file", "by", "size", "save", "load"], found)


def numerical(rows):
    """Return the table of numerical gradients."""
    return table(
        ["network", "minikeras", "one weight at a time", "times faster", "largest difference"],
        [
            [
                row["name"].removeprefix("numerical gradient "),
                duration(row["ours"]),
                duration(row["plain"]),
                f"{row['ratio']:,.0f}",
                f"{row['max_difference']:.0e}",
            ]
            for row in rows
        ],
    )


def conditions(where):
    """Return when, where and with what it was measured."""
    versions = ", ".join(
        f"{SHOWN.get(name, name)} {version}" for name, version in where["versions"].items()
    )
    count = where["processors"]
    return (
        f"Measured on {where['date']} on one thread of one processor ({where['processor']}, "
        f"{count} {'processors' if count != 1 else 'processor'}), {where['system']}, "
        f"Python {where['python']}, {versions}."
    )


def parts(results):
    """Return every generated part of the page by its name."""
    made = {"conditions": conditions(results["machine"])}
    for name, draw in {
        "train": lambda rows: steps(rows, "a training step"),
        "predict": lambda rows: steps(rows, "to predict"),
        "import": costs,
        "files": files,
        "numerical": numerical,
    }.items():
        if results.get(name):
            made[name] = draw(results[name])
    return made


def filled(text, results):
    """Return the page with the tables of these results.

    Raises
    ------
    ValueError
        If it has no place for any of them.
    """
    made = parts(results)
    names = set(re.findall(r"<!-- measured: (\w+) -->\n", text)) & set(made)
    if not names:
        raise ValueError(f"the page must have <!-- measured: ... --> of one of {list(made)}")
    for name in names:
        pattern = rf"(<!-- measured: {name} -->\n).*?(<!-- end -->)"
        text = re.sub(
            pattern,
            lambda found, name=name: f"{found[1]}\n{made[name]}\n\n{found[2]}",
            text,
            flags=re.S,
        )
    return text


def main(results, *pages):
    """Fill the tables of pages from a file of results."""
    known = json.loads(pathlib.Path(results).read_text("utf-8"))
    for page in map(pathlib.Path, pages):
        page.write_text(filled(page.read_text("utf-8"), known), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
