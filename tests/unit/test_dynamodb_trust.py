"""The certificates that our connections to DynamoDB trust."""

from collections.abc import Callable
from pathlib import Path

import pytest

from chalicelib.errors import UnavailableError
from chalicelib.routes.telemetry import error_facts
from chalicelib.stores.dynamodb.client import Client
from chalicelib.stores.dynamodb.transport import ConnectionLost
from chalicelib.stores.dynamodb.trust import Trust
from tests.contract.places import TRANSPORTS, emulated
from tests.support.certificates import write_certificate
from tests.support.faults import Clock
from tests.support.scripted_server import Serve, server_side, transport_to

EMPTY = b"HTTP/1.1 200 OK\r\nx-amzn-RequestId: one\r\nContent-Length: 2\r\n\r\n{}"
Believe = Callable[..., None]


@pytest.fixture
def believe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Believe:
    """Makes these the only certificates that the machine trusts."""

    def only(*certificates: Path | str) -> None:
        bundle = tmp_path / "bundle.pem"
        texts = [each if isinstance(each, str) else each.read_text() for each in certificates]
        bundle.write_text("\n".join(texts))
        monkeypatch.setenv("SSL_CERT_FILE", str(bundle))

    return only


CAUSES = {"http": "SSLCertVerificationError", "boto3": "SSLError"}


@pytest.mark.parametrize("is_known", [False, True], ids=["another authority", "another host"])
@pytest.mark.parametrize("way", CAUSES)
def test_a_certificate_of_another_authority_or_host_is_tried_once_and_named(
    serve: Serve,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    believe: Believe,
    way: str,
    is_known: bool,
) -> None:
    own = write_certificate(tmp_path, "elsewhere.example" if is_known else "localhost")
    server, clock = serve([], [], tls=server_side(own)), Clock()
    believe(own if is_known else write_certificate(tmp_path, "elsewhere.example"))
    for name, value in emulated(f"https://localhost:{server.port}").items():
        monkeypatch.setenv(name, value)
    with pytest.raises(UnavailableError, match="certificate is not trusted") as raised:
        Client(TRANSPORTS[way](), "table", clock, clock.sleep).get(("a", "b"))
    assert (server.connections, clock.slept, raised.value.retry_after) == (1, [], 5)
    assert error_facts(raised.value)["cause"]["cause"]["error"] == CAUSES[way]


def test_a_handshake_that_fails_otherwise_is_a_lost_connection(serve: Serve) -> None:
    with pytest.raises(ConnectionLost):
        transport_to(serve([]), "https")("GetItem", {})


def test_a_connection_that_is_believed_is_kept(
    serve: Serve, tmp_path: Path, believe: Believe
) -> None:
    own = write_certificate(tmp_path, "localhost")
    believe(own)
    server = serve([EMPTY, EMPTY], tls=server_side(own))
    transport = transport_to(server, "https")
    assert [transport("PutItem", {}), transport("PutItem", {})] == [{}, {}]
    assert server.connections == 1


def test_of_all_authorities_amazons_alone_are_read(tmp_path: Path, believe: Believe) -> None:
    amazons = write_certificate(tmp_path, "localhost", "Amazon Root CA 1")
    damaged = "-----BEGIN CERTIFICATE-----\nA\n-----END CERTIFICATE-----"
    believe(write_certificate(tmp_path, "localhost"), amazons, damaged)
    assert Trust().connect(lambda tls: tls.cert_store_stats()["x509_ca"]) == 1


def test_where_amazons_authorities_do_not_do_all_are_asked_once_and_for_all(
    serve: Serve, tmp_path: Path, believe: Believe
) -> None:
    own = write_certificate(tmp_path, "localhost")
    believe(own, write_certificate(tmp_path, "x", "Amazon Root CA 1"))
    closing = EMPTY.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
    server = serve([], [closing], [EMPTY], tls=server_side(own))
    transport = transport_to(server, "https")
    assert [transport("PutItem", {}), transport("PutItem", {})] == [{}, {}]
    assert server.connections == 3
