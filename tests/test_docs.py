"""The table of docs/editors: each cell that says "tested" names a test, and each test that is named exists."""

import re
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
EDITORS = REPOSITORY / "docs" / "editors"
CELLS = {"tested", "documented", "absent"}


def rows(heading: str) -> list[list[str]]:
    """The rows of the first table behind a heading, the one with the columns' names first."""
    text = (EDITORS / "README.md").read_text(encoding="utf-8")
    lines = text[text.index(f"## {heading}\n") :].splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith("|"))
    table = []
    for line in lines[start:]:
        if not line.startswith("|"):
            break
        table.append([cell.strip() for cell in line.strip("|").split("|")])
    del table[1]
    return table


def test_every_cell_is_one_of_three_and_the_tested_ones_name_their_test():
    head, *features = rows("What there is, and how it is known")
    tested = set()
    for feature, *cells in features:
        assert len(cells) == len(head) - 1, feature
        for editor, cell in zip(head[1:], cells, strict=True):
            assert cell in CELLS, f"{feature}, {editor}: {cell}"
            if cell == "tested":
                tested.add((feature, editor))
    listed = {(feature, editor) for feature, editor, _ in rows("The tests")[1:]}
    assert listed == tested


def test_every_test_that_is_named_exists():
    for feature, editor, test in rows("The tests")[1:]:
        path, _, name = test.strip("`").partition("::")
        source = (REPOSITORY / path).read_text(encoding="utf-8")
        # In TypeScript a test is a title, in Python a function.
        wanted = rf"^(async )?def {re.escape(name)}\(" if path.endswith(".py") else rf'"{re.escape(name)}"'
        assert re.search(wanted, source, re.MULTILINE), f"{feature}, {editor}: {test}"


def test_every_page_is_listed_and_every_picture_is_there_and_small():
    index = (EDITORS / "README.md").read_text(encoding="utf-8")
    for page in EDITORS.glob("*.md"):
        if page.name != "README.md":
            assert f"({page.name})" in index, page.name
        for picture in re.findall(r"!\[[^]]*\]\(([^)]+)\)", page.read_text(encoding="utf-8")):
            path = EDITORS / picture
            assert path.is_file(), f"{page.name}: {picture}"
            assert path.stat().st_size < 200_000, f"{page.name}: {picture}"
