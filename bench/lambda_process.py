"""One Lambda environment: a process that imports a handler, answers an event, and says when.

    python -S -P lambda_process.py MODULE.NAME EVENT-FILE

Tells in a line of JSON when the first answer was in hand. Each number on the standard input asks
for so many answers more, whose nanoseconds are the next line. What the handler prints goes nowhere.
"""

import json
import os
import sys
import time


class Context:
    """What Lambda's runtime hands to a handler beside the event."""

    aws_request_id = "11111111-2222-3333-4444-555555555555"

    def get_remaining_time_in_millis(self) -> int:
        return 28_000


def peak_memory() -> int:
    """Bytes. Of this process alone: ru_maxrss begins at what the parent had when it started this."""
    with open("/proc/self/status", "rb") as status:  # noqa: PTH123 - pathlib is not for free
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
