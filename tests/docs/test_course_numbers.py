"""Numbers in the course: those in its sentences follow from its code, the seeds' sums by hand."""

import math
import re
from pathlib import Path

import numpy as np
import pytest

COURSE = Path(__file__).parents[2] / "docs" / "course"
PAGES = sorted(COURSE.glob("*/[01][0-9]-*.md"))
BLOCK = re.compile(r"^```\w+\n(.*?)^```$", re.DOTALL | re.MULTILINE)
NUMBER = re.compile(r"(?<![A-Za-z_0-9.])-?\d[\d,]*(?:\.\d+)?(?:e-?\d+)?(?![A-Za-z_0-9])")
COUNTED = 12  # whole numbers up to here count things that can be seen

EPSILON = float(np.finfo(np.float64).eps), float(np.finfo(np.float32).eps)

# What no block prints, by page: numbers that follow from those that the page has...
DERIVED = {
    1: {"4,913": 17**3},  # steps of a quarter from -2 to 2, for two weights and a bias
    3: {"16": 2 * 3 + 3 * 2 + 2 * 2},
    5: {"99": 100 - 1},
    6: {"1,797": 1438 + 359, "14": 359 - 345, "19": 6.0 / 0.31},
    8: {
        "16": round(-math.log10(EPSILON[0])),
        "-1.2": 1 - 2 * 1.1,
        "0.8": 1 - 2 * 0.1,
        "6e-6": EPSILON[0] ** (1 / 3),
        "5e-3": EPSILON[1] ** (1 / 3),
    },
    9: {
        "1,210": 64 * 16 + 16 + 16 * 10 + 10,
        "1.5": 0.9 / 0.6,
        "39,760": 784 * 50 + 50 + 50 * 10 + 10,
        "79,520": 2 * 39760,
        "64": 2 * 32,
    },
    10: {"-0.98": 0.02 - 1},
    11: {"1,185": 2 * 32 + 32 + 32 * 32 + 32 + 32 + 1},
    12: {"288": 8 * 6 * 6, "27": 0b11011, "177": 0b10110001},
}

# ... and those that need not follow from anything: made up, seen in a picture, measured, facts.
GIVEN = {
    4: {"300"},  # a sum can be 300, a probability cannot
    6: {"28", "60,000", "0.31", "6.0", "0.1"},  # MNIST; times, said to be of one machine
    7: {"-3.5", "10,000"},  # where the picture's valley lies, see the test below
    8: {"0.02", "0.6", "1e-11", "-12.5"},  # the pictures: learning rates, an error, an axis
    9: {"0.05", "1e-11"},  # the end of the picture's curve; what the dots stand for
    10: {"0.99"},
    12: {"90"},  # degrees
}


def name(page):
    return f"{page.parent.name}/{page.name}"


def value(text):
    return float(text.replace(",", ""))


def said(page):
    """Return the numbers in the sentences of a page, those of alternative texts too."""
    prose = re.sub(r"<!--.*?-->|<[^>]+>", "", BLOCK.sub("", page.read_text("utf-8")))
    prose = re.sub(r"\]\([^)]*\)|\{ #[^}]*\}", "]", prose)  # addresses
    found = {one.rstrip(",") for one in NUMBER.findall(prose)}
    return {one for one in found if "." in one or "e" in one or abs(value(one)) > COUNTED}


def in_blocks(page):
    """Return the numbers in the code of a page, and in what it prints."""
    code = " ".join(BLOCK.findall(page.read_text("utf-8"))).replace("_", "")
    return [value(one.rstrip(",")) for one in NUMBER.findall(re.sub(r"(\d),(?=\d)", r"\1 ", code))]


def agrees(text, number):
    """Whether a number of the code is, rounded to as many digits, the one in the text."""
    if "e" in text:
        digits = len(text.partition("e")[0].lstrip("-").replace(".", "")) - 1
        return float(f"{number:.{digits}e}") == float(text)
    decimals = len(text.partition(".")[2])
    return math.isclose(abs(round(number, decimals)), abs(value(text)), rel_tol=1e-12)


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_numbers_in_sentences_are_in_the_code_or_follow_from_it(page):
    chapter, known = int(page.name[:2]), in_blocks(page)
    unknown = {one for one in said(page) if not any(agrees(one, number) for number in known)}
    left = unknown - GIVEN.get(chapter, set()) - set(DERIVED.get(chapter, {}))
    assert not left, "print them in a block of the page, or say here what they follow from"


@pytest.mark.parametrize("chapter", DERIVED)
def test_numbers_that_follow_from_others_are_right(chapter):
    for text, number in DERIVED[chapter].items():
        assert agrees(text, number), text


def test_no_exception_is_kept_that_no_page_needs():
    for chapter in {*GIVEN, *DERIVED}:
        pages = [page for page in PAGES if int(page.name[:2]) == chapter]
        needed = set.union(*map(said, pages))
        assert needed >= {*GIVEN.get(chapter, ()), *DERIVED.get(chapter, ())}


# The sums of pages 1, 3, 4, 5 and 7, to every digit that these print.


def printed(chapter):
    """Return what the blocks of both pages of a chapter print, as one text for each language."""
    pages = [page for page in PAGES if int(page.name[:2]) == chapter]
    blocks = [
        re.findall(r"^```text\n(.*?)^```$", p.read_text("utf-8"), re.DOTALL | re.M) for p in pages
    ]
    assert len(blocks) == 2
    return [" ".join(" ".join(one).split()) for one in blocks]


def shown(array):
    """Return an array as a page prints it, in one line."""
    return " ".join(str(np.asarray(array)).split())


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def relu(x):
    return np.maximum(0, x)


def softmax(a):
    return np.exp(a) / np.exp(a).sum()


def test_gates_of_page_1():
    inputs = [(0, 0), (0, 1), (1, 0), (1, 1)]
    gates = {"AND": (1, 1, -1.5), "OR": (1, 1, -0.5), "NAND": (-1, -1, 1.5)}
    answers = {
        gate: [int(a * w1 + b * w2 + bias > 0) for a, b in inputs]
        for gate, (w1, w2, bias) in gates.items()
    }
    xor = [int(p and q) for p, q in zip(answers["OR"], answers["NAND"], strict=True)]
    for text in printed(1):
        for gate, answer in {**answers, "XOR": xor}.items():
            assert f"{gate} {answer}" in text


def test_three_layers_of_page_3():
    z = np.array([1.0, 0.5])
    layers = [
        ([[0.1, 0.3, 0.5], [0.2, 0.4, 0.6]], [0.1, 0.2, 0.3]),
        ([[0.1, 0.4], [0.2, 0.5], [0.3, 0.6]], [0.1, 0.2]),
        ([[0.1, 0.3], [0.2, 0.4]], [0.1, 0.2]),
    ]
    expected = []
    for i, (w, b) in enumerate(layers):
        a = z @ np.array(w) + np.array(b)
        z = sigmoid(a) if i < 2 else a
        expected += [shown(a), shown(z)]
    assert expected[-1] == "[0.31682708 0.69627909]"
    for text in printed(3):
        assert all(one in text for one in expected)


def test_softmax_of_page_4():
    expected = shown(softmax(np.array([1.0, 2.0, 3.0])))
    assert expected == "[0.09003057 0.24472847 0.66524096]"
    for text in printed(4):
        assert text.count(expected) == 4  # plain, with the cure, by the library, and shifted
        assert "inf [nan nan nan]" in text


def test_passengers_of_page_5():
    np.random.seed(22)  # noqa: NPY002 - the legacy generator is what the page is about
    w1, w2, w3 = (np.random.randn(*shape) for shape in ((4, 5), (5, 3), (3, 1)))  # noqa: NPY002
    x = np.array([[3.0, 0.0, 2.0, 1.0], [1.0, 1.0, 0.0, 1.0], [2.0, 1.0, 2.0, 1.0]])
    z1 = relu(x @ w1)
    z2 = relu(z1 @ w2)
    y = sigmoid(z2 @ w3)
    assert shown(y) == "[[0.56695159] [0.62236156] [0.69456237]]"
    for page in (page for page in PAGES if page.name.startswith("05")):
        code = page.read_text("utf-8")
        assert "np.random.seed(22)" in code
        for shape in ("(4, 5)", "(5, 3)", "(3, 1)"):
            assert f"np.random.randn{shape}" in code
    for text in printed(5):
        assert all(shown(one) in text for one in (w1, z1, z2, y))
        assert text.count(shown(y)) == 2  # by NumPy and by the library


def test_losses_of_page_7():
    y = np.array([0.1, 0.05, 0.6, 0.0, 0.05, 0.1, 0.0, 0.1, 0.0, 0.0])
    wrong, t = y.copy(), np.eye(10)[2]
    wrong[[2, 7]] = y[[7, 2]]
    expected = [f"{0.5 * np.sum((one - t) ** 2):.4f}" for one in (y, wrong)]
    expected += [f"{-np.sum(t * np.log(one + 1e-7)):.8f}" for one in (y, wrong)]
    assert expected == ["0.0975", "0.5975", "0.51082546", "2.30258409"]
    for text in printed(7):
        assert all(one in text for one in expected)


def test_valley_of_page_7_lies_where_its_picture_is_said_to_have_it():
    hours, passed = np.arange(1.0, 7.0), np.array([0, 0, 1, 0, 1, 1])
    biases = np.linspace(-8, 0, 801)
    p = sigmoid(hours + biases[:, np.newaxis])
    loss = -np.mean(np.where(passed, np.log(p), np.log(1 - p)), axis=1)
    assert abs(biases[loss.argmin()] - -3.5) < 0.05
