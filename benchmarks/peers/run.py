#!/usr/bin/env python3
"""run.py - AnoChat's workloads beside its peers: installs them, measures, writes docs/benchmarks.md and its picture.

    ./anochat.sh bench --peers [--rounds N] [--dry-run] [--no-relay]
"""

import argparse
import datetime
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

import plot
import table
from contestants import COUNTED, SESSION_WORKLOADS, SESSIONS, STORE_WORKLOADS, STORES
from install import CannotInstall, cache_folder, need_packages
from play import ask_once, instructions, play

ROOT = pathlib.Path(__file__).resolve().parents[2]
BEGIN, END = "<!-- made by ./anochat.sh bench --peers -->", "<!-- end of what is made -->"
LIVE_SESSIONS = 20_000


def prepare(contestants, build, missing):
    """{key: command} of everybody who is here; the others are in `missing`, with the reason."""
    commands = {}
    for contestant in contestants:
        print(f"preparing {contestant.title}", file=sys.stderr)
        try:
            commands[contestant.key] = contestant.install(build)
        except CannotInstall as reason:
            missing.append((contestant.title, str(reason)))
            print(f"NOT TAKING PART: {contestant.title}: {reason}", file=sys.stderr)
    return commands


def count_instructions(commands, contestants):
    counts = {}
    for contestant in contestants:
        if not contestant.is_native or contestant.key not in commands:
            continue
        print(f"counting instructions of {contestant.title}", file=sys.stderr)
        for workload in COUNTED:
            counts[contestant.key, workload] = instructions(commands[contestant.key], workload)
    return counts


def play_stores(build, rounds, missing):
    commands = prepare(STORES, build, missing)
    if not commands:
        return {}, {}
    with tempfile.TemporaryDirectory(dir=cache_folder()) as folder:  # on a disk, unlike /tmp on many machines
        commands = {key: [*command, folder] for key, command in commands.items()}
        return play(commands, STORE_WORKLOADS, rounds, missing=missing)


def relay_table(build, missing):
    program = build / "examples" / "load_generator" / "anochat_load_generator"
    if not program.exists():
        missing.append(("NATS, Redis and our relay over sockets", "the load generator is not part of this build"))
        return ""
    for package in ("nats-server", "redis-server"):
        try:
            need_packages(package)
        except CannotInstall as reason:
            missing.append((package, str(reason)))
    print("measuring relays over sockets", file=sys.stderr)
    done = subprocess.run([program, "--seconds", "1"], stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0:
        missing.append(("relays over sockets", f"the load generator ended with {done.returncode}"))
    return done.stdout.strip()


def machine():
    with open("/proc/cpuinfo", encoding="ascii") as info:
        models = [line.split(":")[1].strip() for line in info if line.startswith("model name")]
    compiler = subprocess.run(["c++", "-dumpfullversion"], capture_output=True, text=True, check=False).stdout.strip()
    return f"{models[0] if models else 'unknown processor'}, {os.cpu_count()} processors, C++ compiler {compiler}"


def load():
    return "{:.1f}".format(os.getloadavg()[0])


def write_documents(section, picture):
    page = ROOT / "docs" / "benchmarks.md"
    text = page.read_text(encoding="utf-8")
    if text.count(BEGIN) != 1 or text.count(END) != 1:
        sys.exit(f"{page} must have the lines {BEGIN} and {END} once")
    before, rest = text.split(BEGIN)
    _, after = rest.split(END)
    page.write_text(f"{before}{BEGIN}\n\n{section}\n\n{END}{after}", encoding="utf-8")
    images = ROOT / "docs" / "images"
    images.mkdir(exist_ok=True)
    (images / "peers.svg").write_text(picture, encoding="utf-8")
    print(f"wrote {page} and {images / 'peers.svg'}")


def parse_options():
    parser = argparse.ArgumentParser(prog="./anochat.sh bench --peers")
    parser.add_argument("--build", type=pathlib.Path, required=True, help=argparse.SUPPRESS)
    parser.add_argument("--rounds", type=int, default=21, help="how often everything is measured (21)")
    parser.add_argument("--dry-run", action="store_true", help="print the tables and write no file")
    parser.add_argument("--no-relay", action="store_true", help="leave out the relays over sockets")
    options = parser.parse_args()
    if options.rounds < 1:
        parser.error("--rounds wants at least 1")
    if sys.platform != "linux" or not shutil.which("taskset"):
        parser.error("this needs Linux and taskset (util-linux)")
    return options


def main():
    options = parse_options()
    build = options.build.resolve()
    missing = []
    load_before = load()
    commands = prepare(SESSIONS, build, missing)
    primitives = list(dict.fromkeys(primitive for _, primitive in SESSION_WORKLOADS.values()))
    sessions, versions = play(commands, SESSION_WORKLOADS, options.rounds, primitives, missing)
    stores, store_versions = play_stores(build, options.rounds, missing)
    run = {
        "date": datetime.date.today().isoformat(), "machine": machine(), "rounds": options.rounds,
        "sessions": sessions, "versions": versions, "stores": stores, "store_versions": store_versions,
        "sizes": {key: ask_once(command, "sizes")["sizes"] for key, command in commands.items()},
        "memory": {key: ask_once(command, f"memory {LIVE_SESSIONS}")["session_bytes"]
                   for key, command in commands.items()},
        "counts": count_instructions(commands, SESSIONS),
        "load": f"{load_before} before and {load()} after, with this measurement among it",
        "relay": "" if options.no_relay else relay_table(build, missing), "missing": missing,
    }
    section = table.section(run)
    caption = f"CPU time of one operation, median of {options.rounds} rounds, {run['date']}. Shorter is better."
    print(section)
    if not options.dry_run:
        write_documents(section, plot.svg(sessions, caption))


main()
