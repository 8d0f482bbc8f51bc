"""Connections to a Bolt server: reads that may be asked again, and units of which the outcome is known.

A read is one request. A write is an explicit transaction, so that a connection that breaks before the commit
is known to have written nothing; only one that breaks during the commit leaves the outcome unknown.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from threading import BoundedSemaphore
from typing import Any, Final, TypeVar, cast

import neo4j
from neo4j import READ_ACCESS, WRITE_ACCESS, GraphDatabase, Query, Session, Transaction, TrustCustomCAs
from neo4j.auth_management import AuthManager
from neo4j.exceptions import DriverError, Neo4jError, ResultFailedError

from graph.engines import bolt_errors
from graph.engines.addresses import Address
from graph.engines.bolt_calls import Call, Calls, Ended
from graph.engines.bolt_errors import Asked, ConnectionLost
from graph.engines.retries import Backoff
from graph.engines.round_trips import RoundTrips, note_round_trip
from graph.errors import EngineError, QueryCancelled

CONNECTING_MAY_TAKE_S: Final = 5.0
WAITING_FOR_A_CONNECTION_MAY_TAKE_S: Final = 30.0
_SPARE_CONNECTIONS: Final = 2
_LIVES_S: Final = 3600.0
_LIVES_WITH_A_SIGNATURE_S: Final = 240.0
_IDLE_IS_DOUBTED_AFTER_S: Final = 60.0

_END: Final = (
    "SHOW TRANSACTIONS YIELD transactionId AS id, metaData WHERE metaData.call = $call "
    "TERMINATE TRANSACTIONS id YIELD message RETURN count(*)"
)
_LOOK_FOR: Final = "SHOW TRANSACTIONS"
_END_ONE: Final = "TERMINATE TRANSACTIONS $id"

Result = TypeVar("Result")
Parameters = Mapping[str, Any]
Ask = Callable[[str, Parameters], list[Any]]
"""Asks one statement within a unit, and gives the one column of its answer."""


class BoltConnections:
    """The connections to the server at ``address``; safe to share by threads."""

    def __init__(
        self, address: Address, trips: RoundTrips, *, auth: AuthManager | None, rng: random.Random
    ) -> None:
        self.address = address
        self._trips = trips
        self._rng = rng
        self._driver = _driver(address, auth)
        self._calls = Calls(self._end)
        self._free = BoundedSemaphore(address.pool)
        # Where a cluster answers, reads go to members that may be behind; this lets them wait for our writes.
        routed = address.scheme.startswith("neo4j")
        self._bookmarks = GraphDatabase.bookmark_manager() if routed else None
        self._metadata_travels = address.product != "neptune"
        self._backoff = Backoff()
        self._closed = False

    def read(self, text: str, parameters: Parameters, asked: Asked, *, limit_s: float) -> list[Any]:
        """The one column of what a statement answers that only reads."""

        def once() -> list[Any]:
            with self._call(READ_ACCESS, asked, limit_s) as (session, call):
                query = Query(cast(Any, text), metadata=self._metadata(call), timeout=limit_s)
                return session.run(query, cast(Any, parameters)).value()

        return self._tried(once)

    def read_unit(self, work: Callable[[Ask], Result], asked: Asked, *, limit_s: float) -> Result:
        """What ``work`` makes of several statements that only read, in one transaction."""
        return self._tried(lambda: self._unit(READ_ACCESS, work, asked, limit_s))

    def write(self, work: Callable[[Ask], Result], asked: Asked, *, limit_s: float) -> Result:
        """What ``work`` makes of statements that are committed together when it returns.

        It may be called more than once: what conflicted, or what a lost connection rolled back, is asked
        again. Whatever it raises rolls all of it back.
        """
        return self._tried(lambda: self._unit(WRITE_ACCESS, work, asked, limit_s))

    def change_schema(self, text: str, *, limit_s: float | None = None) -> list[neo4j.Record]:
        """Run a statement about indexes or constraints, which wants a transaction of its own.

        It may take ``limit_s`` seconds, or else as long as any other.
        """
        limit_s = self.address.time_limit_s if limit_s is None else limit_s

        def once() -> list[neo4j.Record]:
            with self._call(WRITE_ACCESS, lambda: text, limit_s) as (session, _):
                return list(session.run(cast(Any, text)))

        return self._tried(once)

    def _tried(self, once: Callable[[], Result]) -> Result:
        """What ``once`` gives: again for a while when it conflicts, and once more on a new connection."""

        def reconnecting() -> Result:
            try:
                return once()
            except ConnectionLost:
                return once()

        return self._backoff.call(reconnecting, rng=self._rng)

    def _unit(self, access: str, work: Callable[[Ask], Result], asked: Asked, limit_s: float) -> Result:
        with self._call(access, asked, limit_s) as (session, call):
            # The session's end rolls back what is open. A transaction's own end would touch its connection,
            # which after an error the driver has given to others already, and make them wait for ever.
            transaction = self._begun(session, call, limit_s)
            result = work(lambda text, given: transaction.run(cast(Any, text), cast(Any, given)).value())
            transaction.commit()
            return result

    def _begun(self, session: Session, call: Call, limit_s: float) -> Transaction:
        # The driver sends BEGIN together with the first statement only when told so from inside.
        with getattr(session, "_pipelined_begin", nullcontext()):
            return session.begin_transaction(metadata=self._metadata(call), timeout=limit_s)

    @contextmanager
    def _call(self, access: str, asked: Asked, limit_s: float) -> Iterator[tuple[Session, Call]]:
        """One round trip: a session of its own, watched, its errors in our words."""
        if self._closed:
            raise EngineError(f"{self.address.url} is closed; open it again")
        if not self._free.acquire(timeout=WAITING_FOR_A_CONNECTION_MAY_TAKE_S):
            raise bolt_errors.busy(self.address)
        try:
            with self._calls.watched(limit_s) as call:
                note_round_trip(self._trips)
                try:
                    with self._session(access) as session:
                        call.uses(session)
                        yield session, call
                except (Neo4jError, DriverError, OSError) as error:
                    raise self._translated(error, call, asked, access) from error
                except UnicodeEncodeError:
                    raise bolt_errors.not_unicode(asked()) from None
        finally:
            self._free.release()

    def _session(self, access: str) -> Session:
        return self._driver.session(
            database=self.address.database,
            default_access_mode=access,
            bookmark_manager=self._bookmarks,
            fetch_size=-1,
        )

    def _translated(self, error: Exception, call: Call, asked: Asked, access: str) -> Exception:
        if isinstance(error, ResultFailedError) and isinstance(error.__cause__, Exception):
            # Another statement of the transaction failed first, and its error is the one that tells why.
            error = error.__cause__
        if not bolt_errors.is_of_commit(error):
            if call.ended is Ended.TOO_LATE:
                return bolt_errors.too_late(asked)
            if call.ended is Ended.CANCELLED:
                return QueryCancelled(f"whoever asked no longer waits; nothing was written: {asked():.300}")
        return bolt_errors.of_driver(error, asked, self.address, writing=access == WRITE_ACCESS)

    def _metadata(self, call: Call) -> dict[str, Any] | None:
        return {"call": call.name} if self._metadata_travels else None

    def _end(self, name: str) -> None:
        """Have the server end the transaction of the call ``name``; there may be none any more."""
        with self._driver.session(database=self.address.database) as session:
            if self.address.product == "memgraph":
                for row in session.run(cast(Any, _LOOK_FOR)).data():
                    if row.get("metadata", {}).get("call") == name:
                        session.run(cast(Any, _END_ONE), id=row["transaction_id"]).consume()
            elif self._metadata_travels:
                session.run(cast(Any, _END), call=name).consume()

    def close(self) -> None:
        """Close all connections; whatever is asked after that is refused. Repeatable."""
        if not self._closed:
            self._closed = True
            self._calls.close()
            self._driver.close()


def _driver(address: Address, auth: AuthManager | None) -> neo4j.Driver:
    """A driver for ``address``, connected to nothing yet."""
    scheme = address.scheme
    options: dict[str, Any] = {}
    if address.secure and address.ca is not None:
        bolt_errors.demand_certificates(Path(address.ca))
        scheme = scheme.partition("+")[0]
        options |= {"encrypted": True, "trusted_certificates": TrustCustomCAs(address.ca)}
    if address.product in (None, "neo4j"):
        options["notifications_min_severity"] = "OFF"
    host = f"[{address.host}]" if ":" in address.host else address.host
    return GraphDatabase.driver(
        f"{scheme}://{host}:{address.port}",
        auth=auth or _own_auth(address),
        user_agent=f"perfect-order/{_version()}",
        max_connection_pool_size=address.pool + _SPARE_CONNECTIONS,
        connection_timeout=CONNECTING_MAY_TAKE_S,
        connection_acquisition_timeout=WAITING_FOR_A_CONNECTION_MAY_TAKE_S,
        max_connection_lifetime=_LIVES_WITH_A_SIGNATURE_S if address.iam else _LIVES_S,
        liveness_check_timeout=_IDLE_IS_DOUBTED_AFTER_S,
        keep_alive=True,
        telemetry_disabled=True,
        **options,
    )


def _own_auth(address: Address) -> neo4j.Auth | None:
    return None if address.user is None else neo4j.basic_auth(address.user, address.password or "")


def _version() -> str:
    try:
        return version("perfect-order")
    except PackageNotFoundError:
        return "unknown"
