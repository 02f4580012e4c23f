"""Who may log in."""
import datetime

import anochat
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from ..models import User
from . import Refused


def register(session, name, login_key, address):
    try:
        key = bytes.fromhex(login_key)
        account = anochat.Address.parse(address).account
    except ValueError as error:  # anochat.BadAddress is one
        raise Refused(422, "the login key is 32 bytes in hexadecimal; check the address for a typing error") from error
    user = User(name=name, login_key=key, address=account, created_at=datetime.datetime.now(datetime.timezone.utc))
    session.add(user)
    try:
        session.commit()
    except IntegrityError as error:
        session.rollback()
        raise Refused(409, "the name or the address is taken") from error
    return user


def by_name(session, name):
    return session.scalars(select(User).where(User.name == name)).one_or_none()
