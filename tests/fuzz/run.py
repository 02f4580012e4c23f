#!/usr/bin/env python3
"""Runs every libFuzzer target for a share of a time and says what each has done.

usage: run.py <folder of the programs> <folder of the seeds> <folder for what is found> <seconds>

As many targets run at once as there are processors; those with whole clients and relays get more of the time. New
inputs stay in <found>/<target>/corpus and are used by the next run; an input that breaks something is
<found>/<target>/crash-* (or leak-*, timeout-*, oom-*). Exit status 1 when there is a finding, 2 when there is nothing
to run.
"""
import collections
import concurrent.futures
import os
import pathlib
import re
import subprocess
import sys

# An execution goes through thousands of edges: there the entropic schedule takes longer than what it schedules, and few
# executions leave no time to begin with short inputs.
WIDE = {"c_calls", "c_client", "client_frames", "relay_connection"}
WIDE_SHARE = 4
NAME = re.compile(r"anochat_(\w+)_fuzz$")
# The freed memory that is kept to be found out: 256 MB of it would spend most of the time on cold memory.
ENVIRONMENT = {"ASAN_OPTIONS": "quarantine_size_mb=16", **os.environ}
Result = collections.namedtuple("Result", "name executions coverage findings failed log")


def run(program: pathlib.Path, seeds: pathlib.Path, found: pathlib.Path, seconds: int) -> Result:
    name = NAME.search(program.name)[1]
    corpus = found / name / "corpus"
    corpus.mkdir(parents=True, exist_ok=True)
    before = set((found / name).iterdir())
    command = [str(program), f"-max_total_time={seconds}", "-timeout=60", "-rss_limit_mb=2048", "-print_final_stats=1",
               f"-artifact_prefix={found / name}/", str(corpus)]
    if name in WIDE:
        command += ["-entropic=0", "-len_control=0"]
    if (seeds / name).is_dir():
        command.append(str(seeds / name))
    log = found / name / "log.txt"
    with log.open("w") as out:
        status = subprocess.run(command, stdout=out, stderr=subprocess.STDOUT, env=ENVIRONMENT, check=False).returncode
    text = log.read_text(errors="replace")
    executions = re.search(r"number_of_executed_units: *(\d+)", text)
    pulses = re.findall(r"^#(\d+)\s.*\bcov: (\d+)", text, re.M)
    findings = sorted(path.name for path in set((found / name).iterdir()) - before
                      if re.match(r"(crash|leak|timeout|oom)-", path.name))
    count = int(executions[1]) if executions else int(pulses[-1][0]) if pulses else 0
    return Result(name, count, int(pulses[-1][1]) if pulses else 0, findings, status != 0, log)


def shares_of(program: pathlib.Path) -> int:
    return WIDE_SHARE if NAME.search(program.name)[1] in WIDE else 1


def main() -> int:
    programs, seeds, found, seconds = *map(pathlib.Path, sys.argv[1:4]), int(sys.argv[4])
    targets = sorted(path for path in programs.iterdir() if NAME.search(path.name) and os.access(path, os.X_OK))
    if not targets:
        print(f"no fuzz targets in {programs}", file=sys.stderr)
        return 2
    processors = os.cpu_count() or 1
    share = seconds * processors / sum(map(shares_of, targets))
    print(f"{len(targets)} targets, {share:.0f} s or {WIDE_SHARE * share:.0f} s each on {processors} processors")
    print(f"{'target':22}{'executions':>14}{'edges':>8}  findings")
    failed = 0
    executions = 0
    with concurrent.futures.ThreadPoolExecutor(processors) as pool:
        seconds_of = {program: max(1, round(share * shares_of(program))) for program in targets}
        for result in pool.map(lambda program: run(program, seeds, found, seconds_of[program]), targets):
            is_bad = result.failed or result.findings or result.executions == 0
            why = ", ".join(result.findings) or ("see " + str(result.log) if is_bad else "none")
            print(f"{result.name:22}{result.executions:>14,}{result.coverage:>8,}  {why}", flush=True)
            failed += bool(is_bad)
            executions += result.executions
    print(f"{executions:,} executions, {failed} targets with findings")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
