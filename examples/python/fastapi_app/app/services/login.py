"""Logging in: a challenge, its signature, a token."""
import datetime
import secrets

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import delete

from ..core import tokens
from ..models import Challenge
from . import Refused, users

LIFETIME = datetime.timedelta(minutes=1)
CONTEXT = b"anochat-example-login:"  # a signature for this service is good for nothing else


def now():
    return datetime.datetime.now(datetime.timezone.utc)


def challenge(session, name):
    """Looks the same for a name that nobody has: who asks learns nothing of it."""
    value = secrets.token_hex(32)
    session.execute(delete(Challenge).where(Challenge.expires_at < now()))
    user = users.by_name(session, name)
    if user is not None:
        session.add(Challenge(value=value, user_id=user.id, expires_at=now() + LIFETIME))
    session.commit()
    return value


def log_in(session, secret, name, value, signature):
    """A token. The challenge is used up, whatever comes of it."""
    user = users.by_name(session, name)
    wanted = (Challenge.value == value, Challenge.user_id == (user.id if user else -1), Challenge.expires_at >= now())
    is_good = session.execute(delete(Challenge).where(*wanted)).rowcount == 1
    session.commit()
    try:
        if not is_good:
            raise InvalidSignature
        Ed25519PublicKey.from_public_bytes(user.login_key).verify(bytes.fromhex(signature), CONTEXT + value.encode())
    except (InvalidSignature, ValueError) as error:
        raise Refused(401, "the login was refused; ask for a new challenge") from error
    return tokens.issue(secret, user.id, now())
