"""The tables. migrations/ makes them; nothing here creates one."""
from sqlalchemy import Column, DateTime, ForeignKey, Integer, LargeBinary, String
from sqlalchemy.orm import declarative_base

Base = declarative_base()


class User(Base):
    __tablename__ = "users"

    id = Column(Integer, primary_key=True)
    name = Column(String(64), nullable=False, unique=True)
    login_key = Column(LargeBinary(32), nullable=False)
    address = Column(String(71), nullable=False, unique=True)
    created_at = Column(DateTime(timezone=True), nullable=False)


class Challenge(Base):
    __tablename__ = "challenges"

    value = Column(String(64), primary_key=True)
    user_id = Column(Integer, ForeignKey("users.id", ondelete="CASCADE"), nullable=False)
    expires_at = Column(DateTime(timezone=True), nullable=False, index=True)
