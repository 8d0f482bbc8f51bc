"""Proving to Amazon Neptune who asks: AWS Signature Version 4, made by botocore's signer.

The WebSocket handshake and every HTTP request carry the signature in their headers; Bolt carries the headers
of a signed request, as JSON, in place of a password. A signature is good for five minutes by the server's
clock, so each connection gets one of its own.

Sources: AWS, "Signature Version 4 signing process" (IAM user guide); "Connecting to Neptune with IAM
authentication" and "Using the Bolt protocol" (Neptune user guide).
"""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from threading import Lock
from typing import Final, TypeVar

from botocore.auth import SIGV4_TIMESTAMP, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials, ReadOnlyCredentials
from botocore.exceptions import BotoCoreError
from botocore.session import Session
from neo4j import Auth
from neo4j.auth_management import AuthManager, AuthManagers, ExpiringAuth
from websockets.exceptions import InvalidStatus
from websockets.http11 import Response

from graph.engines.addresses import BOLT_SCHEMES, Address
from graph.errors import AccessRefused, InvalidInput

SERVICE: Final = "neptune-db"

_OPENCYPHER_PATH: Final = "/opencypher"  # what Bolt signs, since engine 1.2.0.0
_BOLT_SIGNATURE_S: Final = 240.0  # renewed a minute before the server thinks it too old
_TOLERATED_SKEW_MS: Final = 240_000
_REFUSALS: Final = (401, 403)
_REFUSAL_CODE: Final = re.compile(r"[A-Za-z]{1,60}")
_REGION: Final = re.compile(
    r"\.(?P<region>[a-z]{2}(?:-[a-z]+)+-\d+)\.neptune\.amazonaws\.com(?:\.cn)?$"
    r"|\.neptune\.(?P<inner>[a-z]{2}(?:-[a-z]+)+-\d+)\.amazonaws\.com(?:\.cn)?$"
)

Connection = TypeVar("Connection")


def now_ms() -> int:
    """UTC epoch ms by this machine's clock."""
    return time.time_ns() // 1_000_000


def sign(
    credentials: ReadOnlyCredentials,
    *,
    service: str,
    region: str,
    method: str,
    url: str,
    at: int,
    headers: Iterable[tuple[str, str]] = (),
    body: bytes = b"",
) -> list[tuple[str, str]]:
    """``headers`` with a signature made ``at`` UTC epoch ms, which covers all of them and ``Host``.

    ``url`` is as it goes over the wire: percent-encoded, and http or https whatever the protocol is called.
    """
    request = AWSRequest(method=method, url=url, data=body)
    for name, value in headers:
        request.headers.add_header(name, value)
    _TimedSigner(credentials, service, region).sign_at(request, at)
    return list(request.headers.items())


class _TimedSigner(SigV4Auth):  # type: ignore[misc]  # botocore has no types
    """botocore's signer with the clock passed in, and without its debug log: that shows the session token."""

    def sign_at(self, request: AWSRequest, at: int) -> None:
        if "host" not in request.headers:
            request.headers["Host"] = self.headers_to_sign(request)["host"]
        request.context["timestamp"] = datetime.fromtimestamp(at / 1000, UTC).strftime(SIGV4_TIMESTAMP)
        self._modify_request_before_signing(request)
        text = self.string_to_sign(request, self.canonical_request(request))
        self._inject_signature_to_request(request, self.signature(text, request))


class Signer:
    """Signs what goes to the Neptune endpoint at one address; safe to share between threads.

    Credentials come from botocore's chain (environment, profile, ``credential_process``, container, instance
    metadata) when the first signature is wanted, are kept, and are refreshed before they expire. ``clock``
    gives UTC epoch ms.

    Raises :class:`~graph.errors.InvalidInput` when made for an address without TLS, or without a region.
    """

    def __init__(
        self, address: Address, *, clock: Callable[[], int] = now_ms, session: Session | None = None
    ) -> None:
        if not address.secure:
            raise InvalidInput(
                "engine URL",
                f"wants {'bolt+s' if address.scheme in BOLT_SCHEMES else 'wss'}: with iam=true: on the way, "
                "a session token must be readable by nobody",
            )
        self._address = address
        self._clock = clock
        self._session = session or Session()
        self.region, self._region_from = _region_of(address, self._session)
        self._credentials: Credentials | None = None
        self._looking_for_credentials = Lock()
        self._behind_ms = 0

    def handshake_headers(self, host: str, target: str) -> dict[str, str]:
        """The headers of one WebSocket handshake with ``host``, as its Host header names it."""
        return self._signed("GET", host, target)

    def http_headers(
        self, method: str, target: str, *, headers: Mapping[str, str] | None = None, body: bytes = b""
    ) -> dict[str, str]:
        """The headers of one HTTP request for ``target``: a path with its query, percent-encoded."""
        return self._signed(method, _authority(self._address), target, headers, body)

    def bolt_token(self) -> Auth:
        """What one Bolt connection logs on with."""
        token = self.http_headers("GET", _OPENCYPHER_PATH) | {"HttpMethod": "GET"}
        return Auth("basic", "username", json.dumps(token), "realm")

    def bolt_auth(self) -> AuthManager:
        """What the Neo4j driver takes as ``auth``: it asks for a new token before the old one is too old."""
        return AuthManagers.bearer(lambda: ExpiringAuth(self.bolt_token()).expires_in(_BOLT_SIGNATURE_S))

    def connect(self, connect: Callable[[], Connection]) -> Connection:
        """What ``connect`` makes, each of whose handshakes is to bear :meth:`handshake_headers`.

        When it is refused and the refusal's date says that this machine's clock is off by more than four
        minutes, it is tried once more by the server's clock, which is then followed from here on. Raises
        :class:`~graph.errors.AccessRefused` for what is refused still.
        """
        try:
            return connect()
        except Exception as error:
            refusal = _refusal_behind(error)
            if refusal is None:
                raise
        if self._follow(refusal):
            try:
                return connect()
            except Exception as error:
                refusal = _refusal_behind(error)
                if refusal is None:
                    raise
        raise AccessRefused(self._why(refusal))

    def _signed(
        self,
        method: str,
        host: str,
        target: str,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
    ) -> dict[str, str]:
        signed = sign(
            self._frozen_credentials(),
            service=SERVICE,
            region=self.region,
            method=method,
            url=f"https://{host}{target}",
            at=self._clock() + self._behind_ms,
            headers=(headers or {}).items(),
            body=body,
        )
        return dict(signed)

    def _follow(self, refusal: Response) -> bool:
        """Take the clock of who refused when it is far from ours; whether it was."""
        server_at = _date_of(refusal)
        if server_at is None:
            return False
        behind_ms = server_at - self._clock()
        if abs(behind_ms - self._behind_ms) <= _TOLERATED_SKEW_MS:
            return False
        self._behind_ms = behind_ms
        return True

    def _why(self, refusal: Response) -> str:
        method = self._credentials.method if self._credentials else "nowhere"
        return (
            f"{_authority(self._address)} refused the AWS signature ({_words_of(refusal)}), made for region "
            f"{self.region} ({self._region_from}) with credentials from {method}.{self._clock_story()} Check "
            "that the credentials are valid and of the right account, that the region is the cluster's (else "
            "add region=REGION to the URL), and that their policy allows neptune-db actions on the cluster"
        )

    def _clock_story(self) -> str:
        behind_s = round(self._behind_ms / 1000)
        if not behind_s:
            return ""
        return (
            f" This machine's clock is {abs(behind_s)} s {'behind' if behind_s > 0 else 'ahead of'} the "
            "server's; it was signed by the server's clock and refused all the same."
        )

    def _frozen_credentials(self) -> ReadOnlyCredentials:
        """The credentials of this moment, all of one piece though others are fetched meanwhile."""
        try:
            with self._looking_for_credentials:
                if self._credentials is None:
                    self._credentials = self._session.get_credentials()
            if self._credentials is not None:
                return self._credentials.get_frozen_credentials()
        except (BotoCoreError, RuntimeError, ValueError, OSError) as error:
            # What a provider answered may be in the error's text, so only its kind is told.
            raise AccessRefused(
                f"no AWS credentials for {_authority(self._address)}: {_kind_of(error)}; "
                "`aws sts get-caller-identity` in the same environment shows why"
            ) from None
        raise AccessRefused(
            f"no AWS credentials for {_authority(self._address)}: set AWS_ACCESS_KEY_ID, "
            "AWS_SECRET_ACCESS_KEY and (for temporary ones) AWS_SESSION_TOKEN, or AWS_PROFILE, or run "
            "where a role gives them"
        )


def _region_of(address: Address, session: Session) -> tuple[str, str]:
    """The region, and where it is from."""
    if address.region:
        return address.region, "from the URL"
    if found := _REGION.search(address.host):
        return found["region"] or found["inner"], "from the host name"
    if region := _environment_region(session):
        return region, "from the AWS environment or profile"
    raise InvalidInput(
        "engine URL",
        f"names no AWS region, nor does its host {address.host}: add region=REGION, or set AWS_REGION",
    )


def _environment_region(session: Session) -> str | None:
    try:
        return os.environ.get("AWS_REGION") or session.get_config_variable("region")
    except BotoCoreError as error:
        raise InvalidInput("AWS configuration", f"cannot be used: {error}") from None


def _authority(address: Address) -> str:
    host = f"[{address.host}]" if ":" in address.host else address.host
    return host if address.port == 443 else f"{host}:{address.port}"


def _refusal_behind(error: BaseException | None) -> Response | None:
    """The HTTP answer that says the server does not want us, where that is what ``error`` comes from."""
    while error is not None:
        if isinstance(error, InvalidStatus) and _refuses(error.response):
            return error.response
        error = error.__cause__
    return None


def _refuses(response: Response) -> bool:
    return response.status_code in _REFUSALS or "Signature" in _code_of(response)


def _date_of(refusal: Response) -> int | None:
    """When the server says it refused, in UTC epoch ms."""
    try:
        return round(parsedate_to_datetime(refusal.headers["Date"]).timestamp() * 1000)
    except (LookupError, ValueError):
        return None


def _words_of(refusal: Response) -> str:
    code = _code_of(refusal)
    return f"HTTP {refusal.status_code}, {code}" if code else f"HTTP {refusal.status_code}"


def _code_of(refusal: Response) -> str:
    """The code of the error in the body, if any; the message beside it may repeat the session token."""
    try:
        code = json.loads(refusal.body or b"")["code"]
    except (ValueError, TypeError, KeyError):
        return ""
    return code if isinstance(code, str) and _REFUSAL_CODE.fullmatch(code) else ""


def _kind_of(error: Exception) -> str:
    provider = getattr(error, "kwargs", {}).get("provider")
    return type(error).__name__ + (f" from {provider}" if provider else "")
