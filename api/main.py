"""The wiring: from an engine, a clock and settings to the application that a server runs."""

from __future__ import annotations

import gc
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from functools import partial
from threading import Event, Thread

import click
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles

from api.backups import backup_endpoint
from api.body_limit import BodyLimit
from api.clock import Clock, RunningClock, SystemClock, parse_clock
from api.commits import AnnouncingEngine, Commits
from api.graphiql.page import assets_directory, graphiql_page
from api.graphql.context import Services
from api.graphql.cursors import Cursors
from api.graphql.http import GraphQLEndpoint
from api.graphql.schema import make_schema
from api.graphql.threads import Threads
from api.operations.jobs import JobRunner
from api.operations.lost_jobs import interrupt_lost_jobs, watch_for_lost_jobs
from api.operations.road_network import load_roads
from api.problems import http_problem, internal_problem, problem
from api.server import address_of, bind, serve_until_stopped
from api.settings import Settings, settings_from
from graph.engines.opening import open_engine
from graph.engines.port import Engine
from graph.errors import PerfectOrderError
from graph.schema import ids
from graph.schema.model import SCHEMA
from graph.traversals import browse
from optimizer.warming import warm_roads

DEMO_WORLD = ids.demo_world()


def create_app(
    engine: Engine, *, clock: Clock, settings: Settings | None = None, jobs: JobRunner | None = None
) -> Starlette:
    """The application over ``engine``, which whoever opened it closes after the application has ended.

    Jobs that a process before this one left running are interrupted when it begins, its own when it ends.
    """
    settings = settings or Settings()
    services = services_of(engine, clock=clock, settings=settings, jobs=jobs)
    endpoint = GraphQLEndpoint(make_schema(settings.limits), services, page=graphiql_page())
    backups = backup_endpoint(engine, settings.backups, in_thread=services.threads.write)
    routes: list[BaseRoute] = [
        Route("/", _to_graphql),
        Route("/healthz", _healthy),
        Route("/readyz", _readiness_of(services)),
        Route("/backups/{name}", backups, methods=["POST"]),
        Route("/graphql", endpoint),
        WebSocketRoute("/graphql", endpoint),
    ]
    assets = assets_directory()
    if assets is not None:
        routes.append(Mount("/graphiql/assets", StaticFiles(directory=assets)))

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        await services.threads.write(
            lambda: interrupt_lost_jobs(services.engine, runner=services.jobs, now=clock.now())
        )
        await services.threads.read(lambda: _warm_up(services.engine))
        with _watching_for_lost_jobs(services):
            yield
        await services.threads.write(services.jobs.close)

    return Starlette(
        routes=routes,
        lifespan=lifespan,
        middleware=[Middleware(BodyLimit, most_bytes=settings.limits.body_bytes)],
        exception_handlers={HTTPException: http_problem, Exception: internal_problem},
    )


def services_of(
    engine: Engine, *, clock: Clock, settings: Settings, jobs: JobRunner | None = None
) -> Services:
    """What all requests of a server share."""
    commits = Commits()
    return Services(
        engine=AnnouncingEngine(engine, commits),
        clock=clock,
        settings=settings,
        commits=commits,
        threads=Threads(reading=settings.reading_threads, writing=settings.writing_threads),
        cursors=Cursors(settings.cursor_key),
        jobs=jobs or JobRunner(clock.now),
    )


def serve_forever(*, engine_url: str, host: str, port: int, clock_text: str | None) -> None:
    """Serve the graph at ``engine_url`` until SIGTERM or Ctrl-C, by the clock that ``clock_text`` describes.

    Without one it is the clock of the demo world, if the graph holds one, or the machine's. Raises
    :class:`~api.server.PortInUse`, and :class:`~graph.errors.PerfectOrderError` for a clock, an engine
    address or a setting that cannot be, and for a store that cannot be opened.
    """
    settings = settings_from()
    given = None if clock_text is None else parse_clock(clock_text)
    listener = bind(host, port)
    try:
        engine = open_engine(engine_url, SCHEMA, create=False)
    except BaseException:
        listener.close()
        raise
    try:
        engine.prepare()
        app = create_app(engine, clock=given or _clock_of(engine), settings=settings)
        # What stands now stays: a collection that looks through all of it would hold every request up.
        gc.collect()
        gc.freeze()
        click.echo(f"Perfect Order answers at {address_of(listener)}/graphql; Ctrl-C ends it", err=True)
        serve_until_stopped(app, listener, drain_s=settings.drain_s, message_bytes=settings.limits.body_bytes)
    finally:
        try:
            engine.checkpoint()
        finally:
            engine.close()


@contextmanager
def _watching_for_lost_jobs(services: Services) -> Iterator[None]:
    """Where several processes share a graph, one of them may die at any time, and not only before a start."""
    if services.engine.features.exclusive:
        yield
        return
    over = Event()
    watching = partial(
        watch_for_lost_jobs, services.engine, runner=services.jobs, now=services.clock.now, over=over
    )
    Thread(target=watching, name="lost-jobs", daemon=True).start()
    try:
        yield
    finally:
        over.set()


def _warm_up(engine: Engine) -> None:
    """Load the roads and what is compiled for them before anybody waits for it; there may be no roads yet."""
    warm_roads()
    with suppress(PerfectOrderError):
        load_roads(engine)


def _clock_of(engine: Engine) -> Clock:
    """The demo world's clock goes on from where it stood, or from what was recorded since."""
    worlds = engine.run(browse.vertices(engine.g, [DEMO_WORLD]))
    if not worlds:
        return SystemClock()
    recorded = engine.run(browse.latest(engine.g, "Event", "recorded_at"))
    return RunningClock(max([worlds[0]["clock_at"], *recorded]))


def _readiness_of(services: Services) -> Callable[[Request], Awaitable[Response]]:
    async def ready(_request: Request) -> Response:
        engine = services.engine
        try:
            await services.threads.read(lambda: engine.explore(browse.vertices(engine.g, [DEMO_WORLD])))
        except PerfectOrderError as error:
            return problem(503, str(error), code=error.code)
        return JSONResponse({"status": "ready"})

    return ready


async def _healthy(_request: Request) -> Response:
    return JSONResponse({"status": "alive"})


async def _to_graphql(_request: Request) -> Response:
    return RedirectResponse("/graphql")
