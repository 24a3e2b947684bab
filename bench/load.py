"""The load on a server: several connections that are kept, each with one request at a time.

What a slower server is not asked meanwhile is in no time: compare requests a second first.
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
    """A request, to be answered with a 200."""

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
        """As it goes over the connection."""
        lines = "".join(f"{name}: {value}\r\n" for name, value in self.headers.items())
        return f"{self.method} {self.path} HTTP/1.1\r\n{lines}\r\n".encode() + self.body


class Server:
    """A contender that runs, and what its slices have shown."""

    def __init__(self, port: int, process: Popen[bytes]) -> None:
        self.port = port
        self._process = process
        self.per_second: list[float] = []
        self.milliseconds: list[float] = []
        self.cpu: list[float] = []  # milliseconds a request
        self.errors: list[str] = []

    def forget_times(self) -> None:
        """Of the warm-up; its errors count."""
        self.per_second.clear()
        self.milliseconds.clear()
        self.cpu.clear()

    def wait(self) -> None:
        """Until it answers. Raises RuntimeError where it has ended, or takes too long."""
        end = time.monotonic() + PATIENCE
        while self._process.poll() is None and time.monotonic() < end:
            try:
                self.ask(Asked("/health"))
                return
            except OSError:
                time.sleep(0.1)
        raise RuntimeError(f"{self._process.args!r} did not start")

    def ask(self, asked: Asked) -> tuple[Any, Any]:
        """What is answered, and its encoding. Raises ValueError for another status than 200."""
        with closing(HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)) as connection:
            connection.request(asked.method, asked.path, asked.body or None, asked.headers)
            answer = connection.getresponse()
            body, encoding = answer.read(), answer.headers["Content-Encoding"]
        if answer.status != 200:
            raise ValueError(
                f"{asked.method} {asked.path} was answered with {answer.status}: {body!r}"
            )
        return json.loads(gzip.decompress(body) if encoding else body), encoding

    def memory(self) -> float:
        """Megabytes of all its processes; what some of them share counts once."""
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
        """A connection for each deck, which sends a request when it has the answer to the last one."""

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
        """In the deck's order, again and again. A broken connection is an error; another one goes on."""
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
    """The process and those that it started."""
    yield pid
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in children.read_text().split():
            yield from family(int(child))
