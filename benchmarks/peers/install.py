"""install.py - brings a peer onto this machine, outside the tree, and says how its driver is started.

Every function here returns the driver's command, or raises CannotInstall with a reason that a reader of the table
understands.
"""

import os
import pathlib
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).parent
LIBSIGNAL = "@signalapp/libsignal-client@0.103.0"


class CannotInstall(Exception):
    pass


def cache_folder():
    home = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    folder = pathlib.Path(home) / "anochat" / "peers"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def run(*command, environment=None):
    """The standard output; a failure is a reason not to have the peer."""
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False,
                          env={**os.environ, **(environment or {})})
    if done.returncode != 0:
        lines = (done.stderr or done.stdout).strip().splitlines()
        raise CannotInstall(f"{command[0]} failed: {lines[-1] if lines else done.returncode}")
    return done.stdout


def is_installed(package):
    done = subprocess.run(["dpkg-query", "-W", "-f", "${db:Status-Status}", package], capture_output=True, text=True,
                          check=False)
    return done.stdout == "installed"


def need_packages(*packages):
    """From the distribution, and only as root; RUNLEVEL=1 keeps servers among them from being started."""
    if shutil.which("dpkg-query") is None:
        raise CannotInstall(f"no Debian; install {' '.join(packages)} by hand")
    missing = [package for package in packages if not is_installed(package)]
    if not missing:
        return
    if os.geteuid() != 0:
        raise CannotInstall(f"as root: apt-get install {' '.join(missing)}")
    print(f"installing {' '.join(missing)}", file=sys.stderr)
    command = ["apt-get", "install", "-y", "--no-install-recommends", *missing]
    quiet = {"DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}
    try:
        run(*command, environment=quiet)
    except CannotInstall:
        run("apt-get", "update")
        run(*command, environment=quiet)


def need_tool(tool, *packages):
    if shutil.which(tool) is None:
        if not packages:
            raise CannotInstall(f"{tool} is not installed")
        need_packages(*packages)


def compile_c(name, *libraries):
    need_tool("cc", "gcc", "libc6-dev")
    program = cache_folder() / name
    run("cc", "-std=gnu11", "-O2", HERE / name / "driver.c", "-o", program, *[f"-l{library}" for library in libraries])
    return [program]


def anochat(build):
    return [build / "benchmarks" / "peers" / "anochat_peer_driver"]


def vodozemac(_build):
    need_tool("cargo")  # the distribution's is too old for this crate
    target = cache_folder() / "vodozemac"
    run("cargo", "build", "--quiet", "--release", "--locked", "--manifest-path", HERE / "vodozemac" / "Cargo.toml",
        "--target-dir", target)
    return [target / "release" / "anochat-peer-vodozemac"]


def libsignal(_build):
    need_tool("npm", "nodejs", "npm")
    folder = cache_folder() / "libsignal"
    folder.mkdir(exist_ok=True)
    (folder / "package.json").write_text("{}\n", encoding="utf-8")
    run("npm", "install", "--prefix", folder, "--no-audit", "--no-fund", "--ignore-scripts", LIBSIGNAL)
    return ["node", HERE / "libsignal" / "driver.mjs", folder]


def libsignal_protocol_c(_build):
    need_packages("libsignal-protocol-c-dev", "libssl-dev")
    return compile_c("libsignal_protocol_c", "signal-protocol-c", "crypto")


def libolm(_build):
    need_packages("libolm-dev")
    return compile_c("libolm", "olm")


def doubleratchet(_build):
    folder = cache_folder() / "doubleratchet"
    python = folder / "bin" / "python"
    if not python.exists():
        if shutil.which("dpkg-query") and sys.executable == "/usr/bin/python3":
            need_packages("python3-venv")
        run(sys.executable, "-m", "venv", folder)
    run(python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r",
        HERE / "doubleratchet" / "requirements.txt")
    return [python, HERE / "doubleratchet" / "driver.py"]


def store(engine):
    def install(build):
        program = build / "benchmarks" / "peers" / "anochat_peer_store"
        if not program.exists():
            raise CannotInstall("the storage layer is not built")
        if engine == "sqlcipher":
            need_packages("libsqlcipher0")
        return [program, engine]

    return install
