"""One Lambda environment: a process that imports a handler and answers an event.

    python -S -P lambda_process.py MODULE.NAME EVENT-FILE

Prints a line of JSON with the time of the first answer. Each number on the standard input requests
that many further answers. The next line has their nanoseconds. The handler's output is discarded.
"""

import json
import os
import sys
import time


class Context:
    """The context that Lambda's runtime passes to a handler."""

    aws_request_id = "11111111-2222-3333-4444-555555555555"

    def get_remaining_time_in_millis(self) -> int:
        return 28_000


def peak_memory() -> int:
    """Bytes of this process only. ru_maxrss would include the parent's memory at the start."""
    with open("/proc/self/status", "rb") as status:  # noqa: PTH123 - an import of pathlib takes time
        found = next(line for line in status if line.startswith(b"VmHWM:"))
    return int(found.split()[1]) * 1024


def main(name: str, event_path: str) -> None:
    told = os.dup(1)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    with open(event_path) as file:  # noqa: PTH123
        text = file.read()
    module, _, attribute = name.rpartition(".")
    handler = getattr(__import__(module), attribute)
    answer = handler(json.loads(text), Context())
    first = {"answered_ns": time.monotonic_ns(), "answer": answer}
    os.write(told, json.dumps(first).encode() + b"\n")
    for line in sys.stdin:
        times = []
        for _ in range(int(line)):
            event = json.loads(text)
            begun = time.perf_counter_ns()
            handler(event, Context())
            times.append(time.perf_counter_ns() - begun)
        more = {"times_ns": times, "peak": peak_memory()}
        os.write(told, json.dumps(more).encode() + b"\n")


main(*sys.argv[1:])
