"""One session of the database for each request."""
from fastapi import Request
from sqlalchemy import create_engine
from sqlalchemy.orm import sessionmaker


def make_sessions(url):
    options = {"connect_args": {"check_same_thread": False}} if url.startswith("sqlite") else {"pool_pre_ping": True}
    return sessionmaker(create_engine(url, future=True, **options), future=True, expire_on_commit=False)


def session(request: Request):
    with request.app.state.sessions() as opened:
        yield opened
