#!/usr/bin/env python3
"""self_test.py DRIVER - our own driver does every workload, and a run with a quicker and a missing peer says so."""

import sys
import xml.etree.ElementTree as xml

import plot
import table
from contestants import SESSION_WORKLOADS
from play import play, spread

ABSENT = {"attachment 1 MiB", "group 1 KiB"}  # not in the session layer
RELAYS = """| server | kept in | pairs | 256 B, single | 256 B by 64 | p50 / p99 at 2000/s | idle connection |
|---|---|---|---|---|---|---|
| relay | memory | 1 | 40.0 k/s, 13.1 us (53+23) | 100.0 k/s, 7.4 us (80+15) | 0.12 / 0.95 ms | 5.9 KiB |
| NATS core | nothing | 1 | 746.9 k/s, 0.8 us (59+34) | 1046.3 k/s, 0.6 us (60+12) | 0.06 / 12.08 ms | 20.0 KiB |
| Redis streams | memory | 1 | 80.0 k/s, 2.7 us (43+21) | 50.0 k/s, 2.5 us (42+8) | 0.05 / 7.04 ms | 10.8 KiB |"""


def answers(us):
    return [{"us": us, "allocations": 1.0}] * 3


def check_driver(program):
    primitives = {primitive for _, primitive in SESSION_WORKLOADS.values()}
    missing = []
    commands = {"anochat": [program], "broken": ["false"]}
    heard, versions = play(commands, SESSION_WORKLOADS, 1, primitives, missing)
    assert set(commands) == {"anochat"} and missing[0][0] == "broken" and "does not start" in missing[0][1]
    assert versions["anochat"]
    assert "broken" not in heard and set(heard["primitive"]) == primitives
    assert set(heard["anochat"]) == set(SESSION_WORKLOADS) - ABSENT
    for workload, of_rounds in heard["anochat"].items():
        assert len(of_rounds) == 1 and of_rounds[0]["us"] > 0, workload
    return heard


def check_section(heard):
    heard["vodozemac"] = {"handshake": answers(0.001), "one-way 64 B": answers(1e9), "group 1 KiB": answers(5)}
    run = {"date": "today", "machine": "this", "load": "none", "rounds": 1, "sessions": heard, "versions": {},
           "stores": {}, "store_versions": {}, "memory": {"anochat": 2400},
           "sizes": {"anochat": {"message 64 B": 356}, "vodozemac": {"message 64 B": 127}},
           "counts": {("anochat", "handshake"): 9.5e6}, "relay": RELAYS, "missing": [("libolm", "no Debian")]}
    section = table.section(run)
    behind = section.split("### Where we are behind")[1]
    assert "- libolm: no Debian" in section
    assert "**handshake**: vodozemac" in behind and "one-way 64 B" not in behind
    assert "**group 1 KiB**: AnoChat does not have it yet" in behind
    assert "- **bytes, message 64 B**: ours 356, vodozemac 127. " in behind
    assert "Redis streams, 0.5 to 2.0 times the messages" in behind and "NATS core" not in behind
    assert "| 9,500 k, 12.0 |" in section
    picture = plot.svg(heard, 'a "caption" & more')
    assert len(xml.fromstring(picture).findall("{http://www.w3.org/2000/svg}rect")) > len(heard["anochat"])


def main():
    assert spread([4, 1, 3, 2, 5]) == (3, 2, 4)
    check_section(check_driver(sys.argv[1]))
    print("all as it should be")


main()
