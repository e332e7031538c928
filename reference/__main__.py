"""`python -m reference`: write every page."""

from reference.pages import FILES, FOLDER, PAGES, ROOT

FOLDER.mkdir(exist_ok=True)
for name, make in PAGES.items():
    (FOLDER / name).write_text(make(), encoding="utf-8")
for name, make in FILES.items():
    (ROOT / name).parent.mkdir(exist_ok=True)
    (ROOT / name).write_text(make(), encoding="utf-8")
