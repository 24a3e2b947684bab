"""Development tokens: a key pair for each service stands in for its Cognito user pool.

    make token SERVICE=tech-audit-tool EMAIL=me@example.org GROUPS=Admin

Prints an ID token that the API on the local stage verifies like any other. The keys are made on
first use, outside the project, beside the local database.
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
    """The service's development key and its kid; made where there is none."""
    path = directory / f"{service}.pem"
    if not path.exists():
        _make_key(directory, service)
    key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise SettingsError(f"{path} holds no RSA key: remove it, and another is made")
    return _kid(key), key


def _make_key(directory: Path, service: str) -> None:
    """Writes the private key, and the public one as the pool would publish it."""
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
    """Of the key itself: a server that knows an older pair sees that this is another one."""
    modulus = key.public_key().public_numbers().n
    return hashlib.sha256(str(modulus).encode()).hexdigest()[:16]


def write_secret(path: Path, content: bytes) -> None:
    """Whole or not at all, for the owner's eyes only."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    part = path.with_name(f"{path.name}.{os.getpid()}")
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(content)
    part.replace(path)


def claims(pool: Pool, email: str, groups: list[str], hours: int) -> dict[str, Any]:
    """What the pool would say of such a user in an ID token."""
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
    """Raises SettingsError off the local stage, and for a service, address or group that is none."""
    if not settings.is_local:
        raise SettingsError("Development tokens are for the local stage alone")
    pools = {pool.service: pool for pool in settings.pools}
    if service not in pools:
        what = f"is {service!r}, not" if service else "is not given: say"
        raise SettingsError(f"SERVICE {what} one of {', '.join(SERVICES)}")
    if not is_email(email):
        raise SettingsError(
            "EMAIL is not an e-mail address that the API takes: write it like me@example.org, with"
            " a domain that has a dot"
        )
    if not all(map(is_group, groups)):
        raise SettingsError(
            "GROUPS holds a name with a comma, a blank or a bracket: leave them out"
        )
    kid, key = signing_key(settings.keys_directory, service)
    said = claims(pools[service], email, groups, hours)
    return jwt.encode(said, key, algorithm="RS256", headers={"kid": kid})


def main(
    service: Annotated[str, typer.Option(help=" or ".join(SERVICES))] = "",
    email: Annotated[str, typer.Option(help="who the token says you are")] = "",
    groups: Annotated[str, typer.Option(help=_GROUPS)] = "",
    hours: Annotated[
        str, typer.Option(metavar="NUMBER", help=f"how long it is good for, 1 to {LONGEST_HOURS}")
    ] = str(DEFAULT_HOURS),
) -> None:
    """Print a development token for the API on the local stage.

    A group that the API does not know is named on standard error; the token holds it all the same.
    """
    if hours not in map(str, range(1, LONGEST_HOURS + 1)):
        sys.exit(f"token: HOURS is {hours!r}, not a number from 1 to {LONGEST_HOURS}")
    names = [name.strip() for name in groups.split(",") if name.strip()]
    try:
        settings = read_settings("local", os.environ)
        print(development_token(settings, service, email, names, int(hours)))
    except SettingsError as error:
        sys.exit(f"token: {error}")
    for sentence in unknown_groups(service, names):
        print(f"token: warning: {sentence}", file=sys.stderr)
