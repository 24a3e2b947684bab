"""Whose certificates our connections to DynamoDB believe."""

import ssl
from pathlib import Path

import pytest

from chalicelib.errors import UnavailableError
from chalicelib.stores.dynamodb.client import Client
from chalicelib.stores.dynamodb.transport import UNTRUSTED, CallError, ConnectionLost
from chalicelib.stores.dynamodb.trust import Trust
from tests.certificates import write_certificate
from tests.contract.places import TRANSPORTS, emulated
from tests.faults import Clock
from tests.scripted_server import Serve, server_side, transport_to

EMPTY = b"HTTP/1.1 200 OK\r\nx-amzn-RequestId: one\r\nContent-Length: 2\r\n\r\n{}"


def believe(monkeypatch: pytest.MonkeyPatch, folder: Path, *certificates: Path | str) -> None:
    """Makes these all that the machine believes."""
    bundle = folder / "bundle.pem"
    texts = [each if isinstance(each, str) else each.read_text() for each in certificates]
    bundle.write_text("\n".join(texts))
    monkeypatch.setenv("SSL_CERT_FILE", str(bundle))


def test_a_certificate_that_nobody_believes_is_refused(
    serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = write_certificate(tmp_path, "localhost")
    believe(monkeypatch, tmp_path, write_certificate(tmp_path, "elsewhere.example"))
    server = serve([], tls=server_side(own))
    with pytest.raises(CallError, match=UNTRUSTED) as raised:
        transport_to(server, "https")("GetItem", {})
    assert isinstance(raised.value.__cause__, ssl.SSLCertVerificationError)


def test_a_certificate_of_another_host_is_refused(
    serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = write_certificate(tmp_path, "elsewhere.example")
    believe(monkeypatch, tmp_path, own)
    server = serve([], tls=server_side(own))
    with pytest.raises(CallError, match=UNTRUSTED) as raised:
        transport_to(server, "https")("GetItem", {})
    assert isinstance(raised.value.__cause__, ssl.SSLCertVerificationError)


@pytest.mark.parametrize("way", TRANSPORTS)
def test_a_certificate_that_is_not_trusted_is_tried_once_and_named(
    serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    believe(monkeypatch, tmp_path, write_certificate(tmp_path, "elsewhere.example"))
    server = serve([], [], tls=server_side(write_certificate(tmp_path, "localhost")))
    for name, value in emulated(f"https://localhost:{server.port}").items():
        monkeypatch.setenv(name, value)
    clock = Clock()
    with pytest.raises(UnavailableError, match="certificate is not trusted") as raised:
        Client(TRANSPORTS[way](), "table", clock, clock.sleep).get(("a", "b"))
    assert (server.connections, clock.slept, raised.value.retry_after) == (1, [], 5)


def test_a_handshake_that_fails_otherwise_is_a_lost_connection(serve: Serve) -> None:
    with pytest.raises(ConnectionLost):
        transport_to(serve([]), "https")("GetItem", {})


def test_a_connection_that_is_believed_is_kept(
    serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = write_certificate(tmp_path, "localhost")
    believe(monkeypatch, tmp_path, own)
    server = serve([EMPTY, EMPTY], tls=server_side(own))
    transport = transport_to(server, "https")
    assert [transport("PutItem", {}), transport("PutItem", {})] == [{}, {}]
    assert server.connections == 1


def test_of_all_authorities_amazons_alone_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    amazons = write_certificate(tmp_path, "localhost", "Amazon Root CA 1")
    damaged = "-----BEGIN CERTIFICATE-----\nA\n-----END CERTIFICATE-----"
    believe(monkeypatch, tmp_path, write_certificate(tmp_path, "localhost"), amazons, damaged)
    assert Trust().connect(lambda tls: tls.cert_store_stats()["x509_ca"]) == 1


def test_where_amazons_authorities_do_not_do_all_are_asked_once_and_for_all(
    serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = write_certificate(tmp_path, "localhost")
    believe(monkeypatch, tmp_path, own, write_certificate(tmp_path, "x", "Amazon Root CA 1"))
    closing = EMPTY.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
    server = serve([], [closing], [EMPTY], tls=server_side(own))
    transport = transport_to(server, "https")
    assert [transport("PutItem", {}), transport("PutItem", {})] == [{}, {}]
    assert server.connections == 3
