"""Write the pictures of the course to the documentation."""

from tools.course_pictures import FOLDER, draw_all

FOLDER.mkdir(parents=True, exist_ok=True)
for name, svg in draw_all().items():
    (FOLDER / name).write_text(svg, encoding="utf-8")
    print(f"{len(svg.encode()):>8,} bytes  {name}")
