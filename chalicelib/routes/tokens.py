"""Verifies a token where no gateway does: PyJWT, and the pools' public keys.

Nothing in Lambda imports this module.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from http.client import HTTPException
from pathlib import Path
from threading import Lock
from time import monotonic
from typing import Any
from urllib.request import HTTPRedirectHandler, ProxyHandler, build_opener, getproxies

import jwt

from chalicelib.errors import UnauthenticatedError, UnavailableError
from chalicelib.models.identity import Pool
from chalicelib.routes.caller import OTHER_ISSUER, Claims

ALGORITHM = "RS256"
FETCH_SECONDS = 3.0
REFETCH_SECONDS = 60.0
LARGEST_KEY_SET = 1024 * 1024  # bytes
SHORTEST_KEY = 2048  # bits
LEEWAY_SECONDS = 30  # the allowed difference of two clocks
# The errors of a fetch from a server that is down, slow or not a user pool's.
NO_KEY_SET = (
    OSError,
    HTTPException,
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    RecursionError,
    jwt.PyJWTError,
)
NO_KEYS = "The user pool's keys cannot be read at the moment: send the request again later"
FetchKeys = Callable[[Pool], Mapping[str, Any]]


class NoRedirects(HTTPRedirectHandler):
    """A redirect, which might lead to plain HTTP, is an error: Cognito sends none."""

    def redirect_request(self, *_: object) -> None:
        return None


def fetch_over_http(endpoint: str) -> FetchKeys:
    """Fetches a pool's JSON Web Key Set from its issuer, or from `endpoint` if it is not empty."""
    # Plain HTTP is for this machine only (Settings.keys_endpoint), so it uses no proxy.
    proxies = {scheme: url for scheme, url in getproxies().items() if scheme != "http"}
    opener = build_opener(NoRedirects, ProxyHandler(proxies))

    def fetch(pool: Pool) -> Mapping[str, Any]:
        with opener.open(key_set_url(pool, endpoint), timeout=FETCH_SECONDS) as response:
            body = response.read(LARGEST_KEY_SET + 1)
        if len(body) > LARGEST_KEY_SET:
            raise ValueError("the key set is too large")
        found: Mapping[str, Any] = json.loads(body)
        return found

    return fetch


def key_set_url(pool: Pool, endpoint: str) -> str:
    base = f"{endpoint.rstrip('/')}/{pool.id}" if endpoint else pool.issuer
    return f"{base}/.well-known/jwks.json"


def fetch_from_directory(directory: Path) -> FetchKeys:
    """Reads the development keys that `make token` wrote; none where it has never run."""

    def fetch(pool: Pool) -> Mapping[str, Any]:
        path = directory / f"{pool.service}.jwks.json"
        found: Mapping[str, Any] = json.loads(path.read_text()) if path.exists() else {"keys": []}
        return found

    return fetch


class PoolKeys:
    """A pool's public keys by kid. An unknown kid fetches them, once in `interval` seconds."""

    def __init__(
        self,
        pool: Pool,
        fetch: FetchKeys,
        interval: float = REFETCH_SECONDS,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._pool = pool
        self._fetch = fetch
        self._interval = interval
        self._clock = clock
        self._keys: dict[str, jwt.PyJWK] = {}
        self._asked: float | None = None
        self._failed = False
        self._lock = Lock()

    def key(self, kid: str) -> jwt.PyJWK:
        """Raises UnauthenticatedError for an unknown kid, UnavailableError after a failed fetch."""
        # A known key never waits for a fetch.
        if kid not in self._keys:
            with self._lock:
                if kid not in self._keys and self._may_ask():
                    self._ask()
        if key := self._keys.get(kid):
            return key
        if self._failed:
            wait = int(self._interval - (self._clock() - (self._asked or 0))) + 1
            raise UnavailableError(NO_KEYS, max(wait, 1))
        raise UnauthenticatedError("The token's key is not a key of the user pool: sign in again")

    def _may_ask(self) -> bool:
        return self._asked is None or self._clock() - self._asked >= self._interval

    def _ask(self) -> None:
        """Fetches the keys. Keeps the known ones if that fails or returns no key set."""
        self._asked = self._clock()
        try:
            listed = self._fetch(self._pool)["keys"]
            found = {str(key.key_id): key for key in map(usable_key, listed) if key}
            if listed and not found:
                raise ValueError("no key of the set is usable")
            self._keys, self._failed = found, False
        except NO_KEY_SET:
            self._failed = True


def usable_key(member: Any) -> jwt.PyJWK | None:
    """The key of a key set's member, if it is a public RSA key that is long enough; else None."""
    try:
        key = jwt.PyJWK(member, ALGORITHM)
        said = (member.get("use", "sig"), member.get("alg", ALGORITHM))
        is_public = "d" not in member and key.key.key_size >= SHORTEST_KEY
    except NO_KEY_SET:
        return None
    is_named = isinstance(key.key_id, str)
    return key if is_public and is_named and said == ("sig", ALGORITHM) else None


class TokenVerifier:
    """Checks signature, times and issuer. routes.caller checks the other claims."""

    def __init__(
        self, pools: Iterable[Pool], fetch: FetchKeys, interval: float = REFETCH_SECONDS
    ) -> None:
        self._keys = {pool.issuer: PoolKeys(pool, fetch, interval) for pool in pools}

    def __call__(self, token: str) -> Claims:
        """The claims of a genuine token. Raises UnauthenticatedError, UnavailableError."""
        try:
            header = jwt.get_unverified_header(token)
            claimed = jwt.decode(token, options={"verify_signature": False})
        except (jwt.PyJWTError, ValueError):
            raise UnauthenticatedError(
                "The token is not a JSON Web Token: send an ID token"
            ) from None
        keys = self._keys.get(str(claimed.get("iss")))
        if keys is None:
            raise UnauthenticatedError(OTHER_ISSUER)
        if header.get("alg") != ALGORITHM:
            raise UnauthenticatedError(f"The token is not signed with {ALGORITHM}: sign in again")
        return self._verified(token, keys.key(str(header.get("kid"))), str(claimed["iss"]))

    def _verified(self, token: str, key: jwt.PyJWK, issuer: str) -> Claims:
        try:
            claims: Claims = jwt.decode(
                token,
                key,
                algorithms=[ALGORITHM],
                issuer=issuer,
                leeway=LEEWAY_SECONDS,
                options={"require": ["exp", "iss"], "verify_aud": False, "verify_iat": False},
            )
            return claims
        except jwt.ExpiredSignatureError:
            raise UnauthenticatedError("The token has expired: sign in again") from None
        except jwt.ImmatureSignatureError:
            raise UnauthenticatedError(
                "The token is not valid yet: check the clocks, and send it later"
            ) from None
        except (jwt.PyJWTError, ValueError):
            raise UnauthenticatedError(
                "The token's signature or claims are invalid: sign in again"
            ) from None
