"""Signatures for Neptune: AWS's vectors, botocore's own signer, and a checker that shares no code with it."""

from __future__ import annotations

import json
import logging
import os
import string
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path
from urllib.parse import quote

import botocore.auth
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import ReadOnlyCredentials
from hypothesis import given
from hypothesis import strategies as st
from neo4j import Auth
from websockets.datastructures import Headers
from websockets.exceptions import InvalidStatus
from websockets.http11 import Response

from graph.engines.addresses import Address, address_of
from graph.engines.signing import SERVICE, Signer, sign
from graph.errors import AccessRefused, EngineUnavailable, InvalidInput
from tests.servers.aws_signatures import Caller, SignatureCheck, SignedRequest, request_of
from tests.unit.engines import aws_vectors
from tests.unit.engines.aws_vectors import VECTORS, Vector

HOST = "orders.cluster-c1a2.eu-west-1.neptune.amazonaws.com"
NOON = 1_795_608_000_000
SECRET = "not-so-secret/of+the=tests"
TOKEN = "token//of+the==tests"


def neptune(url: str = f"wss://{HOST}:8182?iam=true") -> Address:
    return address_of(url, {})


@pytest.fixture
def aws(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An AWS configuration with nothing in it but temporary credentials in the environment."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    config = tmp_path / "aws-config"
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "aws-credentials"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDTEMPORARY")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    monkeypatch.setenv("AWS_SESSION_TOKEN", TOKEN)
    return config


def gate(region: str = "eu-west-1") -> SignatureCheck:
    return SignatureCheck(region, callers={"AKIDTEMPORARY": Caller(SECRET, TOKEN)})


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector.name)
def test_requests_of_the_published_suite_get_their_published_signatures(vector: Vector) -> None:
    credentials = ReadOnlyCredentials(aws_vectors.ACCESS_KEY, aws_vectors.SECRET, vector.token)
    signed = sign(
        credentials,
        service=aws_vectors.SERVICE,
        region=aws_vectors.REGION,
        method=vector.method,
        url=f"https://{aws_vectors.HOST}{vector.target}",
        at=aws_vectors.SIGNED_AT,
        headers=vector.headers,
        body=vector.body,
    )
    assert dict(signed)["Authorization"].endswith(f"Signature={vector.signature}")
    check = SignatureCheck(aws_vectors.REGION, aws_vectors.SERVICE)
    check.callers[aws_vectors.ACCESS_KEY] = Caller(aws_vectors.SECRET, vector.token)
    request = SignedRequest(vector.method, vector.target, tuple(signed), vector.body)
    assert check.refusal(request, at=aws_vectors.SIGNED_AT) is None


def test_a_signature_is_botocores_own(aws: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    noon = datetime.fromtimestamp(NOON / 1000, UTC).replace(tzinfo=None)
    monkeypatch.setattr(botocore.auth, "get_current_datetime", lambda: noon)
    theirs = AWSRequest(
        method="POST", url=f"https://{HOST}:8182/loader?a=1", data=b"{}", headers={"Content-Type": "x"}
    )
    SigV4Auth(ReadOnlyCredentials("AKIDTEMPORARY", SECRET, TOKEN), SERVICE, "eu-west-1").add_auth(theirs)
    signer = Signer(neptune(), clock=lambda: NOON)
    ours = signer.http_headers("POST", "/loader?a=1", headers={"Content-Type": "x"}, body=b"{}")
    assert ours["Authorization"] == theirs.headers["Authorization"]
    assert ours["X-Amz-Security-Token"] == TOKEN


def test_a_handshake_names_its_host_and_its_time(aws: Path) -> None:
    headers = Signer(neptune(), clock=lambda: NOON).handshake_headers(f"{HOST}:8182", "/gremlin")
    assert set(headers) == {"Host", "X-Amz-Date", "X-Amz-Security-Token", "Authorization"}
    assert (headers["Host"], headers["X-Amz-Date"]) == (f"{HOST}:8182", "20261125T120000Z")
    assert gate().refusal(request_of("GET", "/gremlin", headers), at=NOON) is None


segments = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8)
targets = st.builds(
    lambda path, query: (
        "/"
        + "/".join(quote(part, safe="") for part in path)
        + ("?" if query else "")
        + "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in query)
    ),
    st.lists(segments.filter(lambda part: part not in (".", ".."))),
    st.lists(st.tuples(segments, segments), max_size=4),
)
values = st.text(string.ascii_letters + string.digits + ' \t"=,;/', min_size=1, max_size=12)


@given(targets, values, st.binary(max_size=20), st.sampled_from(["target", "header", "body", "method"]))
def test_whatever_is_signed_passes_a_checker_of_its_own_and_nothing_else_does(
    target: str, value: str, body: bytes, changed: str
) -> None:
    signed = sign(
        ReadOnlyCredentials("AKIDTEMPORARY", SECRET, TOKEN),
        service=SERVICE,
        region="eu-west-1",
        method="POST",
        url=f"https://{HOST}{target}",
        at=NOON,
        headers=[("X-Note", value)],
        body=body,
    )
    request = SignedRequest("POST", target, tuple(signed), body)
    assert gate().refusal(request, at=NOON) is None
    other = {
        "target": replace(request, target=target + ("&b=1" if "?" in target else "?b=1")),
        "header": replace(request, headers=tuple((n, v + "x" if n == "X-Note" else v) for n, v in signed)),
        "body": replace(request, body=body + b"x"),
        "method": replace(request, method="GET"),
    }[changed]
    refusal = gate().refusal(other, at=NOON)
    assert refusal is not None
    assert refusal[0] == "InvalidSignatureException"


@pytest.mark.parametrize(
    ("url", "environment", "region"),
    [
        (f"wss://{HOST}", {"AWS_REGION": "us-east-1"}, "eu-west-1"),
        (f"wss://{HOST}?region=sa-east-1", {}, "sa-east-1"),
        ("wss://one.c1a2.us-gov-west-1.neptune.amazonaws.com", {}, "us-gov-west-1"),
        ("wss://one.cluster-c1a2.cn-north-1.neptune.amazonaws.com.cn", {}, "cn-north-1"),
        ("wss://one.cluster-c1a2.neptune.cn-north-1.amazonaws.com.cn", {}, "cn-north-1"),
        ("wss://10.0.0.7", {"AWS_REGION": "us-east-1", "AWS_DEFAULT_REGION": "us-west-2"}, "us-east-1"),
        ("wss://10.0.0.7", {"AWS_DEFAULT_REGION": "us-west-2"}, "us-west-2"),
    ],
)
def test_the_region_is_the_urls_else_the_hosts_else_the_environments(
    url: str, environment: dict[str, str], region: str, aws: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert Signer(neptune(url)).region == region


def test_the_region_may_be_the_profiles(aws: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    aws.write_text("[profile ours]\nregion = ap-south-1\n")
    monkeypatch.setenv("AWS_PROFILE", "ours")
    assert Signer(neptune("wss://10.0.0.7")).region == "ap-south-1"
    monkeypatch.setenv("AWS_PROFILE", "theirs")
    with pytest.raises(InvalidInput, match="theirs"):
        Signer(neptune("wss://10.0.0.7"))


def test_an_address_that_names_no_region_or_has_no_tls_is_refused(aws: Path) -> None:
    with pytest.raises(InvalidInput, match="add region=REGION"):
        Signer(neptune("wss://10.0.0.7"))
    with pytest.raises(InvalidInput, match="wants wss:"):
        Signer(neptune(f"ws://{HOST}"))
    with pytest.raises(InvalidInput, match=r"wants bolt\+s:"):
        Signer(neptune(f"bolt://{HOST}"))


PROVIDER = """
import datetime, json, pathlib, sys
count = pathlib.Path(sys.argv[1])
number = int(count.read_text()) + 1 if count.exists() else 1
count.write_text(str(number))
until = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(minutes=int(sys.argv[2]))
print(json.dumps({"Version": 1, "AccessKeyId": f"AKID{number}", "SecretAccessKey": f"secret{number}",
                  "SessionToken": f"token{number}", "Expiration": until.isoformat()}))
"""


@pytest.fixture
def provider(aws: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[int], Path]:
    """Lets a process provide credentials, good for some minutes; gives the file where it counts its runs."""

    def provide(good_for_min: int) -> Path:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
            monkeypatch.delenv(name)
        script, count = tmp_path / "provider.py", tmp_path / "runs"
        script.write_text(PROVIDER)
        aws.write_text(f"[default]\ncredential_process = {sys.executable} {script} {count} {good_for_min}\n")
        return count

    return provide


def test_credentials_are_fetched_with_the_first_signature_and_kept_while_they_are_good(
    provider: Callable[[int], Path],
) -> None:
    count = provider(60)
    signer = Signer(neptune(), clock=lambda: NOON)
    assert not count.exists()
    signed = [signer.handshake_headers(HOST, "/gremlin") for _ in range(3)]
    assert [headers["X-Amz-Security-Token"] for headers in signed] == ["token1"] * 3
    assert count.read_text() == "1"


def test_credentials_are_fetched_anew_before_they_expire(provider: Callable[[int], Path]) -> None:
    provider(5)
    signer = Signer(neptune(), clock=lambda: NOON)
    check = gate()
    for _ in range(2):
        headers = signer.handshake_headers(HOST, "/gremlin")
        number = headers["X-Amz-Security-Token"].removeprefix("token")
        check.callers = {f"AKID{number}": Caller(f"secret{number}", f"token{number}")}
        assert check.refusal(request_of("GET", "/gremlin", headers), at=NOON) is None
    assert int(number) > 1


def test_who_has_no_credentials_hears_how_to_get_them(aws: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name)
    with pytest.raises(AccessRefused, match="set AWS_ACCESS_KEY_ID"):
        Signer(neptune()).handshake_headers(HOST, "/gremlin")


@pytest.mark.parametrize("ending", ["sys.exit(1)", "sys.exit(0)"])
def test_a_provider_that_fails_is_named_and_what_it_printed_is_not(
    ending: str, provider: Callable[[int], Path], tmp_path: Path
) -> None:
    provider(60)
    (tmp_path / "provider.py").write_text(
        f"import sys\nprint('secret1')\nprint('secret1', file=sys.stderr)\n{ending}"
    )
    with pytest.raises(AccessRefused, match="no AWS credentials") as refused:
        Signer(neptune()).handshake_headers(HOST, "/gremlin")
    assert "secret1" not in str(refused.value)


def test_a_bolt_token_is_a_signed_request_as_json(aws: Path) -> None:
    signer = Signer(neptune(f"bolt+s://{HOST}:8182?iam=true"), clock=lambda: NOON)
    token = signer.bolt_token()
    assert (token.scheme, token.realm) == ("basic", "realm")
    headers = json.loads(token.credentials)
    assert headers.pop("HttpMethod") == "GET"
    assert headers["Host"] == f"{HOST}:8182"
    assert gate().refusal(request_of("GET", "/opencypher", headers), at=NOON) is None


def test_a_bolt_token_is_used_for_four_minutes(aws: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [NOON]
    monkeypatch.setattr("time.time", lambda: clock[0] / 1000)
    auth = Signer(neptune(f"bolt+s://{HOST}:8182?iam=true"), clock=lambda: clock[0]).bolt_auth()

    def signed_at() -> str:
        token = auth.get_auth()
        assert isinstance(token, Auth)
        return str(json.loads(token.credentials)["X-Amz-Date"])

    first = signed_at()
    clock[0] += 239_000
    assert signed_at() == first
    clock[0] += 2_000
    assert signed_at() == "20261125T120401Z"


class Door:
    """A server that checks handshakes by its own clock."""

    def __init__(self, check: SignatureCheck, *, now: int, dated: bool = True) -> None:
        self.check, self.now, self.dated, self.knocks = check, now, dated, 0

    def knock(self, signer: Signer) -> str:
        self.knocks += 1
        headers = signer.handshake_headers(f"{HOST}:8182", "/gremlin")
        refusal = self.check.refusal(request_of("GET", "/gremlin", headers), at=self.now)
        if refusal is None:
            return "in"
        date = format_datetime(datetime.fromtimestamp(self.now / 1000, UTC), usegmt=True)
        body = json.dumps({"code": refusal[0], "detailedMessage": f"{refusal[1]} {TOKEN}"}).encode()
        response = Response(403, "Forbidden", Headers(Date=date) if self.dated else Headers(), body)
        raise AccessRefused("check the credentials") from InvalidStatus(response)


@pytest.mark.parametrize("behind_ms", [-3_600_000, 600_000])
def test_a_clock_that_is_off_is_set_by_the_servers(behind_ms: int, aws: Path) -> None:
    signer = Signer(neptune(), clock=lambda: NOON - behind_ms)
    door = Door(gate(), now=NOON)
    assert signer.connect(lambda: door.knock(signer)) == "in"
    assert door.knocks == 2
    assert signer.connect(lambda: door.knock(signer)) == "in"
    assert door.knocks == 3


def test_a_refusal_tells_region_provider_and_what_to_check(aws: Path) -> None:
    signer = Signer(neptune(), clock=lambda: NOON)
    door = Door(gate(region="us-east-1"), now=NOON)
    with pytest.raises(AccessRefused) as refused:
        signer.connect(lambda: door.knock(signer))
    assert door.knocks == 1
    words = str(refused.value)
    assert "(HTTP 403, InvalidSignatureException), made for region eu-west-1 (from the host name)" in words
    assert "credentials from env" in words
    assert "add region=REGION" in words
    assert "clock" not in words
    assert refused.value.__context__ is None


def test_a_refusal_after_the_clock_was_set_says_so(aws: Path) -> None:
    signer = Signer(neptune(), clock=lambda: NOON - 600_000)
    door = Door(gate(region="us-east-1"), now=NOON)
    with pytest.raises(
        AccessRefused, match="600 s behind the server's; it was signed by the server's clock and"
    ):
        signer.connect(lambda: door.knock(signer))
    assert door.knocks == 2


def test_without_a_date_there_is_nothing_to_set_the_clock_by(aws: Path) -> None:
    signer = Signer(neptune(), clock=lambda: NOON - 600_000)
    door = Door(gate(), now=NOON, dated=False)
    with pytest.raises(AccessRefused, match="HTTP 403"):
        signer.connect(lambda: door.knock(signer))
    assert door.knocks == 1


def test_what_is_no_refusal_goes_its_way(aws: Path) -> None:
    def gone() -> str:
        raise EngineUnavailable("nobody there")

    with pytest.raises(EngineUnavailable, match="nobody there"):
        Signer(neptune()).connect(gone)


def test_nothing_secret_is_logged_or_shown(aws: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    signer = Signer(neptune(), clock=lambda: NOON)
    door = Door(gate(region="us-east-1"), now=NOON)
    with pytest.raises(AccessRefused) as refused:
        signer.connect(lambda: door.knock(signer))
    shown = caplog.text + repr(signer) + repr(vars(signer)) + repr(refused.value)
    assert SECRET not in shown
    assert TOKEN not in shown
