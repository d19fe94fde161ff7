"""Makes the pictures of docs/editors out of what real editors showed in the tests.

    cargo xtask e2e neovim helix emacs
    python3 tests/pictures.py ~/.cache/weft/editors/captures docs/editors/pictures

Each picture is a screen of a terminal, with its colours, as SVG text: small, sharp at any size, and found by a search. It needs nothing but
Python.
"""

import re
import sys
from collections import Counter
from dataclasses import dataclass, replace
from html import escape
from pathlib import Path

# The pictures, by the capture that each is made of: the test's folder and the end of the file's name.
PICTURES = {
    "neovim-ghost-text": ("ghost_text_appears_while_typing_and_tab_takes_it-0.12-native", "ghost-text"),
    "neovim-chat": ("a_question_is_asked_with_the_menu_and_the_answer_streams_into_the_document-0.12", "answer"),
    "helix-menu": ("the_menu_has_the_suggestion_with_a_preview_and_tab_and_enter_take_it", "preview"),
    "helix-edit": ("an_edit_is_asked_for_shown_accepted_and_undone", "proposal"),
    "emacs-ghost-text": ("ghost_text_in_emacs_appears_while_typing_and_tab_takes_it", "ghost-text"),
    "emacs-chat": ("a_question_is_asked_in_emacs_and_answered_in_the_document", "answer"),
}

COLUMN, ROW, BASELINE, EDGE = 8.4, 18, 13.5, 10
GROUND, TEXT = "#1d2021", "#d5c4a1"
BASIC = ["#282828", "#cc241d", "#98971a", "#d79921", "#458588", "#b16286", "#689d6a", "#a89984"]
BRIGHT = ["#928374", "#fb4934", "#b8bb26", "#fabd2f", "#83a598", "#d3869b", "#8ec07c", "#ebdbb2"]


@dataclass(frozen=True)
class Style:
    """How a piece of text looks. None is the terminal's own colour."""

    fore: str | None = None
    back: str | None = None
    bold: bool = False
    dim: bool = False
    italic: bool = False
    underline: bool = False
    reverse: bool = False


def picture(screen: str) -> str:
    """The SVG of a screen with escape sequences (ECMA-48's SGR)."""
    # Where the test put its files says nothing.
    lines = re.sub(r"[^ ]*pytest-\d+/[^/ ]*/home/", "~/", screen.rstrip("\n")).split("\n")
    rows: list[list[tuple[str, Style]]] = []
    style = Style()
    for line in lines:
        rows.append([])
        for text, style in pieces(line, style):
            rows[-1].append((text, style))
    # The end of a line is not captured: the editor's own ground is that of all.
    grounds = Counter()
    for row in rows:
        for text, style in row:
            grounds[style.back or GROUND] += len(text)
    main_ground = grounds.most_common(1)[0][0] if grounds else GROUND
    drawn: list[str] = []
    columns = 0
    for number, row in enumerate(rows):
        column = 0
        for text, style in row:
            drawn += draw(text, style, number, column, main_ground)
            column += len(text)
        columns = max(columns, column)
    width, height = round(columns * COLUMN + 2 * EDGE), len(lines) * ROW + 2 * EDGE
    head = f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}">'
    font = "text { font: 14px ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', monospace; white-space: pre; }"
    ground = f'<rect width="{width}" height="{height}" rx="6" fill="{main_ground}"/>'
    return "\n".join([head, f"<style>{font}</style>", ground, *drawn, "</svg>"]) + "\n"


def pieces(line: str, style: Style):
    """The texts of a line, each with its style; the last style is in force on the next line, so an empty text may carry it."""
    for part in re.split(r"(\x1b\[[0-9;:]*m)", line):
        if part.startswith("\x1b["):
            style = changed(style, [int(it or 0) for it in re.split("[;:]", part[2:-1])])
            yield "", style
        elif part:
            # Other sequences are not shown: a change of the character set.
            yield re.sub(r"\x1b[()][A-Z0-9]|\x0e|\x0f", "", part), style


def changed(style: Style, codes: list[int]) -> Style:
    while codes:
        code = codes.pop(0)
        if code == 0:
            style = Style()
        elif code in (1, 2, 3, 4, 7):
            style = replace(style, **{{1: "bold", 2: "dim", 3: "italic", 4: "underline", 7: "reverse"}[code]: True})
        elif code == 22:
            style = replace(style, bold=False, dim=False)
        elif code in (23, 24, 27):
            style = replace(style, **{{23: "italic", 24: "underline", 27: "reverse"}[code]: False})
        elif code in (38, 48):
            style = replace(style, **{"fore" if code == 38 else "back": extended(codes)})
        elif code in (39, 49):
            style = replace(style, **{"fore" if code == 39 else "back": None})
        elif 30 <= code <= 37 or 90 <= code <= 97:
            style = replace(style, fore=(BASIC if code < 40 else BRIGHT)[code % 10])
        elif 40 <= code <= 47 or 100 <= code <= 107:
            style = replace(style, back=(BASIC if code < 50 else BRIGHT)[code % 10])
    return style


def extended(codes: list[int]) -> str | None:
    """The colour behind 38 or 48: one of 256, or red, green and blue."""
    kind = codes.pop(0) if codes else 0
    if kind == 2 and len(codes) >= 3:
        red, green, blue = (codes.pop(0) for _ in range(3))
        return f"#{red:02x}{green:02x}{blue:02x}"
    if kind != 5 or not codes:
        return None
    index = codes.pop(0)
    if index < 16:
        return (BASIC + BRIGHT)[index]
    if index >= 232:
        grey = 8 + 10 * (index - 232)
        return f"#{grey:02x}{grey:02x}{grey:02x}"
    steps = [0, 95, 135, 175, 215, 255]
    index -= 16
    return "#" + "".join(f"{steps[it]:02x}" for it in (index // 36, index // 6 % 6, index % 6))


def draw(text: str, style: Style, line: int, column: int, ground: str) -> list[str]:
    if not text:
        return []
    fore, back = style.fore or TEXT, style.back
    if style.reverse:
        fore, back = back or ground, style.fore or TEXT
    x, y, width = EDGE + column * COLUMN, EDGE + line * ROW, len(text) * COLUMN
    drawn = []
    if back and back != ground:
        drawn.append(f'<rect x="{x:.1f}" y="{y}" width="{width:.1f}" height="{ROW}" fill="{back}"/>')
    if text.strip():
        # Blanks at the ends need no drawing, and a text that is told its length stays on the grid with any font.
        inner = text.strip(" ")
        x += (len(text) - len(text.lstrip(" "))) * COLUMN
        more = ' font-weight="bold"' * style.bold + ' font-style="italic"' * style.italic
        more += ' text-decoration="underline"' * style.underline + ' opacity="0.6"' * style.dim
        place = f'x="{x:.1f}" y="{y + BASELINE}" textLength="{len(inner) * COLUMN:.1f}"'
        drawn.append(f'<text {place} fill="{fore}"{more}>{escape(inner, quote=False)}</text>')
    return drawn


def main(captures: Path, target: Path) -> None:
    target.mkdir(parents=True, exist_ok=True)
    for name, (test, capture) in PICTURES.items():
        found = sorted((captures / test).glob(f"*-{capture}.ansi"))
        if not found:
            print(f"{name}: no capture of {test}; left as it is")
            continue
        path = target / f"{name}.svg"
        path.write_text(picture(found[-1].read_text(encoding="utf-8")), encoding="utf-8")
        print(f"{path}: {path.stat().st_size} bytes")


if __name__ == "__main__":
    main(Path(sys.argv[1]).expanduser(), Path(sys.argv[2]))
