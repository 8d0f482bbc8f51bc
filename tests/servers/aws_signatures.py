"""What AWS does with a signature of version 4, from its specification, with nothing but hashlib and hmac.

Source: AWS, "Create a signed AWS API request" (IAM user guide).
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import quote, unquote

SIGNATURE_MAY_BE_OLD_S = 300
_AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 Credential=(?P<key>[^/]+)/(?P<scope>[^,]+), *"
    r"SignedHeaders=(?P<signed>[^,]+), *Signature=(?P<signature>[0-9a-f]{64})"
)


@dataclass(frozen=True)
class Caller:
    """Who may come in: a secret access key, and the session token that temporary credentials have."""

    secret: str
    token: str | None = None


@dataclass(frozen=True)
class SignedRequest:
    """A request as it came over the wire; `target` is its path with its query."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body: bytes = b""

    def header(self, name: str) -> str | None:
        values = [value for given, value in self.headers if given.lower() == name]
        return values[0] if values else None


@dataclass
class SignatureCheck:
    """Lets `callers`, by their access key ids, in to one service of one region; tells the rest why not."""

    region: str
    service: str = "neptune-db"
    callers: dict[str, Caller] = field(default_factory=dict)

    def refusal(self, request: SignedRequest, *, at: int) -> tuple[str, str] | None:
        """The code and the message of why not, at UTC epoch ms; None when the request may pass."""
        authorization = request.header("authorization")
        if authorization is None:
            return "MissingAuthenticationTokenException", "Missing Authentication Token"
        parts = _AUTHORIZATION.fullmatch(authorization)
        signed_at = request.header("x-amz-date")
        if parts is None or signed_at is None:
            return "IncompleteSignatureException", "Authorization or X-Amz-Date is not as it must be"
        wanted_scope = f"{signed_at[:8]}/{self.region}/{self.service}/aws4_request"
        if parts["scope"] != wanted_scope:
            return "InvalidSignatureException", f"Credential should be scoped to {wanted_scope}"
        age_s = at / 1000 - _epoch_s(signed_at)
        if abs(age_s) > SIGNATURE_MAY_BE_OLD_S:
            return "InvalidSignatureException", f"Signature expired: it is {age_s:.0f} s old"
        caller = self.callers.get(parts["key"])
        if caller is None or request.header("x-amz-security-token") != caller.token:
            return "UnrecognizedClientException", "The security token included in the request is invalid"
        signed = parts["signed"].split(";")
        if not _covers_enough(request, signed):
            return "IncompleteSignatureException", "Host and all X-Amz- headers must be signed"
        if not hmac.compare_digest(self._signature(request, signed, caller.secret), parts["signature"]):
            return "InvalidSignatureException", "The request signature we calculated does not match"
        return None

    def _signature(self, request: SignedRequest, signed: list[str], secret: str) -> str:
        signed_at = request.header("x-amz-date") or ""
        scope = (signed_at[:8], self.region, self.service, "aws4_request")
        digest = hashlib.sha256(canonical_request(request, signed).encode()).hexdigest()
        key = f"AWS4{secret}".encode()
        for part in scope:
            key = hmac.digest(key, part.encode(), "sha256")
        to_sign = "\n".join(("AWS4-HMAC-SHA256", signed_at, "/".join(scope), digest))
        return hmac.digest(key, to_sign.encode(), "sha256").hex()


def canonical_request(request: SignedRequest, signed: Iterable[str]) -> str:
    """The form of a request that is hashed; `signed` are the names of the headers that count."""
    names = sorted(signed)
    path, _, query = request.target.partition("?")
    return "\n".join(
        (
            request.method,
            _canonical_path(path),
            _canonical_query(query),
            *(f"{name}:{_canonical_value(request, name)}" for name in names),
            "",
            ";".join(names),
            hashlib.sha256(request.body).hexdigest(),
        )
    )


def _canonical_path(path: str) -> str:
    """Without dots and empty segments, and each segment encoded once more than it came over the wire."""
    kept: list[str] = []
    for segment in path.split("/"):
        if segment == "..":
            del kept[-1:]
        elif segment not in ("", "."):
            kept.append(quote(segment, safe="~"))
    closing = "/" if kept and path.endswith("/") else ""
    return "/" + "/".join(kept) + closing


def _canonical_query(query: str) -> str:
    pairs = (pair.partition("=") for pair in query.split("&") if pair)
    encoded = ((quote(unquote(name), safe="~"), quote(unquote(value), safe="~")) for name, _, value in pairs)
    return "&".join(f"{name}={value}" for name, value in sorted(encoded))


def _canonical_value(request: SignedRequest, name: str) -> str:
    values = (value for given, value in request.headers if given.lower() == name)
    return ",".join(re.sub(r"\s+", " ", value.strip()) for value in values)


def _covers_enough(request: SignedRequest, signed: list[str]) -> bool:
    present = {name.lower() for name, _ in request.headers}
    must = {"host", *(name for name in present if name.startswith("x-amz-"))}
    return must <= set(signed) <= present


def _epoch_s(signed_at: str) -> float:
    return datetime.strptime(signed_at, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC).timestamp()


def request_of(method: str, target: str, headers: Mapping[str, str], body: bytes = b"") -> SignedRequest:
    """A request whose headers are all of different names."""
    return SignedRequest(method, target, tuple(headers.items()), body)
