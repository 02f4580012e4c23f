from fastapi import APIRouter, Depends, Request

from ..core.database import session
from ..schemas import ChallengeAsked, ChallengeGiven, Login, Token
from ..services import login

router = APIRouter(prefix="/login")


@router.post("/challenge", response_model=ChallengeGiven)
def challenge(asked: ChallengeAsked, base=Depends(session)):
    return ChallengeGiven(challenge=login.challenge(base, asked.name))


@router.post("", response_model=Token)
def log_in(given: Login, request: Request, base=Depends(session)):
    secret = request.app.state.settings.token_secret
    return Token(access_token=login.log_in(base, secret, given.name, given.challenge, given.signature))
