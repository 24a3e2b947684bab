"""Development tokens: a key pair for each service replaces its Cognito user pool.

    make token SERVICE=tech-audit-tool EMAIL=me@example.org GROUPS=Admin

Prints an ID token. The API on the local stage verifies it like a token of Cognito. The keys are
created on first use, in the state directory.
"""

import hashlib
import json
import os
import sys
import time
from pathlib import Path
from typing import Annotated, Any

import jwt
import typer
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from chalicelib.models.caller import SERVICES, is_email, is_group
from chalicelib.models.identity import Pool
from chalicelib.services.access import groups_of, unknown_groups
from chalicelib.settings import Settings, SettingsError
from ops.stage import read_settings

KEY_BITS = 2048
DEFAULT_HOURS = 12
LONGEST_HOURS = 24
_GROUPS = "comma-separated: " + "; ".join(
    f"{', '.join(sorted(groups_of(service)))} for {service}" for service in SERVICES
)


def signing_key(directory: Path, service: str) -> tuple[str, rsa.RSAPrivateKey]:
    """The service's kid and key, which is created if missing. Raises SettingsError."""
    path = directory / f"{service}.pem"
    if not path.exists():
        _make_key(directory, service)
    key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise SettingsError(
            f"{path} does not contain an RSA key: delete it and run the command again"
        )
    return _kid(key), key


def _make_key(directory: Path, service: str) -> None:
    """Writes the private key, and the public key as a JWKS, as Cognito publishes it."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=KEY_BITS)
    public = jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key(), as_dict=True)
    public |= {"kid": _kid(key), "alg": "RS256", "use": "sig"}
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    write_secret(directory / f"{service}.jwks.json", json.dumps({"keys": [public]}).encode())
    write_secret(directory / f"{service}.pem", pem)


def _kid(key: rsa.RSAPrivateKey) -> str:
    """A hash of the key, so that a running server notices a new key by its kid."""
    modulus = key.public_key().public_numbers().n
    return hashlib.sha256(str(modulus).encode()).hexdigest()[:16]


def write_secret(path: Path, content: bytes) -> None:
    """Writes the file atomically. Only its owner may read it."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    part = path.with_name(f"{path.name}.{os.getpid()}")
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(content)
    part.replace(path)


def claims(pool: Pool, email: str, groups: list[str], hours: int) -> dict[str, Any]:
    """The claims of an ID token of the pool for this user."""
    now = int(time.time())
    said = {
        "iss": pool.issuer,
        "aud": min(pool.client_ids),
        "token_use": "id",
        "sub": f"development-{email}",
        "cognito:username": email,
        "email": email,
        "email_verified": True,
        "iat": now,
        "exp": now + hours * 3600,
    }
    return said | ({"cognito:groups": groups} if groups else {})


def development_token(
    settings: Settings, service: str, email: str, groups: list[str], hours: int = DEFAULT_HOURS
) -> str:
    """Raises SettingsError for other stages, an unknown service, and an invalid address or group."""
    if not settings.is_local:
        raise SettingsError(
            "Development tokens work on the local stage only: use a token of Cognito on others"
        )
    pools = {pool.service: pool for pool in settings.pools}
    if service not in pools:
        what = f"is {service!r}" if service else "is missing"
        raise SettingsError(f"SERVICE {what}: use one of {', '.join(SERVICES)}")
    if not is_email(email):
        raise SettingsError(
            "EMAIL is not a valid e-mail address: write it like me@example.org, with a dot in the"
            " domain"
        )
    if not all(map(is_group, groups)):
        raise SettingsError("a name in GROUPS contains a comma, a space or a bracket: remove it")
    kid, key = signing_key(settings.keys_directory, service)
    said = claims(pools[service], email, groups, hours)
    return jwt.encode(said, key, algorithm="RS256", headers={"kid": kid})


def main(
    service: Annotated[str, typer.Option(help=" or ".join(SERVICES))] = "",
    email: Annotated[str, typer.Option(help="your e-mail address in the token")] = "",
    groups: Annotated[str, typer.Option(help=_GROUPS)] = "",
    hours: Annotated[
        str,
        typer.Option(
            metavar="NUMBER", help=f"validity of the token in hours, 1 to {LONGEST_HOURS}"
        ),
    ] = str(DEFAULT_HOURS),
) -> None:
    """Print a development token for the API on the local stage.

    An unknown group gives a warning on standard error. The token still contains the group.
    """
    if hours not in map(str, range(1, LONGEST_HOURS + 1)):
        sys.exit(f"token: HOURS is {hours!r}: use a number from 1 to {LONGEST_HOURS}")
    names = [name.strip() for name in groups.split(",") if name.strip()]
    try:
        settings = read_settings("local", os.environ)
        print(development_token(settings, service, email, names, int(hours)))
    except SettingsError as error:
        sys.exit(f"token: {error}")
    for sentence in unknown_groups(service, names):
        print(f"token: warning: {sentence}", file=sys.stderr)
