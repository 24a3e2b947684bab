"""Certificates for servers on loopback."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


def write_certificate(folder: Path, host: str, organization: str = "Tests") -> Path:
    """Writes a file with a new key and its self-signed certificate, valid for an hour."""
    key = ec.generate_private_key(ec.SECP256R1())
    names = {NameOID.ORGANIZATION_NAME: organization, NameOID.COMMON_NAME: host}
    name = x509.Name([x509.NameAttribute(oid, value) for oid, value in names.items()])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / f"{organization} {host}.pem"
    pem, unencrypted = serialization.Encoding.PEM, serialization.NoEncryption()
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, unencrypted)
    path.write_bytes(private + certificate.public_bytes(pem))
    return path
