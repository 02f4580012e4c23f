#!/usr/bin/env python3
"""Draws what a terminal showed, with its colours, as an SVG: screenshot.py <title> <out.svg> <captured text

    tmux capture-pane -e -p | docs/site/screenshot.py "anochat chat bob" docs/images/chat.svg
"""
import html
import re
import sys
import unicodedata

COLOURS = {30: "#1d1f21", 31: "#d75f5f", 32: "#5fa55f", 33: "#c8a24a", 34: "#5f87d7", 35: "#af87af", 36: "#5fa5a5", 37: "#d0d0d0"}
CHARACTER, LINE, MARGIN, BAR = 8.43, 18, 14, 30  # pixels, for a font of 14


def width(text):
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def runs(line):
    """(text, style) for each part of a line that looks the same."""
    bold = dim = False
    colour = None
    for part in re.split(r"(\x1b\[[0-9;]*m)", line):
        if not part.startswith("\x1b["):
            if part:
                yield part, (bold, dim, colour)
            continue
        for code in map(int, part[2:-1].split(";") if part[2:-1] else ["0"]):
            if code == 0:
                bold, dim, colour = False, False, None
            elif code in (1, 2):
                bold, dim = bold or code == 1, dim or code == 2
            elif code == 22:
                bold = dim = False
            elif code in COLOURS:
                colour = COLOURS[code]
            elif code == 39:
                colour = None


def draw(title, lines):
    columns = max([width(re.sub(r"\x1b\[[0-9;]*m", "", line)) for line in lines] + [60])
    wide, high = columns * CHARACTER + 2 * MARGIN, BAR + len(lines) * LINE + MARGIN
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{wide:.0f}" height="{high}" role="img" '
           f'font-family="DejaVu Sans Mono, Menlo, Consolas, monospace" font-size="14">',
           f"<title>{html.escape(title)}</title>", f'<rect width="100%" height="100%" rx="8" fill="#1d1f21"/>',
           f'<text x="{MARGIN}" y="20" fill="#8a8a8a">{html.escape(title)}</text>']
    for number, line in enumerate(lines):
        column = 0
        for text, (bold, dim, colour) in runs(line):
            if text.strip():
                style = f' fill="{colour or "#d0d0d0"}"' + (' font-weight="bold"' if bold else "") + (' opacity="0.6"' if dim else "")
                out.append(f'<text x="{MARGIN + column * CHARACTER:.1f}" y="{BAR + (number + 1) * LINE - 5}" '
                           f'xml:space="preserve"{style}>{html.escape(text)}</text>')
            column += width(text)
    return "\n".join([*out, "</svg>", ""])


def main():
    lines = [line.rstrip("\n") for line in sys.stdin]
    while lines and not re.sub(r"\x1b\[[0-9;]*m", "", lines[-1]).strip():
        lines.pop()
    with open(sys.argv[2], "w", encoding="utf-8") as file:
        file.write(draw(sys.argv[1], lines))


if __name__ == "__main__":
    main()
