"""The service with a database of each kind, served on a port of its own."""
import glob
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import threading
import time

import pytest
import uvicorn
from alembic import command
from alembic.config import Config

ROOT = pathlib.Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from app.core.settings import Settings  # noqa: E402
from app.main import create_app  # noqa: E402


def postgres_programs():
    found = shutil.which("initdb")
    folders = [os.path.dirname(found)] if found else sorted(glob.glob("/usr/lib/postgresql/*/bin"))
    return folders[-1] if folders else None


@pytest.fixture(scope="session")
def postgres():
    """The URL of a PostgreSQL that lives in a temporary folder, on a Unix socket, until the tests are over."""
    pytest.importorskip("psycopg2", reason="no psycopg2: the tests with PostgreSQL are left out")
    programs = postgres_programs()
    if programs is None:
        pytest.skip("no PostgreSQL on this machine: the tests with it are left out")
    options = {"env": {name: value for name, value in os.environ.items() if name != "LD_PRELOAD"}}  # a sanitizer is for us
    if os.getuid() == 0:  # PostgreSQL refuses to run as root
        options |= {"user": "postgres", "group": "postgres", "extra_groups": []}
    with tempfile.TemporaryDirectory() as folder:
        if "user" in options:
            shutil.chown(folder, "postgres", "postgres")

        def run(program, *arguments):
            done = subprocess.run([f"{programs}/{program}", *arguments], capture_output=True, text=True, cwd=folder, **options)
            assert done.returncode == 0, done.stdout + done.stderr

        data = f"{folder}/data"
        run("initdb", "-D", data, "-U", "app", "--auth=trust", "--no-sync")
        settings = f"-c listen_addresses= -c unix_socket_directories={folder} -c fsync=off"
        run("pg_ctl", "-D", data, "-w", "-t", "60", "-l", f"{folder}/log", "-o", settings, "start")
        try:
            yield f"postgresql+psycopg2://app@/postgres?host={folder}"
        finally:
            run("pg_ctl", "-D", data, "-m", "immediate", "stop")


@pytest.fixture(params=["sqlite", "postgresql"])
def settings(request, tmp_path, monkeypatch):
    """Settings whose database has just been made by the migrations, and is unmade by them."""
    url = f"sqlite:///{tmp_path}/app.db" if request.param == "sqlite" else request.getfixturevalue("postgres")
    made = Settings(url, "only for tests: at least 32 characters", relay_store=str(tmp_path / "relay.db"))
    monkeypatch.setenv("APP_DATABASE_URL", made.database_url)
    monkeypatch.setenv("APP_TOKEN_SECRET", made.token_secret)
    config = Config(str(ROOT / "alembic.ini"))
    command.upgrade(config, "head")
    yield made
    command.downgrade(config, "base")


@pytest.fixture
def server(settings):
    """host:port of the service."""
    app = create_app(settings)
    served = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="warning", ws="auto"))
    thread = threading.Thread(target=served.run)
    thread.start()
    while not served.started and thread.is_alive():
        time.sleep(0.01)
    try:
        port = served.servers[0].sockets[0].getsockname()[1]
        yield f"127.0.0.1:{port}"
    finally:
        served.should_exit = True
        thread.join(timeout=60)
        app.state.sessions.kw["bind"].dispose()
        assert not thread.is_alive()
