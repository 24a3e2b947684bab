"""A proxy for the emulated AWS: adds the calls that it lacks, and can disconnect a client.

`chalice deploy` needs ImportRestApi and PutRestApi. A rollback needs the code of a version. The
proxy carries these out with other calls of the emulator, by AWS's documentation. PutRestApi with
mode=overwrite removes everything that is not in the document, gateway responses included.

WAF's calls go to a strict fake. Requests to a deployed API go there first, as WAF stands before it.
All other calls pass through unchanged. A change of a function is answered when Lambda has settled:
otherwise each client would wait five seconds before it asks again.
"""

import json
import re
from collections.abc import Callable, Iterator
from http.client import HTTPConnection
from http.server import ThreadingHTTPServer
from threading import Lock, Thread
from time import sleep
from typing import Any
from urllib.parse import parse_qs, urlsplit
from urllib.request import urlopen

from tests.support.emulator import REGION, Emulator
from tests.support.fake_waf import FakeWaf
from tests.support.loopback import AnyMethod
from tests.support.rest_api_import import imported, overwritten

MADE_ANEW = re.compile(r"(deployments|version-code)/\w+")  # the id differs in each run
NAMED = re.compile(rb"^Action=(\w+)")  # the form of calls to IAM and STS
UNSETTLED = {"Pending", "InProgress"}
DATA_PLANE = "/_aws/execute-api/"
DOMAINS = ".example.org"  # the custom domains of the tests
# Called after each call that was carried out, before its answer: (number, name).
Watcher = Callable[[int, str], None]


class AwsProxy(ThreadingHTTPServer):
    """Listens on 127.0.0.1. `watch` may end the caller's process at any call.

    Requests to a deployed API come from `source_ip`. /checkip answers with this address.
    """

    def __init__(self, emulator: Emulator, waf: FakeWaf) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.emulator = emulator
        self.waf = waf
        self.source_ip = "198.51.100.7"
        self.calls: list[str] = []
        self.watch: Watcher | None = None
        self._gateway = emulator.client("apigateway")
        self._versions: dict[str, bytes] = {}
        self._lock = Lock()
        self.url = f"http://127.0.0.1:{self.server_port}"
        Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()

    def stop(self) -> None:
        self.shutdown()
        self.server_close()

    def handle_error(self, *_: object) -> None:
        """Prints nothing, because some tests disconnect a client on purpose."""

    def carried_out(self, what: str) -> None:
        with self._lock:
            self.calls.append(what)
            number = len(self.calls)
        if self.watch:
            self.watch(number, what)

    def answer(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Any:
        """Returns the status, the headers and the body."""
        if stage := self._asked_stage(path, headers):
            return self._behind_waf(stage, method, path, headers, body)
        target = urlsplit(path)
        parts = [part for part in target.path.split("/") if part]
        if parts == ["checkip"]:
            return 200, [], self.source_ip.encode()
        query = parse_qs(target.query)
        if method == "POST" and parts == ["restapis"] and query.get("mode") == ["import"]:
            return _json(201, imported(self._gateway, json.loads(body)))
        if method == "PUT" and len(parts) == 2 and parts[0] == "restapis":
            return _json(200, overwritten(self._gateway, parts[1], json.loads(body)))
        if method == "GET" and parts[:1] == ["version-code"]:
            return 200, [("Content-Type", "application/zip")], self._versions[parts[1]]
        status, answered, content = self._forward(method, path, headers, body)
        if status < 300 and parts[:2] == ["2015-03-31", "functions"]:
            if method in ("POST", "PUT"):
                self._let_settle(json.loads(content).get("FunctionName"))
            content = self._with_versions(method, parts, query, content)
        return status, answered, content

    def _asked_stage(self, path: str, headers: dict[str, str]) -> list[str]:
        """The requested API and stage, by the path or a custom domain; [] for a call to AWS."""
        if path.startswith(DATA_PLANE):
            return path.removeprefix(DATA_PLANE).split("/")[:2]
        host = headers.get("Host", "").partition(":")[0]
        if not host.endswith(DOMAINS):
            return []
        found = self._gateway.get_base_path_mapping(domainName=host, basePath="(none)")
        return [found["restApiId"], found["stage"]]

    def _behind_waf(
        self, stage: list[str], method: str, path: str, headers: dict[str, str], body: bytes
    ) -> Any:
        arn = "arn:aws:apigateway:{}::/restapis/{}/stages/{}".format(REGION, *stage)
        decision = self.waf.decide(arn, self.source_ip, headers, path, method)
        if decision.action == "BLOCK":
            return decision.status, list(decision.headers.items()), str(decision.body).encode()
        return self._forward(method, path, dict(decision.headers_in), body)

    def _let_settle(self, function: str | None) -> None:
        settings = self.emulator.client("lambda").get_function_configuration
        while function and UNSETTLED & {*map(str, settings(FunctionName=function).values())}:
            sleep(0.05)

    def _with_versions(
        self, method: str, parts: list[str], query: dict[str, list[str]], content: bytes
    ) -> bytes:
        """Gives each published version its own code. The emulator returns the newest for all."""
        if method == "POST" and parts[-1] == "versions":
            client = self.emulator.client("lambda")
            code = client.get_function(FunctionName=parts[2])["Code"]["Location"]
            with urlopen(code.replace("localhost", "127.0.0.1")) as response:
                self._versions.setdefault(json.loads(content)["Version"], response.read())
        version = query.get("Qualifier", [""])[0]
        if method == "GET" and len(parts) == 3 and version in self._versions:
            found = json.loads(content)
            found["Code"]["Location"] = f"{self.url}/version-code/{version}"
            return json.dumps(found).encode()
        return content

    def _forward(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Any:
        is_wafs = headers.get("X-Amz-Target", "").startswith("AWSWAF")
        port = urlsplit(self.waf.url).port if is_wafs else self.emulator.port
        connection = HTTPConnection("127.0.0.1", port, timeout=120)
        try:
            connection.request(method, path, body or None, headers)
            response = connection.getresponse()
            return response.status, list(response.headers.items()), response.read()
        finally:
            connection.close()


def _json(status: int, body: dict[str, Any]) -> Any:
    return status, [("Content-Type", "application/json")], json.dumps(body).encode()


class _Handler(AnyMethod):
    protocol_version = "HTTP/1.1"
    server: AwsProxy

    def answer(self) -> None:
        headers = dict(self.headers.items())  # Host is signed, so it passes through unchanged
        body = self._body()
        status, answered, content = self.server.answer(self.command, self.path, headers, body)
        if not self.path.startswith(DATA_PLANE):
            self.server.carried_out(self._what(body))
        self.reply(status, answered, content)

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding") == "chunked":
            return b"".join(self._chunks())
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def _chunks(self) -> Iterator[bytes]:
        while size := int(self.rfile.readline().split(b";")[0], 16):
            yield self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()

    def _what(self, body: bytes) -> str:
        """AWS's name of the call if the request has it, otherwise the method and the path."""
        if target := self.headers.get("X-Amz-Target"):
            return target.rpartition(".")[2]
        if self.path == "/" and (named := NAMED.search(body)):
            return named[1].decode()
        path = MADE_ANEW.sub(r"\1/…", urlsplit(self.path).path)
        return f"{self.command} {path}"
