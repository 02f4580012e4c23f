from fastapi import APIRouter, Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from ..core import tokens
from ..core.database import session
from ..models import User
from ..schemas import Registration, UserShown
from ..services import Refused, users

router = APIRouter(prefix="/users")


def current_user(request: Request, base=Depends(session),
                 given: HTTPAuthorizationCredentials = Depends(HTTPBearer(auto_error=False))):
    number = tokens.user_of(request.app.state.settings.token_secret, given.credentials) if given else None
    user = base.get(User, number) if number is not None else None
    if user is None:
        raise Refused(401, "log in first")
    return user


def shown(user):
    return UserShown(name=user.name, address=user.address)


@router.post("", response_model=UserShown, status_code=201)
def register(given: Registration, base=Depends(session)):
    return shown(users.register(base, given.name, given.login_key, given.address))


@router.get("/me", response_model=UserShown)
def me(user=Depends(current_user)):
    return shown(user)


@router.get("/{name}", response_model=UserShown)
def find(name: str, base=Depends(session), _=Depends(current_user)):
    """The address of another user: for those who are logged in."""
    found = users.by_name(base, name)
    if found is None:
        raise Refused(404, "nobody has this name")
    return shown(found)
