"""What goes over the wire. Bytes are hexadecimal."""
from pydantic import BaseModel, Field


class Registration(BaseModel):
    name: str = Field(min_length=1, max_length=64)
    login_key: str = Field(min_length=64, max_length=64)
    address: str = Field(min_length=60, max_length=71)


class UserShown(BaseModel):
    name: str
    address: str


class ChallengeAsked(BaseModel):
    name: str = Field(min_length=1, max_length=64)


class ChallengeGiven(BaseModel):
    challenge: str


class Login(BaseModel):
    name: str = Field(min_length=1, max_length=64)
    challenge: str = Field(min_length=64, max_length=64)
    signature: str = Field(min_length=128, max_length=128)


class Token(BaseModel):
    access_token: str
    token_type: str = "bearer"
