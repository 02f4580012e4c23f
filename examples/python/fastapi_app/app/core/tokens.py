"""Access tokens: signed, short-lived, for one user."""
import datetime

import jwt

LIFETIME = datetime.timedelta(minutes=15)
AUDIENCE = "anochat-example"


def issue(secret, user_id, now):
    return jwt.encode({"sub": str(user_id), "aud": AUDIENCE, "iat": now, "exp": now + LIFETIME}, secret, algorithm="HS256")


def user_of(secret, token):
    """The user's number, or None for a token that is not ours, not for us, or no longer good."""
    try:
        claims = jwt.decode(token, secret, algorithms=["HS256"], audience=AUDIENCE, options={"require": ["sub", "exp"]})
        return int(claims["sub"])
    except (jwt.InvalidTokenError, ValueError):
        return None
