"""Alembic: brings the database of the settings to the newest shape."""
import pathlib
import sys

from alembic import context
from sqlalchemy import create_engine

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))

from app.core.settings import Settings  # noqa: E402
from app.models import Base  # noqa: E402

with create_engine(Settings.from_environment().database_url).connect() as connection:
    context.configure(connection=connection, target_metadata=Base.metadata)
    with context.begin_transaction():
        context.run_migrations()
