"""A strict WAFv2 over HTTP: it follows AWS's rules, fails on demand, and decides requests."""

import json
import time
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import Any, Self

import boto3
from botocore import xform_name
from botocore.config import Config

from tests.support.fake_waf_faults import LOST, READS, Failure, Pace
from tests.support.fake_waf_rules import Decision, Decisions
from tests.support.fake_waf_shapes import WafError, check_input
from tests.support.fake_waf_store import Store

# Runs after each call that was carried out, before its answer: (number from 1 on, name).
Watcher = Callable[[int, str], None]
Answer = tuple[int, bytes]  # status and body; 0: close the connection without an answer


class FakeWaf(Store):
    """Listens on 127.0.0.1 from `start` (or `with`) to `stop`.

    With `enforce_rates`, calls that are too fast by `clock` are throttled. Lists have pages of at
    most `page_size`. `calls` has AWS's names of all calls (CreateIPSet). `done` has those of the
    calls that were carried out.
    """

    def __init__(
        self,
        *,
        clock: Callable[[], float] = time.monotonic,
        unavailable_calls: int = 0,
        enforce_rates: bool = False,
        page_size: int = 2,
        region: str = "eu-west-2",
    ) -> None:
        super().__init__(region, unavailable_calls, page_size)
        self.clock = clock
        self.enforce_rates = enforce_rates
        self.calls: list[str] = []
        self.done: list[str] = []
        self.watch: Watcher | None = None
        self._failures: list[Failure] = []
        self._pace = Pace()
        self._decisions = Decisions(clock)
        self._lock = Lock()
        self._http = _Server(self)
        self._serving = Thread(target=self._http.serve_forever, args=(0.01,), daemon=True)
        self.url = f"http://127.0.0.1:{self._http.server_port}"

    def start(self) -> Self:
        self._serving.start()
        return self

    def stop(self) -> None:
        self._http.shutdown()
        self._serving.join()
        self._http.server_close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def client(self, **config: Any) -> Any:
        """A boto3 client without retries; `config` is botocore's."""
        return boto3.client(
            "wafv2",
            endpoint_url=self.url,
            region_name=self.region,
            aws_access_key_id="fake",
            aws_secret_access_key="fake",
            config=Config(retries={"total_max_attempts": 1}, **config),
        )

    @property
    def writes(self) -> list[str]:
        """The calls that were not get or list, carried out or refused."""
        return [name for name in self.calls if not name.startswith(READS)]

    def forget(self) -> None:
        """Empties `calls` and `done`. The numbers for `watch` start from 1 again."""
        with self._lock:
            self.calls.clear()
            self.done.clear()

    def fail(
        self,
        operation: str,
        code: str,
        *,
        after: bool = False,
        times: int = 1,
        at: int | None = None,
    ) -> None:
        """The next calls of `operation` fail with `code`, instead of or `after` being carried out.

        `operation` is AWS's name or boto3's, or "*" for any. `code` is the error's name, or LOST.
        With `at`, only the call with this number (in `calls`, from 1 on) fails.
        """
        with self._lock:
            self._failures.append(Failure(operation, code, after, times, at))

    def decide(
        self,
        resource_arn: str,
        ip: str,
        headers: Mapping[str, str],
        *_: object,
        managed: frozenset[str] = frozenset(),
    ) -> Decision:
        """The decision about a request from `ip`. It matches the `managed` rule groups of AWS."""
        with self._lock:
            arn = self.associations.get(resource_arn)
            acl = self.web_acls[arn].held if arn else None
            sets = {found.arn: found.held["Addresses"] for found in self.ip_sets.values()}
            return self._decisions.decide(acl, sets, ip, headers, managed)

    def answer(self, operation: str, given: dict[str, Any]) -> Answer:
        with self._lock:
            self.calls.append(operation)
            number = len(self.calls)
            failure = next((f for f in self._failures if f.is_due(operation, number)), None)
            if failure and not failure.after:
                return _refusal(WafError(failure.code, "ordered by the test"))
            answered = self._try(operation, given)
            number = len(self.done)
        if self.watch and answered[0] == 200:
            self.watch(number, operation)
        return _refusal(WafError(failure.code, "ordered by the test")) if failure else answered

    def _try(self, operation: str, given: dict[str, Any]) -> Answer:
        try:
            if self.enforce_rates:
                self._pace.keep(operation, self.clock)
            check_input(operation, given)
            answered = getattr(self, xform_name(operation))(given)
        except WafError as error:
            return _refusal(error)
        self.done.append(operation)
        return 200, json.dumps(answered).encode()


def _refusal(error: WafError) -> Answer:
    statuses = {LOST: 0, "ServiceUnavailable": 503}
    status = statuses.get(error.code, 500 if "Internal" in error.code else 400)
    return status, json.dumps({"__type": error.code} | error.members).encode()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256

    def __init__(self, waf: FakeWaf) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.waf = waf

    def handle_error(self, *_: object) -> None:
        """Prints nothing, because some tests kill a client on purpose."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def do_POST(self) -> None:
        waf = self.server.waf
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        operation = self.headers["X-Amz-Target"].rpartition(".")[2]
        if f"/{waf.region}/wafv2/aws4_request" in self.headers["Authorization"]:
            status, content = waf.answer(operation, body)
        else:
            status, content = _refusal(WafError("UnrecognizedClientException", waf.region))
        if not status:
            self.close_connection = True
            return
        self.send_response(status)
        self.send_header("Content-Type", "application/x-amz-json-1.1")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        pass
