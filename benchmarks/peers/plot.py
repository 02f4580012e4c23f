"""plot.py - one picture of a run: bars of CPU time on a logarithmic scale, workload by workload."""

import html
import math

from contestants import SESSION_WORKLOADS, SESSIONS
from play import spread
from table import figure, present, values

COLOURS = {"anochat": "#0b6e4f", "vodozemac": "#d1663f", "libsignal": "#3a76c4", "libsignal-protocol-c": "#7fa8d9",
           "libolm": "#c9a227", "python-doubleratchet": "#8a6fb0"}
LEFT, RIGHT, BAR, GAP, TOP = 150, 860, 13, 16, 64


def text(x, y, content, anchor="start", size=12):
    return f'<text x="{x:.0f}" y="{y:.0f}" font-size="{size}" text-anchor="{anchor}">{html.escape(content)}</text>'


def rectangle(x, y, width, height, colour):
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" fill="{colour}"/>'


def groups(heard):
    """[(workload, [(contestant, median)])]"""
    shown = []
    for workload in SESSION_WORKLOADS:
        bars = [(contestant, spread(values(heard, contestant.key, workload))[0])
                for contestant in present(SESSIONS, heard) if values(heard, contestant.key, workload)]
        if bars:
            shown.append((workload, bars))
    return shown


def svg(heard, caption):
    shown = groups(heard)
    medians = [median for _, bars in shown for _, median in bars]
    low, high = math.floor(math.log10(min(medians))), math.ceil(math.log10(max(medians)))

    def place(value):
        return LEFT + (math.log10(value) - low) / (high - low) * (RIGHT - LEFT)

    parts, y = [], TOP
    for workload, bars in shown:
        parts.append(text(LEFT - 8, y + len(bars) * BAR / 2 + 4, workload, "end"))
        for contestant, median in bars:
            parts.append(rectangle(LEFT, y, place(median) - LEFT, BAR - 2, COLOURS[contestant.key]))
            parts.append(text(place(median) + 4, y + BAR - 4, figure(median), size=10))
            y += BAR
        y += GAP
    for power in range(low, high + 1):
        x = place(10 ** power)
        parts.insert(0, f'<line x1="{x:.1f}" y1="{TOP - 8}" x2="{x:.1f}" y2="{y - GAP}" stroke="#ddd"/>')
        parts.append(text(x, y + 4, f"{10 ** power:g} us", "middle", 11))
    x = LEFT
    for contestant in present(SESSIONS, heard):
        parts += [rectangle(x, 30, 10, 10, COLOURS[contestant.key]), text(x + 14, 39, contestant.title)]
        x += 34 + 7 * len(contestant.title)
    parts.append(text(LEFT, 18, caption))
    width, height = RIGHT + 60, y + 16
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" '
            f'role="img" aria-label="{html.escape(caption, quote=True)}">\n'
            '<rect width="100%" height="100%" fill="#fff"/>\n'
            + "\n".join(parts) + "\n</svg>\n")
