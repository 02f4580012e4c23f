#!/usr/bin/env python3
"""Runs every libFuzzer target for a share of a time and says what each has done.

usage: run.py <folder of the programs> <folder of the seeds> <folder for what is found> <seconds>

The seconds are those of one processor; as many targets run at once as there are processors. New inputs stay in
<found>/<target>/corpus and are used by the next run; an input that breaks something is <found>/<target>/crash-* (or
leak-*, timeout-*, oom-*). Exit status 1 when there is a finding, 2 when there is nothing to run.
"""
import collections
import concurrent.futures
import os
import pathlib
import re
import subprocess
import sys

NAME = re.compile(r"anochat_(\w+)_fuzz$")
Result = collections.namedtuple("Result", "name executions coverage findings failed log")


def run(program: pathlib.Path, seeds: pathlib.Path, found: pathlib.Path, seconds: int) -> Result:
    name = NAME.search(program.name)[1]
    corpus = found / name / "corpus"
    corpus.mkdir(parents=True, exist_ok=True)
    before = set((found / name).iterdir())
    command = [str(program), f"-max_total_time={seconds}", "-timeout=10", "-rss_limit_mb=2048", "-print_final_stats=1",
               f"-artifact_prefix={found / name}/", str(corpus)]
    if (seeds / name).is_dir():
        command.append(str(seeds / name))
    log = found / name / "log.txt"
    with log.open("w") as out:
        status = subprocess.run(command, stdout=out, stderr=subprocess.STDOUT, check=False).returncode
    text = log.read_text(errors="replace")
    executions = re.search(r"number_of_executed_units: *(\d+)", text)
    pulses = re.findall(r"^#(\d+)\s.*\bcov: (\d+)", text, re.M)
    findings = sorted(path.name for path in set((found / name).iterdir()) - before
                      if re.match(r"(crash|leak|timeout|oom)-", path.name))
    count = int(executions[1]) if executions else int(pulses[-1][0]) if pulses else 0
    return Result(name, count, int(pulses[-1][1]) if pulses else 0, findings, status != 0, log)


def main() -> int:
    programs, seeds, found, seconds = *map(pathlib.Path, sys.argv[1:4]), int(sys.argv[4])
    targets = sorted(path for path in programs.iterdir() if NAME.search(path.name) and os.access(path, os.X_OK))
    if not targets:
        print(f"no fuzz targets in {programs}", file=sys.stderr)
        return 2
    processors = os.cpu_count() or 1
    share = max(1, seconds * processors // len(targets))
    print(f"{len(targets)} targets, {share} s each on {processors} processors")
    print(f"{'target':22}{'executions':>14}{'edges':>8}  findings")
    failed = 0
    executions = 0
    with concurrent.futures.ThreadPoolExecutor(processors) as pool:
        for result in pool.map(lambda program: run(program, seeds, found, share), targets):
            is_bad = result.failed or result.findings or result.executions == 0
            why = ", ".join(result.findings) or ("see " + str(result.log) if is_bad else "none")
            print(f"{result.name:22}{result.executions:>14,}{result.coverage:>8,}  {why}", flush=True)
            failed += bool(is_bad)
            executions += result.executions
    print(f"{executions:,} executions, {failed} targets with findings")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
