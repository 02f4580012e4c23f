"""What the operator chooses, from the environment."""
import os
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Settings:
    database_url: str
    token_secret: str = field(repr=False)
    relay_store: str = ""  # a file; empty: undelivered messages are gone with the process
    relay_name: str = "relay"

    def __post_init__(self):
        if len(self.token_secret) < 32:
            raise ValueError("APP_TOKEN_SECRET needs at least 32 characters: openssl rand -hex 32")

    @classmethod
    def from_environment(cls):
        env = os.environ
        return cls(env.get("APP_DATABASE_URL", "sqlite:///app.db"), env["APP_TOKEN_SECRET"], env.get("APP_RELAY_STORE", ""),
                   env.get("APP_RELAY_NAME", "relay"))
