"""The echo bot of examples/python beside a relay, asked by the command line: run by test_examples.py and wheel.sh.

    echo_and_cli.py <the bot> [<the anochat program>]    without the program a client of this package asks
"""

import os
import pathlib
import subprocess
import sys
import tempfile
import time

import anochat
import anochat.sync


def frames(relay):
    return int(next(line.split()[1] for line in relay.metrics().splitlines() if line.startswith("anochat_relay_frames_received")))


def ask_with_client(relay, account):
    with anochat.sync.Client(None, relay=relay, allow_strangers=True) as me:
        me.wait_until_online()
        me.send(account, "do you hear me?")
        return next(me.messages(timeout=60)).text


def ask_with_program(program, relay, account, folder):
    (folder / "passphrase").write_text("only for tests")
    (folder / "passphrase").chmod(0o600)
    environment = {**os.environ, "HOME": str(folder), "XDG_DATA_HOME": str(folder / "data"), "XDG_CONFIG_HOME": str(folder)}

    def run(*arguments):
        done = subprocess.run([program, "--passphrase-file", str(folder / "passphrase"), *arguments], env=environment,
                              capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, f"{arguments}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    run("init", "--relay", relay.url)
    run("add", account, "bot")
    run("send", "--relay", relay.url, "bot", "do you hear me?")
    return run("recv", "--relay", relay.url, "-n", "1", "--timeout", "60")


def main(bot, program=None):
    with anochat.Relay() as relay, tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        environment = {**os.environ, "ANOCHAT_PASSPHRASE": "only for tests"}
        process = subprocess.Popen([sys.executable, bot, relay.url], cwd=folder, env=environment, text=True,
                                   stdout=subprocess.PIPE)
        try:
            account = process.stdout.readline().strip()
            deadline = time.monotonic() + 60
            while frames(relay) < 4 and time.monotonic() < deadline:  # the bot has published what others need
                time.sleep(0.02)
            answer = ask_with_program(program, relay, account, folder) if program else ask_with_client(relay, account)
            assert "do you hear me?" in answer, answer
        finally:
            process.terminate()
            process.wait(timeout=60)
    print("the bot has answered" + (" the command line" if program else ""))


if __name__ == "__main__":
    main(*sys.argv[1:])
