"""A pool's sign-in pages, as a client sees them. They accept only authorization code with PKCE."""

import hashlib
import json
from base64 import urlsafe_b64encode
from http.server import ThreadingHTTPServer
from threading import Thread
from urllib.parse import parse_qs, urlencode, urlsplit

from tests.support.loopback import AnyMethod

HEADERS = (
    ("Content-Type", "application/json"),
    ("Access-Control-Allow-Origin", "*"),
    ("Access-Control-Allow-Headers", "*, Authorization"),
)


class HostedUi:
    """Listens on 127.0.0.1. Signs every user in at once. The right verifier gets `id_token`."""

    def __init__(self) -> None:
        self.id_token = ""
        self.asked: dict[str, str] = {}
        self._http = _Server(self)
        self.url = f"http://127.0.0.1:{self._http.server_port}"

    def __enter__(self) -> "HostedUi":
        Thread(target=self._http.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._http.shutdown()
        self._http.server_close()

    def authorize(self, asked: dict[str, str]) -> str:
        """Returns the URL that the browser is sent back to."""
        self.asked = asked
        return f"{asked['redirect_uri']}?{urlencode({'code': 'a-code', 'state': asked['state']})}"

    def exchange(self, sent: dict[str, str]) -> dict[str, str]:
        digest = hashlib.sha256(sent["code_verifier"].encode()).digest()
        challenge = urlsafe_b64encode(digest).decode().rstrip("=")
        proven = self.asked["code_challenge_method"] == "S256" and "client_secret" not in sent
        if not proven or challenge != self.asked["code_challenge"] or sent["code"] != "a-code":
            return {"error": "invalid_grant"}
        return {"id_token": self.id_token, "access_token": "not-this-one", "token_type": "Bearer"}


class _Server(ThreadingHTTPServer):
    def __init__(self, pages: HostedUi) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.pages = pages


class _Handler(AnyMethod):
    server: _Server

    def answer(self) -> None:
        pages = self.server.pages
        sent = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        if self.command == "GET":
            back = pages.authorize(_plain(urlsplit(self.path).query))
            self.reply(302, [("Location", back)], b"")
            return
        body = pages.exchange(_plain(sent)) if self.command == "POST" else {}
        self.reply(400 if "error" in body else 200, HEADERS, json.dumps(body).encode())


def _plain(query: str) -> dict[str, str]:
    return {name: values[-1] for name, values in parse_qs(query).items()}
