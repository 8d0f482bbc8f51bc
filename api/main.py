"""The wiring: from an engine, a clock and settings to the application that a server runs."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles

from api.body_limit import BodyLimit
from api.clock import Clock
from api.commits import AnnouncingEngine, Commits
from api.graphiql.page import assets_directory, graphiql_page
from api.graphql.context import Services
from api.graphql.cursors import Cursors
from api.graphql.http import GraphQLEndpoint
from api.graphql.schema import make_schema
from api.graphql.threads import Threads
from api.problems import http_problem, problem
from api.settings import Settings
from graph.engines.port import Engine
from graph.errors import PerfectOrderError
from graph.traversals import browse


def create_app(engine: Engine, *, clock: Clock, settings: Settings | None = None) -> Starlette:
    """The application over ``engine``, which whoever opened it closes after the application has ended."""
    settings = settings or Settings()
    commits = Commits()
    services = Services(
        engine=AnnouncingEngine(engine, commits),
        clock=clock,
        settings=settings,
        commits=commits,
        threads=Threads(reading=settings.reading_threads, writing=settings.writing_threads),
        cursors=Cursors(settings.cursor_key),
    )
    endpoint = GraphQLEndpoint(make_schema(settings.limits), services, page=graphiql_page())

    async def ready(_request: Request) -> Response:
        try:
            await services.threads.read(lambda: engine.explore(browse.vertices(engine.g, ["world/demo"])))
        except PerfectOrderError as error:
            return problem(503, str(error), code=error.code)
        return JSONResponse({"status": "ready"})

    routes: list[BaseRoute] = [
        Route("/", _to_graphql),
        Route("/healthz", _healthy),
        Route("/readyz", ready),
        Route("/graphql", endpoint),
        WebSocketRoute("/graphql", endpoint),
    ]
    assets = assets_directory()
    if assets is not None:
        routes.append(Mount("/graphiql/assets", StaticFiles(directory=assets)))

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        yield

    return Starlette(
        routes=routes,
        lifespan=lifespan,
        middleware=[Middleware(BodyLimit, most_bytes=settings.limits.body_bytes)],
        exception_handlers={HTTPException: http_problem},
    )


async def _healthy(_request: Request) -> Response:
    return JSONResponse({"status": "alive"})


async def _to_graphql(_request: Request) -> Response:
    return RedirectResponse("/graphql")
