"""Write the pictures of the gallery to the documentation."""

import argparse
import time

from tools.gallery import FOLDER, ORDER, draw, stem

parser = argparse.ArgumentParser(prog="python -m tools.gallery", description=__doc__)
parser.add_argument("names", nargs="*", help="examples, such as xor or gan; default: all")
chosen = parser.parse_args().names
known = {stem(name): name for name in ORDER}
if unknown := set(chosen) - set(known):
    parser.error(f"no example is called {sorted(unknown)}; there are {sorted(known)}")
FOLDER.mkdir(parents=True, exist_ok=True)
for short in chosen or known:
    start = time.perf_counter()
    for file, svg in draw(known[short]).items():
        (FOLDER / file).write_text(svg, encoding="utf-8")
        seconds = time.perf_counter() - start
        print(f"{seconds:5.1f} s {len(svg.encode()):>8,} bytes  {file}", flush=True)
