"""The load on a server: several persistent connections, each with one request at a time.

A slower server gets fewer requests, so compare the requests in each second before the times.
"""

import asyncio
import gzip
import json
import os
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from http.client import HTTPConnection
from itertools import cycle
from pathlib import Path
from subprocess import Popen
from typing import Any

from bench.work import GIVEN

PATIENCE = 60.0  # seconds
LENGTH = re.compile(rb"(?i)\r\ncontent-length: *(\d+)")


@dataclass(frozen=True)
class Asked:
    """A request whose expected status is 200."""

    path: str
    method: str = "GET"
    body: bytes = b""
    more: Mapping[str, str] = field(default_factory=dict)

    @property
    def headers(self) -> dict[str, str]:
        length = {"Content-Length": str(len(self.body))} if self.body else {}
        return {**GIVEN["event"]["headers"], **length, **self.more}

    @property
    def raw(self) -> bytes:
        """The bytes on the connection."""
        lines = "".join(f"{name}: {value}\r\n" for name, value in self.headers.items())
        return f"{self.method} {self.path} HTTP/1.1\r\n{lines}\r\n".encode() + self.body


class Server:
    """A running contender, and the results of its slices."""

    def __init__(self, port: int, process: Popen[bytes]) -> None:
        self.port = port
        self._process = process
        self.per_second: list[float] = []
        self.milliseconds: list[float] = []
        self.cpu: list[float] = []  # milliseconds for each request
        self.errors: list[str] = []

    def forget_times(self) -> None:
        """Removes the times of the warm-up, and keeps its errors."""
        self.per_second.clear()
        self.milliseconds.clear()
        self.cpu.clear()

    def wait(self) -> None:
        """Waits for an answer. Raises RuntimeError if the process ends or PATIENCE is over."""
        end = time.monotonic() + PATIENCE
        while self._process.poll() is None and time.monotonic() < end:
            try:
                self.ask(Asked("/health"))
                return
            except OSError:
                time.sleep(0.1)
        raise RuntimeError(f"{self._process.args!r} did not start: read its error above")

    def ask(self, asked: Asked) -> tuple[Any, Any]:
        """The answer and its encoding. Raises ValueError for a status other than 200."""
        with closing(HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)) as connection:
            connection.request(asked.method, asked.path, asked.body or None, asked.headers)
            answer = connection.getresponse()
            body, encoding = answer.read(), answer.headers["Content-Encoding"]
        if answer.status != 200:
            raise ValueError(
                f"{asked.method} {asked.path} returned {answer.status}, not 200: {body!r}"
            )
        return json.loads(gzip.decompress(body) if encoding else body), encoding

    def memory(self) -> float:
        """Megabytes of all its processes. Shared memory counts once."""
        rollups = [
            Path(f"/proc/{pid}/smaps_rollup").read_text() for pid in family(self._process.pid)
        ]
        shares = [re.search(r"(?m)^Pss: +(\d+) kB", rollup) for rollup in rollups]
        return sum(int(share[1]) for share in shares if share) * 1024 / 1e6

    def _cpu_seconds(self) -> float:
        stats = [Path(f"/proc/{pid}/stat").read_text() for pid in family(self._process.pid)]
        ticks = [map(int, stat.rpartition(")")[2].split()[11:13]) for stat in stats]
        return sum(map(sum, ticks)) / os.sysconf("SC_CLK_TCK")

    def load(self, decks: Sequence[Sequence[Asked]], seconds: float) -> None:
        """Opens a connection for each deck. It sends a request after the answer to the last one."""

        async def at_once() -> None:
            end = time.perf_counter() + seconds
            turns = (self._take_turns(deck, end) for deck in decks)
            await asyncio.wait_for(asyncio.gather(*turns), seconds + PATIENCE)

        begun, before = time.perf_counter(), len(self.milliseconds)
        cpu = self._cpu_seconds()
        asyncio.run(at_once())
        answered = len(self.milliseconds) - before
        self.per_second.append(answered / (time.perf_counter() - begun))
        self.cpu.append((self._cpu_seconds() - cpu) * 1e3 / max(1, answered))

    async def _take_turns(self, deck: Sequence[Asked], end: float) -> None:
        """Repeats the deck in its order. Counts a broken connection as an error and opens another."""
        requests = cycle([(asked.path, asked.raw) for asked in deck])
        while time.perf_counter() < end:
            try:
                reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
                with closing(writer):
                    await self._converse(reader, writer, requests, end)
                await writer.wait_closed()
            except (OSError, EOFError) as error:
                self.errors.append(repr(error))
                await asyncio.sleep(0.05)

    async def _converse(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        requests: Iterator[tuple[str, bytes]],
        end: float,
    ) -> None:
        while (begun := time.perf_counter()) < end:
            path, raw = next(requests)
            writer.write(raw)
            head = await reader.readuntil(b"\r\n\r\n")
            length = LENGTH.search(head)
            body = await reader.readexactly(int(length[1]) if length else 0)
            self.milliseconds.append((time.perf_counter() - begun) * 1e3)
            if head[9:12] != b"200":
                self.errors.append(f"{path}: {head[9:12]!r} {body[:300]!r}")


def family(pid: int) -> Iterator[int]:
    """The ids of the process and of its descendants."""
    yield pid
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in children.read_text().split():
            yield from family(int(child))
