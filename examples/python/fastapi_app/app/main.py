"""The application: users and tokens of its own, and the blind relay under /relay."""
from contextlib import asynccontextmanager

import anochat
from anochat.asgi import RelayEndpoint
from fastapi import FastAPI, Response
from fastapi.responses import JSONResponse

from .api import router
from .core.database import make_sessions
from .core.settings import Settings
from .services import Refused


def create_app(settings=None):
    settings = settings or Settings.from_environment()
    engine = anochat.RelayEngine(name=settings.relay_name, store=settings.relay_store)

    @asynccontextmanager
    async def lifespan(_app):
        yield
        engine.drain(1_000)
        engine.close()

    app = FastAPI(title="A messenger's service")
    app.router.lifespan_context = lifespan  # FastAPI(lifespan=...) is younger than 0.92
    app.state.settings = settings
    app.state.sessions = make_sessions(settings.database_url)
    app.include_router(router)
    app.mount("/relay", RelayEndpoint(engine))

    @app.exception_handler(Refused)
    async def refused(_request, error):
        return JSONResponse({"detail": str(error)}, status_code=error.status)

    @app.get("/metrics")
    def metrics():
        return Response(engine.metrics(), media_type="text/plain; version=0.0.4")

    return app
