"""play.py - starts drivers, keeps them on one processor and asks them in turn."""

import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile


def last_processor():
    return max(os.sched_getaffinity(0))


class Driver:
    """A running driver. It sleeps on its standard input while others are asked."""

    def __init__(self, command):
        pinned = ["taskset", "-c", str(last_processor())] if shutil.which("taskset") else []
        self.process = subprocess.Popen([*pinned, *map(str, command)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        text=True)
        self.hello = self._read()

    def _read(self):
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"the driver ended with {self.process.wait()}")
        return json.loads(line)

    def ask(self, request):
        self.process.stdin.write(request + "\n")
        self.process.stdin.flush()
        answer = self._read()
        if "error" in answer:
            raise RuntimeError(f"{request}: {answer['error']}")
        return answer

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def ask_once(command, request):
    driver = Driver(command)
    try:
        return driver.ask(request)
    finally:
        driver.close()


def start(commands, missing):
    """The drivers that run. One that does not start is noted, and its command is taken away; ours must start."""
    drivers = {}
    for key, command in list(commands.items()):
        try:
            drivers[key] = Driver(command)
        except (OSError, RuntimeError, ValueError) as failure:
            if key == "anochat":
                raise
            print(f"NOT TAKING PART: {key}: {failure}", file=sys.stderr)
            missing.append((key, f"its driver does not start: {failure}"))
            del commands[key]
    return drivers


def play(commands, workloads, rounds, primitives=(), missing=None):
    """{key: {workload: [answers, one a round]}}, with the raw primitives under the key "primitive".

    A round asks everybody for every workload before the next begins, so a slow minute meets them all. The first round
    warms up and is thrown away. `primitives` are asked of the first driver. Who does not start is added to `missing`.
    """
    drivers = start(commands, missing if missing is not None else [])
    first = next(iter(drivers.values()))
    heard = {key: {} for key in [*drivers, "primitive"]}

    def note(key, workload, answer, number):
        if number > 0:
            heard[key].setdefault(workload, []).append(answer)

    try:
        for number in range(rounds + 1):
            print(f"round {number} of {rounds}", file=sys.stderr)
            for primitive in primitives:
                note("primitive", primitive, first.ask(f"primitive {primitive}"), number)
            for workload in workloads:
                for key, driver in drivers.items():
                    if workload in driver.hello["workloads"]:
                        note(key, workload, driver.ask(workload), number)
    finally:
        for driver in drivers.values():
            driver.close()
    versions = {key: driver.hello["version"] for key, driver in drivers.items()}
    return heard, versions


def spread(values):
    """(median, lower quartile, upper quartile)"""
    if len(values) < 2:
        return values[0], values[0], values[0]
    low, middle, high = statistics.quantiles(values, n=4, method="inclusive")
    return middle, low, high


def instructions(command, workload):
    """For each operation, by callgrind: what two more batches add to one. Only timed parts count."""
    if shutil.which("valgrind") is None:
        return None
    with tempfile.TemporaryDirectory() as folder:
        def total(batches):
            done = subprocess.run(
                ["valgrind", "--tool=callgrind", f"--callgrind-out-file={folder}/out", "--toggle-collect=time_step*",
                 "--toggle-collect=*::timed*", *map(str, command)],
                input=f"{workload}\n" * batches, capture_output=True, text=True, check=True)
            collected = re.search(r"Collected : (\d+)", done.stderr)
            return int(collected.group(1)), json.loads(done.stdout.splitlines()[1])["operations"]

        one, operations = total(1)
        three, _ = total(3)
        return (three - one) / (2 * operations)
