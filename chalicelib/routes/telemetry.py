"""One JSON line a request on stdout, with its metrics (CloudWatch's embedded metric format).

It has no e-mail address, token, query or body. Of an error it has the type and the traceback, not
the text, which may hold anything. Readers of others' addresses are in it by the token's `sub`.
"""

import json
import time
from collections.abc import Mapping
from traceback import extract_tb
from typing import Any

from chalice.app import Request

from chalicelib.routes.requests import request_ids

NAMESPACE = "landscape-api"
UNITS = {"Requests": "Count", "Errors": "Count", "Latency": "Milliseconds", "ColdStarts": "Count"}


def _metrics(dimensions: tuple[str, ...], *names: str) -> dict[str, object]:
    metrics = [{"Name": name, "Unit": UNITS[name]} for name in names]
    return {"Namespace": NAMESPACE, "Dimensions": [[*dimensions]], "Metrics": metrics}


# CloudWatch charges for each name under each set of values, so only these three are by route. HEAD
# has none by route, and a preflight has only ColdStarts.
COLD = _metrics(("stage",), "ColdStarts")
TOTALS = _metrics(("stage",), *UNITS)
BY_ROUTE = _metrics(("stage", "route"), "Requests", "Errors", "Latency")
METRICS = {"OPTIONS": [COLD], "HEAD": [TOTALS]}


class Telemetry:
    def __init__(self, stage: str) -> None:
        self._stage = stage
        self._is_cold = True

    def tell(self, request: Request, status: int, seconds: float, facts: dict[str, object]) -> None:
        """Logs a request. `facts` are more fields: the caller's service and subject, an error."""
        cold, self._is_cold = self._is_cold, False
        line = {
            "_aws": {
                "Timestamp": int(time.time() * 1000),
                "CloudWatchMetrics": METRICS.get(request.method, [TOTALS, BY_ROUTE]),
            },
            "stage": self._stage,
            "route": f"{request.method} {request.path}",
            **request_ids(request),
            "status": status,
            "cold_start": cold,
            "Requests": 1,
            "Errors": int(status >= 500),
            "Latency": round(seconds * 1000, 2),
            "ColdStarts": int(cold),
            **facts,
        }
        log(line)


def log(line: Mapping[str, object]) -> None:
    """Writes one line to stdout in one piece, because threads and processes share it."""
    print(json.dumps(line) + "\n", end="", flush=True)  # noqa: T201 - the platform keeps the log


def error_facts(error: BaseException) -> dict[str, Any]:
    """The type of an error, its traceback and its cause."""
    frames = [
        f"{f.filename.rpartition('/')[2]}:{f.lineno} {f.name}"
        for f in extract_tb(error.__traceback__)
    ]
    cause = error.__cause__
    return {
        "error": type(error).__name__,
        "traceback": frames,
        **({"cause": error_facts(cause)} if cause else {}),
    }
