"""Real processes for the tests beside this file: a relay, command line clients, certificates. Standard library, and
python3-cryptography for the certificates."""
import datetime
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time

PATIENCE = 60  # seconds; only a broken program ever needs so many


def wait_for(what, condition):
    """Polls until the condition gives something true."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.02)
    raise AssertionError(f"waited {PATIENCE} s in vain for {what}")


def check(condition, text):
    if not condition:
        raise AssertionError(text)


class World:
    """A temporary folder with everything in it; processes that are left over are killed at the end."""

    def __init__(self, program):
        self.program = program
        self.folder = tempfile.mkdtemp(prefix="anochat-process-")
        self.started = []

    def __enter__(self):
        return self

    def __exit__(self, *error):
        for process in self.started:
            if process.poll() is None:
                process.kill()
            process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def path(self, name):
        return os.path.join(self.folder, name)

    def start(self, arguments, env=None, **options):
        process = subprocess.Popen(arguments, env=env or os.environ, **options)
        self.started.append(process)
        return process


class Relay:
    """`anochat relay serve` on a port that stays the same over restarts. It lies below those that the system gives to
    outgoing connections, so that nobody takes it while the relay is away."""

    def __init__(self, world, name="relay", **options):
        self.world = world
        self.name = name
        self.database = world.path(name + ".db")
        self.log = world.path(name + ".log")
        self.options = [word for key, value in options.items() for word in ("--" + key, value)]
        self.port = 0
        self.start()

    def start(self):
        wait_for("a relay that listens", self._try_to_start)

    def _try_to_start(self):
        port = self.port or random.randrange(15_000, 32_000)
        with open(self.log, "ab") as log:
            command = [self.world.program, "relay", "serve", "--json", "--listen", f"127.0.0.1:{port}",
                       "--database", self.database] + self.options
            self.process = self.world.start(command, stdout=subprocess.PIPE, stderr=log,
                                            env=clean_environment(self.world))
        line = self.process.stdout.readline()
        if line:
            self.port = json.loads(line)["port"]
            return True
        self.process.wait()
        self.process.stdout.close()
        check("cannot be listened on" in read_text(self.log), "the relay did not start: " + read_text(self.log)[-2000:])
        return False  # the port is taken

    @property
    def url(self):
        return f"ws://127.0.0.1:{self.port}"

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        check(self.process.wait(PATIENCE) == 0, "the relay did not stop in peace: " + read_text(self.log)[-2000:])
        self.process.stdout.close()

    def everything(self):
        """All bytes that the relay has written anywhere."""
        out = b""
        for name in os.listdir(self.world.folder):
            if name.startswith(self.name + "."):
                with open(self.world.path(name), "rb") as file:
                    out += file.read()
        return out


def read_text(path):
    with open(path, encoding="utf-8", errors="replace") as file:
        return file.read()


def clean_environment(world, home=None):
    env = {key: value for key, value in os.environ.items() if not key.startswith(("XDG_", "ANOCHAT_"))}
    env.update(HOME=home or world.folder, TERM="dumb")
    return env


class Person:
    """A profile of its own, used through the program like a person or a script would."""

    def __init__(self, world, name, relay_url, *init_options):
        self.world = world
        self.name = name
        self.home = world.path(name)
        os.mkdir(self.home)
        self.passphrase_file = world.path(name + ".passphrase")
        with open(self.passphrase_file, "w", opener=lambda path, flags: os.open(path, flags, 0o600)) as file:
            file.write(f"the passphrase of {name}\n")
        made = self.rows("init", "--relay", relay_url, *init_options)
        self.address = made[-1]["address"]
        self.is_published = made[-1]["published"]

    def command(self, *words, json_output=True):
        options = ["--passphrase-file", self.passphrase_file] + (["--json"] if json_output else [])
        return [self.world.program, *options, *map(str, words)]

    def env(self):
        return clean_environment(self.world, self.home)

    def run(self, *words, code=0, stdin=None, json_output=True, env=None):
        """@return stdout and stderr of a command that must end with this exit status"""
        done = subprocess.run(self.command(*words, json_output=json_output), env=env or self.env(), input=stdin,
                              text=True, encoding="utf-8", capture_output=True, timeout=3 * PATIENCE)
        check(done.returncode == code, f"{self.name}: {words}: exit {done.returncode}, expected {code}\n"
                                       f"--- stdout\n{done.stdout}\n--- stderr\n{done.stderr}")
        return done.stdout, done.stderr

    def rows(self, *words, **options):
        return [json.loads(line) for line in self.run(*words, **options)[0].splitlines()]

    def start(self, *words, json_output=True, **options):
        options.setdefault("stdout", subprocess.PIPE)
        options.setdefault("stderr", subprocess.PIPE)
        return self.world.start(self.command(*words, json_output=json_output), env=self.env(), **options)

    def add(self, other):
        self.rows("add", other.address, other.name)

    def history(self, contact):
        """Every message with a contact, oldest first, page by page."""
        pages, cursor = [], None
        while True:
            rows = self.rows("history", contact, "-n", 200, *(["--cursor", cursor] if cursor else []))
            pages.insert(0, [row for row in rows if row["type"] == "message"])
            cursor = rows[-1]["next"]
            if not cursor:
                return [message for page in pages for message in page]


# --- certificates -------------------------------------------------------------------------------------------------

class Authority:
    """A CA for one test, and what it signs."""

    def __init__(self, world, name="ca"):
        from cryptography import x509
        from cryptography.hazmat.primitives.asymmetric import ec
        self.world = world
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "AnoChat test CA")])
        certificate = self._builder(self.name, self.key, -1, 30).add_extension(
            x509.BasicConstraints(ca=True, path_length=0), critical=True).add_extension(
            x509.KeyUsage(False, False, False, False, False, True, True, False, False), critical=True)
        self.ca_file = world.path(name + ".pem")
        self._write(self.ca_file, certificate.sign(self.key, self._hash()))

    def _hash(self):
        from cryptography.hazmat.primitives import hashes
        return hashes.SHA256()

    def _builder(self, subject, key, first_day, last_day):
        from cryptography import x509
        now = datetime.datetime.now(datetime.timezone.utc)
        return (x509.CertificateBuilder().subject_name(subject).issuer_name(self.name).public_key(key.public_key())
                .serial_number(x509.random_serial_number())
                .not_valid_before(now + datetime.timedelta(days=first_day))
                .not_valid_after(now + datetime.timedelta(days=last_day)))

    def _write(self, path, certificate):
        from cryptography.hazmat.primitives.serialization import Encoding
        with open(path, "wb") as file:
            file.write(certificate.public_bytes(Encoding.PEM))

    def issue(self, name, host, first_day=-1, last_day=30):
        """@return the options of a relay with a certificate for this host"""
        from cryptography import x509
        from cryptography.hazmat.primitives.asymmetric import ec
        from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
        builder = self._builder(subject, key, first_day, last_day).add_extension(
            x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False).add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()), critical=False)
        self._write(self.world.path(name + ".pem"), builder.sign(self.key, self._hash()))
        with open(self.world.path(name + ".key"), "wb", opener=lambda path, flags: os.open(path, flags, 0o600)) as file:
            file.write(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        return {"certificate": self.world.path(name + ".pem"), "key": self.world.path(name + ".key")}


def main(test, *programs):
    """Runs `test(world)` with the programs named on the command line, and says how long it took."""
    begin = time.monotonic()
    with World(sys.argv[1]) as world:
        test(world, *sys.argv[2:])
    print(f"done in {time.monotonic() - begin:.1f} s")
