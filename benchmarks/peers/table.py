"""table.py - the section of docs/benchmarks.md, from one run's figures."""

import re

from contestants import (
    COUNTED, REASONS, RELAY_REASONS, RELAYS_LIKE_OURS, SESSION_WORKLOADS, SESSIONS, SIZE_REASONS, STORE_WORKLOADS,
    STORES)
from play import spread

SIZES = ["first message 64 B", "message 64 B", "message 1 KiB", "group message 1 KiB", "saved state", "pending key"]


def figure(value):
    """Three digits that mean something."""
    if value >= 1000:
        return f"{value:,.0f}"
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join([*lines, *("| " + " | ".join(row) + " |" for row in rows)])


def values(heard, key, workload, field="us"):
    return [answer[field] for answer in heard.get(key, {}).get(workload, []) if field in answer]


def cell(samples):
    if not samples:
        return "-"
    middle, low, high = spread(samples)
    return f"{figure(middle)} ({figure(low)}-{figure(high)})"


def present(contestants, heard):
    return [contestant for contestant in contestants if contestant.key in heard]


def time_table(contestants, workloads, heard, field="us"):
    rows = []
    for workload in workloads:
        cells = [cell(values(heard, contestant.key, workload, field)) for contestant in contestants]
        if any(text != "-" for text in cells):
            rows.append([workload, *cells])
    return table(["us", *(contestant.title for contestant in contestants)], rows)


def ratio_table(contestants, heard):
    """Medians of what each round's figure is, divided by the raw primitive of the same round."""
    rows = []
    for workload, (_, primitive) in SESSION_WORKLOADS.items():
        base = values(heard, "primitive", primitive)
        cells = []
        for contestant in contestants:
            mine = values(heard, contestant.key, workload)
            cells.append(figure(spread([a / b for a, b in zip(mine, base)])[0]) if mine else "-")
        rows.append([workload, f"{primitive}, {figure(spread(base)[0])} us", *cells])
    return table(["times the raw primitive", "of the same run", *(c.title for c in contestants)], rows)


def count_table(contestants, heard, counts):
    rows = []
    for workload in COUNTED:
        cells = []
        for contestant in contestants:
            allocations = values(heard, contestant.key, workload, "allocations")
            made = counts.get((contestant.key, workload))
            cells.append(f"{figure(made / 1000)} k, {spread(allocations)[0]:.1f}" if made and allocations else "-")
        rows.append([workload, *cells])
    return table(["instructions, allocations", *(contestant.title for contestant in contestants)], rows)


def size_table(contestants, sizes, memory):
    rows = []
    for name in SIZES:
        cells = [figure(sizes[c.key][name]) if name in sizes.get(c.key, {}) else "-" for c in contestants]
        rows.append([name, *cells])
    rows.append(["live session (W8)", *(figure(memory[c.key]) if c.key in memory else "-" for c in contestants)])
    return table(["bytes", *(contestant.title for contestant in contestants)], rows)


def who_is_ahead(heard, contestants, workloads):
    """One line for each workload and peer that takes less CPU time than we do."""
    lines = []
    for workload in workloads:
        ours = values(heard, "anochat", workload)
        for contestant in contestants[1:]:
            theirs = values(heard, contestant.key, workload)
            if not ours or not theirs:
                continue
            factor = spread([a / b for a, b in zip(ours, theirs)])[0]
            if factor > 1.02:
                why = REASONS.get((workload, contestant.key), "Not explained yet.")
                lines.append(f"- **{workload}**: {contestant.title}, {factor:.2f} times as quick. {why}")
    return lines


def who_is_smaller(contestants, sizes, memory):
    """One line for each size in which somebody needs less."""
    every = {key: {**sizes.get(key, {}), **({"live session (W8)": memory[key]} if key in memory else {})}
             for key in {*sizes, *memory}}
    lines = []
    for name in [*SIZES, "live session (W8)"]:
        ours = every.get("anochat", {}).get(name)
        smaller = [f"{c.title} {figure(every[c.key][name])}" for c in contestants[1:]
                   if ours is not None and every.get(c.key, {}).get(name, ours) < ours * 0.98]
        if smaller:
            lines.append(f"- **bytes, {name}**: ours {figure(ours)}, {', '.join(smaller)}. "
                         f"{SIZE_REASONS.get(name, 'Not explained yet.')}")
    return lines


def throughputs(markdown):
    """{(server, kept in): [messages a second, thousands]} of the load generator's table, all its rows in their order"""
    found = {}
    for line in markdown.splitlines():
        cells = [text.strip() for text in line.strip("|").split("|")]
        rates = [float(rate) for rate in re.findall(r"([\d.]+) k/s", line)]
        if len(cells) > 3 and rates:
            found.setdefault((cells[0], cells[1]), []).extend(rates)
    return found


def quicker_relays(markdown):
    """One line for each server that does our relay's work and passes on more in some column."""
    found = throughputs(markdown)
    lines = []
    for (server, kept), rates in found.items():
        ours = found.get(("relay", kept), [])
        if server not in RELAYS_LIKE_OURS or len(ours) != len(rates):
            continue
        factors = [their / our for their, our in zip(rates, ours)]
        if max(factors) > 1.02:
            lines.append(f"- **relay, {kept}**: {server}, {min(factors):.1f} to {max(factors):.1f} times the messages. "
                         f"{RELAY_REASONS.get(kept, 'Not explained yet.')}")
    return lines


def not_ours_yet(heard, workloads):
    return [f"- **{workload}**: AnoChat does not have it yet." for workload in workloads
            if workload not in heard.get("anochat", {}) and any(workload in of for of in heard.values())]


def about(contestants, versions):
    rows = [[f"{c.title} {versions.get(c.key, '')}".strip(), c.does, c.lacks] for c in contestants]
    return table(["", "does", "does not do, or does differently"], rows)


def section(run):
    sessions, stores = present(SESSIONS, run["sessions"]), present(STORES, run["stores"])
    missing = "\n".join(f"- {title}: {reason}" for title, reason in run["missing"]) or "Nobody."
    ahead = [*who_is_ahead(run["sessions"], sessions, SESSION_WORKLOADS),
             *not_ours_yet(run["sessions"], SESSION_WORKLOADS),
             *who_is_ahead(run["stores"], stores, STORE_WORKLOADS),
             *who_is_smaller(sessions, run["sizes"], run["memory"]),
             *quicker_relays(run["relay"])]
    definitions = table(["workload", "what is timed"], [[name, text] for name, (text, _) in SESSION_WORKLOADS.items()]
                        + [[name, text] for name, text in STORE_WORKLOADS.items()])
    parts = [
        f"Made by `./anochat.sh bench --peers` on {run['date']}: {run['machine']}. Load average {run['load']}. "
        "A load of more than one half before says that others were at work: microseconds are then a little too many, "
        "and ratios hold.",
        "![Microseconds of each workload for each library, on a logarithmic scale](images/peers.svg)",
        "Median CPU time in microseconds of one operation (quartiles in brackets), "
        f"{run['rounds']} rounds in which everybody takes turns on one processor; `-`: it has no such thing.",
        time_table(sessions, SESSION_WORKLOADS, run["sessions"]),
        "The same, divided by libsodium's raw call in the same round:",
        ratio_table(sessions, run["sessions"]),
        "Instructions of one operation (thousands, by callgrind, which shows libraries an AVX2 processor) and "
        "allocations; not counted for what runs in Node or Python:",
        count_table([c for c in sessions if c.is_native], run["sessions"], run["counts"]),
        "Bytes. Saved state after ten round trips; a live session is resident memory of 20,000, divided:",
        size_table(sessions, run["sizes"], run["memory"]),
    ]
    if stores:
        parts += ["Stores: the same SQL for all, WAL, synchronous=FULL, 16 MiB of cache. CPU time, then wall time, "
                  "which swings with the disk:",
                  time_table(stores, STORE_WORKLOADS, run["stores"]),
                  time_table(stores, STORE_WORKLOADS, run["stores"], "wall_us")]
    if run["relay"]:
        parts += ["Relay over loopback sockets (W10), one second for each figure and not pinned, since servers and "
                  "clients are processes of their own; \"Relay over sockets\" below says how to read it:", run["relay"]]
    parts += ["### What is compared", definitions, about(sessions, run["versions"]),
              about(stores, run["store_versions"]),
              "Could not take part:", missing,
              "### Where we are behind, and why", "\n".join(ahead) or "Nowhere in this run."]
    return "\n\n".join(part for part in parts if part)
