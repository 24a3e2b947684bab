"""Whose certificates our own connection to DynamoDB believes."""

import ssl
from pathlib import Path

import pytest

from chalicelib.stores.dynamodb.transport import ConnectionLost
from chalicelib.stores.dynamodb.trust import Trust
from tests.certificates import write_certificate
from tests.scripted_server import Serve, transport_to

EMPTY = b"HTTP/1.1 200 OK\r\nx-amzn-RequestId: one\r\nContent-Length: 2\r\n\r\n{}"


def server_side(certificate: Path) -> ssl.SSLContext:
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(certificate)
    return tls


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
    with pytest.raises(ConnectionLost, match="SSLCertVerificationError"):
        transport_to(server, "https")("GetItem", {})


def test_a_certificate_of_another_host_is_refused(
    serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = write_certificate(tmp_path, "elsewhere.example")
    believe(monkeypatch, tmp_path, own)
    server = serve([], tls=server_side(own))
    with pytest.raises(ConnectionLost, match="SSLCertVerificationError"):
        transport_to(server, "https")("GetItem", {})


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
