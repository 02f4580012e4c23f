"""A Flask service that writes notices to its users, end to end encrypted: what it sends, no server on the way can read.

    APP_TOKEN=... APP_PASSPHRASE=... APP_RELAY=wss://relay.example gunicorn --workers 1 --threads 8 "app:from_environment()"

One process, many threads: the store belongs to the process that has opened it, and the client is safe in every thread.
"""
import hmac
import os

import anochat.sync
from anochat.values import Status
from flask import Flask, abort, request

MAX_BODY = 64 * 1024  # bytes


def create_app(client, token):
    """The service around an open client. Who shows the token may write notices."""
    if len(token) < 32:
        raise ValueError("the token needs at least 32 characters: openssl rand -hex 32")
    app = Flask(__name__)

    @app.before_request
    def check_token():
        given = request.headers.get("Authorization", "")
        if request.endpoint != "address" and not hmac.compare_digest(given.encode(), f"Bearer {token}".encode()):
            abort(401)

    @app.get("/address")
    def address():  # users allow this account, and compare its safety number
        return {"address": client.account()}

    @app.post("/notices")
    def write():
        if request.content_length is None:  # MAX_CONTENT_LENGTH bounds JSON only since Werkzeug 2.3
            abort(411)
        if request.content_length > MAX_BODY:
            abort(413)
        body = request.get_json()
        if not isinstance(body, dict) or not isinstance(body.get("to"), str) or not isinstance(body.get("text"), str):
            abort(400, "to and text are strings")
        return {"id": client.send(body["to"], body["text"]).id}, 202  # in the store: it leaves when the relay is there

    @app.get("/notices/<int(max=9223372036854775807):number>")
    def look(number):
        message = client.message(number)
        if message.status == Status.RECEIVED:  # somebody's answer is no notice of ours
            abort(404)
        return {"status": message.status.name.lower()}

    @app.errorhandler(anochat.AnoChatError)
    def refused(error):  # each error is an instance of the built-in one that fits
        for kind, status in ((LookupError, 404), (PermissionError, 403), (ValueError, 400)):
            if isinstance(error, kind):
                return {"detail": str(error)}, status
        return {"detail": "the notice was not taken; try again later"}, 503

    return app


def from_environment():
    """For a WSGI server. The client is closed when the interpreter ends."""
    client = anochat.sync.Client(os.environ.get("APP_STORE", "notices.db"), passphrase=os.environ["APP_PASSPHRASE"],
                                 relay=os.environ["APP_RELAY"], name="Notices")
    client.open()
    return create_app(client, os.environ["APP_TOKEN"])
