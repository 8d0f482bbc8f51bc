"""The adapter for Gremlin servers: Gremlin Server, JanusGraph, Amazon Neptune."""

from __future__ import annotations

import random
import shlex
import ssl
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import islice
from pathlib import Path
from threading import Lock
from typing import Any, Final, TypeVar

from gremlin_python.process.graph_traversal import GraphTraversal, GraphTraversalSource
from gremlin_python.process.traversal import TraversalStrategies
from gremlin_python.structure.graph import Graph

from graph.compiler.compiler import Compiled, Compiler
from graph.compiler.portable_bytecode import Bytecode, bytecode_for
from graph.compiler.vertex_kinds import KIND_INDEXES
from graph.engines.addresses import Address
from graph.engines.bulk_rows import ROWS_A_BATCH, batches
from graph.engines.cancellation import current_cancellation
from graph.engines.features import GREMLIN, Features
from graph.engines.gremlin_connections import (
    COMMIT,
    NOTHING,
    ROLLBACK,
    AnswerLate,
    Connection,
    ConnectionLost,
    Connections,
    Endpoint,
    Request,
    ServerError,
    Signing,
    bytecode_request,
    end_request,
    script_request,
)
from graph.engines.gremlin_errors import Asked, closed_under_it, of_server, writer_moved
from graph.engines.gremlin_loading import (
    edges_bytecode,
    edges_script,
    marking_bytecode,
    unmarked_ids,
    vertices_bytecode,
)
from graph.engines.gremlin_preparing import PREPARING_MAY_TAKE_MS, SCRIPTED, preparing_request
from graph.engines.port import EdgeRow, Statement, VertexRow
from graph.engines.retries import Backoff
from graph.engines.round_trips import RoundTrips, note_round_trip
from graph.engines.schema_version import VERSION_KIND, check_version, note_version, version_id
from graph.errors import (
    AccessRefused,
    Conflict,
    Contention,
    EngineError,
    EngineUnavailable,
    InvalidInput,
    OutcomeUnknown,
    PerfectOrderError,
    QueryCancelled,
    StatementMissed,
    StoreMissing,
    UnsupportedStep,
)
from graph.schema.elements import EdgeKind, Schema, VertexKind

SENT_AT_ONCE: Final = 64
"""Statements of a unit that are under way before the first answer is read."""

_SERVER_ENDS_FIRST_S: Final = 5.0
"""How much longer than the server we wait for an answer."""

FAILOVER: Final = Backoff(tries=63, first_s=0.25, longest_s=2.0)
"""About a minute, in which Neptune makes a reader the writer."""

_LONGEST_MS: Final = {"neptune": 540_000}
"""What a unit may take, by product: Neptune ends sessions after 10 minutes."""

_PREPARE: Final = Asked(lambda: "prepare")
_THE_END: Final = Asked(lambda: "the end of a unit")

Result = TypeVar("Result")


class _WriterMovedError(Exception):
    """The server only reads by now."""

    def __init__(self, error: Contention) -> None:
        super().__init__(str(error))
        self.error = error


class GremlinEngine:
    """A graph behind a Gremlin server."""

    def __init__(
        self,
        address: Address,
        schema: Schema,
        *,
        signing: Signing | None = None,
        rng: random.Random | None = None,
        backoff: Backoff | None = None,
        failover: Backoff = FAILOVER,
    ) -> None:
        """Nothing is connected yet; :meth:`at` looks at what is there."""
        self.url = address.url
        self.schema = schema
        self._address = address
        self._writers = Connections(_endpoint(address, None, signing), address.pool)
        self._readers = (
            self._writers
            if address.reader is None
            else Connections(_endpoint(address, address.reader, signing), address.pool)
        )
        self._rng = rng or random.Random()
        self._backoff = backoff or Backoff()
        self._failover = failover
        self._compile_for(address.product or "gremlin-server")
        self._trips = RoundTrips()
        self._closed = False
        self._closing = Lock()

    @classmethod
    def at(
        cls, address: Address, schema: Schema, *, create: bool = True, signing: Signing | None = None
    ) -> GremlinEngine:
        """The graph at ``address``; unless ``create``, one that was prepared."""
        engine = cls(address, schema, signing=signing)
        try:
            if address.product is None:
                engine._compile_for(engine._product_there())
            engine._demand_version(create=create)
        except BaseException:
            engine.close()
            raise
        return engine

    @property
    def features(self) -> Features:
        """What it can and cannot do."""
        return GREMLIN[self._product]

    @property
    def g(self) -> GraphTraversalSource:
        """The source traversals are written on."""
        return GraphTraversalSource(Graph(), TraversalStrategies())

    @property
    def round_trips(self) -> int:
        """How many times the server was asked and waited for since the engine was opened."""
        return self._trips.count

    def run(self, traversal: GraphTraversal, *, time_limit_ms: int | None = None) -> list[Any]:
        """Run one traversal as one unit and return all its results; vertices come as their ids."""
        compiled = self._compiler.compile(traversal)
        limit_ms = self._limit_ms(time_limit_ms)
        request = self._request(compiled, limit_ms)
        ask = self._write if compiled.verified.writes else self._read
        return compiled.plan.shown(ask(request, limit_ms, _asked(compiled, traversal)))

    def explore(self, traversal: GraphTraversal, *, time_limit_ms: int = 200) -> list[Any]:
        """Run a traversal that may only read; :class:`QueryTimeout` after ``time_limit_ms``."""
        compiled = self._compiler.compile_reading(traversal)
        limit_ms = self._limit_ms(time_limit_ms)
        request = self._request(compiled, limit_ms)
        return compiled.plan.shown(self._read(request, limit_ms, _asked(compiled, traversal)))

    def read_together(self, traversals: Sequence[GraphTraversal]) -> list[list[Any]]:
        """:class:`UnsupportedStep`: no server keeps one state of the graph still for several traversals."""
        for traversal in traversals:
            self._compiler.compile_reading(traversal)
        raise UnsupportedStep(
            "read_together", self._product, "ask for all of it in one traversal, or compare what was read"
        )

    def transact(self, statements: Sequence[Statement]) -> list[list[Any]]:
        """Run all statements as one unit; a miss rolls all of it back and raises :class:`StatementMissed`.

        Statements are sent without waiting for the answers to those before; their expectations are checked
        before anything is committed.
        """
        compiled = [self._compiler.compile(statement.traversal) for statement in statements]
        if not compiled:
            return []
        return self._patiently(lambda: self._unit(compiled, statements))

    def ping(self) -> None:
        """Ask every server for next to nothing."""
        request = bytecode_request(NOTHING, source=self._address.source, limit_ms=self._limit_ms(None))
        for connections in {id(c): c for c in (self._writers, self._readers)}.values():
            self._once(connections, request, self._limit_ms(None), Asked(lambda: "ping"), writes=False)

    def bulk_load(self, vertices: Iterable[VertexRow], edges: Iterable[EdgeRow]) -> int:
        """Load whole elements, vertices first, and return how many; repeating it changes nothing.

        A batch of 1,000 rows of one label is one unit and one round trip (two where vertices are there
        already with other properties), so give rows of a label together.
        """
        loaded = 0
        for label, batch in batches(vertices):
            self._load_vertices(self.schema.vertex(label), batch)
            loaded += len(batch)
        for label, edge_batch in batches(edges):
            self._load_edges(self.schema.edge(label), edge_batch)
            loaded += len(edge_batch)
        return loaded

    def prepare(self) -> None:
        """Create what the product needs of the schema and note its version; repeatable."""
        request = preparing_request(self._product, self.schema, source=self._address.source)
        if request is not None:
            self._patiently(lambda: self._prepared(request))
        if self._marks_kinds:
            self._mark_kinds()
        note_version(self, self.schema, self._noted_version())

    def checkpoint(self) -> None:
        """Nothing: the server keeps its files as it sees fit."""

    def backup(self, target: Path) -> None:
        """:class:`InvalidInput`: the server has ways of its own."""
        raise InvalidInput(
            "backup",
            f"of {self.url} to {target} is not ours to make: use the server's own, or `perfect-order export`",
        )

    def verify(self) -> list[str]:
        """Nothing is found: the files are the server's."""
        return []

    def close(self) -> None:
        """Let go of the connections; whatever is asked after that is refused."""
        with self._closing:
            self._closed = True
        self._writers.close()
        self._readers.close()

    # asking

    def _read(self, request: Request, limit_ms: int, asked: Asked) -> list[Any]:
        """Ask; what was cut off is asked once more on a new connection, since reading twice does no harm."""
        return self._once(self._readers, request, limit_ms, asked, writes=False)

    def _write(self, request: Request, limit_ms: int, asked: Asked) -> list[Any]:
        return self._patiently(lambda: self._once(self._writers, request, limit_ms, asked, writes=True))

    def _patiently(self, unit: Callable[[], Result]) -> Result:
        """What ``unit`` returns, tried again while it conflicts with others."""

        def attempt() -> Result:
            try:
                return unit()
            except Contention as error:
                if writer_moved(error.__cause__):
                    self._writers.drop_idle()
                    raise _WriterMovedError(error) from error
                raise

        def through_contention() -> Result:
            return self._backoff.call(attempt, rng=self._rng)

        try:
            return self._failover.call(through_contention, rng=self._rng, on=_WriterMovedError)
        except _WriterMovedError as moved:
            raise moved.error from moved.error.__cause__

    def _once(
        self,
        connections: Connections,
        request: Request,
        limit_ms: int,
        asked: Asked,
        *,
        writes: bool,
        again: bool = True,
    ) -> list[Any]:
        """One request outside of any session: a unit of its own."""
        within_s = limit_ms / 1000 + _SERVER_ENDS_FIRST_S
        try:
            with self._lease(connections, within_s) as connection:
                note_round_trip(self._trips)
                answer = connection.ask([request], within_s=within_s)[0]
        except ConnectionLost as lost:
            connections.drop_idle()
            if again and not (writes and lost.sent):
                return self._once(connections, request, limit_ms, asked, writes=writes, again=False)
            raise self._lost(connections, str(lost), unknown=writes and lost.sent) from None
        except AnswerLate:
            raise self._lost(connections, f"no answer in {within_s:.0f} s", unknown=writes) from None
        return _results(answer, asked)

    def _unit(
        self, compiled: Sequence[Compiled[Bytecode]], statements: Sequence[Statement]
    ) -> list[list[Any]]:
        """One try of a unit, in a session of its own.

        Its connection ends with it: that alone makes every server let go of the thread that a session keeps,
        and makes sure that nothing of a unit that failed stays open.
        """
        limit_ms = self._limit_ms(None)
        within_s = limit_ms / 1000 + _SERVER_ENDS_FIRST_S
        session = str(uuid.uuid4())
        committing = False
        try:
            with self._lease(self._writers, within_s, keep=False) as connection:
                try:
                    answers = self._answers(connection, compiled, statements, session, within_s)
                    committing = any(each.verified.writes for each in compiled)
                    if committing:
                        self._end(connection, COMMIT, session, within_s)
                except StatementMissed as miss:
                    # So that nobody who hears of the miss finds the unit still open; an error has ended it.
                    if miss.__cause__ is None:
                        self._end(connection, ROLLBACK, session, within_s)
                    raise
                finally:
                    with suppress(ConnectionLost):
                        connection.tell(end_request(session))
                return answers
        except ConnectionLost as lost:
            self._writers.drop_idle()
            raise self._lost(self._writers, str(lost), unknown=committing and lost.sent) from None
        except AnswerLate:
            raise self._lost(self._writers, f"no answer in {within_s:.0f} s", unknown=committing) from None
        except EngineError as error:
            if not committing:
                raise
            # Not every storage takes back what a commit that failed has begun to write.
            raise self._lost(self._writers, f"its commit ended with: {error}", unknown=True) from error

    def _answers(
        self,
        connection: Connection,
        compiled: Sequence[Compiled[Bytecode]],
        statements: Sequence[Statement],
        session: str,
        within_s: float,
    ) -> list[list[Any]]:
        """What the statements answer, checked against what each must match."""
        limit_ms = self._limit_ms(None)
        answers: list[list[Any]] = []
        writes = [each.verified.writes for each in compiled]
        first_write = writes.index(True) if True in writes else len(writes)
        for start in range(0, len(compiled), SENT_AT_ONCE):
            requests = [
                self._request(each, limit_ms, session, late=at > first_write)
                for at, each in enumerate(compiled[start : start + SENT_AT_ONCE], start)
            ]
            note_round_trip(self._trips)
            got = connection.ask_in_session(requests, within_s=within_s)
            missed: StatementMissed | None = None
            these = slice(start, start + SENT_AT_ONCE)
            for statement, each in zip(statements[these], compiled[these], strict=True):
                try:
                    answer = each.plan.shown(_next(got, _stated(statement, each)))
                except Contention:
                    raise
                except PerfectOrderError as error:
                    if missed is None:
                        raise
                    # It was sent before the miss was known, and may have failed for no other reason.
                    raise missed from error
                missed = missed or _missed(statement, answer)
                answers.append(answer)
            if missed is not None:
                raise missed
        return answers

    def _end(self, connection: Connection, how: bytes, session: str, within_s: float) -> None:
        note_round_trip(self._trips)
        limit_ms = self._limit_ms(None)
        request = bytecode_request(how, source=self._address.source, limit_ms=limit_ms, session=session)
        _next(connection.ask_in_session([request], within_s=within_s), _THE_END)

    @contextmanager
    def _lease(self, connections: Connections, within_s: float, *, keep: bool = True) -> Iterator[Connection]:
        """A connection of this thread's own, which ends when what is asked is cancelled."""
        if self._closed:
            raise EngineError(f"{self.url} is closed; open it again")
        cancellation = current_cancellation()
        with connections.lease(within_s=within_s, keep=keep) as connection:
            if cancellation is None:
                yield connection
                return
            try:
                with cancellation.stopping(connection.give_up):
                    yield connection
            except (ConnectionLost, AnswerLate):
                if cancellation.cancelled:
                    connection.give_up()
                    raise QueryCancelled("whoever asked no longer waits") from None
                raise

    def _lost(self, connections: Connections, why: str, *, unknown: bool) -> EngineError:
        if unknown:
            return OutcomeUnknown(
                f"{connections.endpoint} gave no answer to a write ({why}): all of it is written or nothing; "
                "ask again under the same idempotency key to learn which"
            )
        return EngineUnavailable(
            f"{connections.endpoint} went away ({why}): nothing was written; try again when it is back"
        )

    def _request(
        self, compiled: Compiled[Bytecode], limit_ms: int, session: str | None = None, *, late: bool = False
    ) -> Request:
        plan = compiled.plan.late if late and compiled.plan.late else compiled.plan
        bytecode = plan.filled(compiled.values)
        return bytecode_request(bytecode, source=self._address.source, limit_ms=limit_ms, session=session)

    def _limit_ms(self, asked_ms: int | None) -> int:
        limit_ms = round(self._address.time_limit_s * 1000) if asked_ms is None else asked_ms
        return min(limit_ms, _LONGEST_MS.get(self._product, limit_ms))

    def _compile_for(self, product: str) -> None:
        self._product = product
        self._marks_kinds = product in KIND_INDEXES
        self._compiler = Compiler(self.schema, product, bytecode_for(product, self.schema))

    # loading and preparing

    def _load_vertices(self, kind: VertexKind, rows: list[VertexRow]) -> None:
        limit_ms = self._limit_ms(None)

        def load(*, upsert: bool) -> None:
            bytecode = vertices_bytecode(self.g, kind, rows, upsert=upsert, marked=self._marks_kinds)
            self._write(self._plain(bytecode, limit_ms), limit_ms, _loading(rows, inserts=not upsert))

        try:
            load(upsert=False)
        except Contention:
            raise
        except Conflict:
            load(upsert=True)

    def _load_edges(self, kind: EdgeKind, rows: list[EdgeRow]) -> None:
        limit_ms = self._limit_ms(None)
        if self._product not in SCRIPTED:
            request = self._plain(edges_bytecode(self.g, kind, rows), limit_ms)
        else:
            request = edges_script(kind, rows, source=self._address.source, limit_ms=limit_ms)
        self._write(request, limit_ms, _loading(rows))

    def _prepared(self, request: Request) -> None:
        try:
            self._once(self._writers, request, PREPARING_MAY_TAKE_MS, _PREPARE, writes=True)
        except EngineError as error:
            if closed_under_it(error.__cause__):
                raise Contention(str(error)) from error
            raise

    def _mark_kinds(self) -> None:
        """Mark the vertices that somebody else made, or an older release."""
        unmarked = self._plain(unmarked_ids(self.g), PREPARING_MAY_TAKE_MS)
        ids = iter(self._read(unmarked, PREPARING_MAY_TAKE_MS, _PREPARE))
        while batch := list(islice(ids, ROWS_A_BATCH)):
            self._write(
                self._plain(marking_bytecode(self.g, batch), PREPARING_MAY_TAKE_MS),
                PREPARING_MAY_TAKE_MS,
                _PREPARE,
            )

    def _plain(self, bytecode: bytes, limit_ms: int) -> Request:
        return bytecode_request(bytecode, source=self._address.source, limit_ms=limit_ms)

    def _product_there(self) -> str:
        """Which product answers; what does not run scripts counts as a plain Gremlin server."""
        script = script_request("g.getGraph().getClass().getName()", {}, source=self._address.source)
        try:
            found = self._once(self._writers, script, 30_000, Asked(lambda: "product"), writes=False)
        except (AccessRefused, EngineUnavailable, QueryCancelled):
            raise
        except (EngineError, InvalidInput):
            return "gremlin-server"
        return "janusgraph" if "janusgraph" in str(found[0]).lower() else "gremlin-server"

    def _demand_version(self, *, create: bool) -> None:
        noted = self._noted_version()
        if noted is None and not create:
            raise StoreMissing(
                f"the graph at {self.url} was not prepared: check the address, or prepare it with "
                f"`perfect-order engine prepare {shlex.quote(self.url)}`"
            )
        check_version(self.url, self.schema, noted)

    def _noted_version(self) -> int | None:
        if VERSION_KIND not in self.schema.vertices:
            return None
        found = self.run(self.g.V(version_id(self.schema)).values("version"))
        return int(found[0]) if found else None


def _endpoint(address: Address, reader: str | None, signing: Signing | None) -> Endpoint:
    host, port = address.host, address.port
    if reader is not None:
        name, colon, number = reader.rpartition(":")
        host, port = (name, int(number)) if colon and number.isdigit() else (reader, address.port)
    return Endpoint(
        host=host,
        port=port,
        path=address.path,
        source=address.source,
        trusted=_trusted(address) if address.secure else None,
        user=address.user,
        password=address.password,
        signing=signing,
    )


def _trusted(address: Address) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=address.ca)
    except (OSError, ssl.SSLError) as error:
        raise InvalidInput(
            "engine URL", f"names certificates (ca={address.ca}) that cannot be read: {error}"
        ) from None


def _asked(compiled: Compiled[Bytecode], traversal: GraphTraversal) -> Asked:
    return Asked(lambda: repr(traversal), inserts=compiled.verified.inserts)


def _stated(statement: Statement, compiled: Compiled[Bytecode]) -> Asked:
    return Asked(lambda: f"{statement.name}: {statement.traversal!r}", inserts=compiled.verified.inserts)


def _loading(rows: Sequence[VertexRow | EdgeRow], *, inserts: bool = False) -> Asked:
    return Asked(lambda: f"bulk_load of {len(rows)} rows from {rows[0]}", inserts=inserts)


def _results(answer: list[Any] | Exception, asked: Asked) -> list[Any]:
    if isinstance(answer, ServerError):
        raise of_server(answer, asked) from answer
    if isinstance(answer, Exception):
        raise answer
    return answer


def _next(answers: Iterator[list[Any]], asked: Asked) -> list[Any]:
    """The next answer of a session."""
    try:
        return next(answers)
    except ServerError as error:
        raise of_server(error, asked) from error


def _missed(statement: Statement, results: list[Any]) -> StatementMissed | None:
    if statement.expect is None or len(results) == statement.expect:
        return None
    return StatementMissed(statement.name, wanted=statement.expect, got=len(results))
