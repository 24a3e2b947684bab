"""Transports to DynamoDB that count, fail or wait, around one that works; and a clock that is told."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import boto3
import pytest
from create import create_table

from chalicelib.stores.dynamodb import DynamoStore
from chalicelib.stores.dynamodb.transport import CallError, ConnectionLost, Transport
from tests.contract.places import TRANSPORTS, emulated
from tests.emulator import Emulator
from tests.strict_dynamodb import Strict

Parameters = Mapping[str, Any]


@dataclass
class Clock:
    """Time passes only where somebody sleeps."""

    now: float = 0.0
    slept: list[float] = field(default_factory=list)

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


class Recording:
    """Passes every call on, and keeps it with its answer."""

    def __init__(self, inner: Transport) -> None:
        self._inner = inner
        self.calls: list[tuple[str, Parameters]] = []
        self.examined = 0

    def __call__(self, operation: str, parameters: Parameters, /) -> dict[str, Any]:
        self.calls.append((operation, parameters))
        answer = self._inner(operation, parameters)
        self.examined += items_in(answer)
        return answer

    @property
    def operations(self) -> list[str]:
        return [operation for operation, _ in self.calls]

    def forget(self) -> None:
        self.calls.clear()
        self.examined = 0

    def work(self) -> tuple[Counter[str], int]:
        """The calls by operation and the items examined since the last time."""
        done = Counter(self.operations), self.examined
        self.forget()
        return done


def items_in(answer: Mapping[str, Any]) -> int:
    """How many items DynamoDB read for it."""
    batches: Iterable[Any] = answer.get("Responses", {}).values()
    scanned: int = answer.get("ScannedCount", 0)
    return scanned + ("Item" in answer) + sum(len(batch) for batch in batches)


# What happens to one call: it is given the call itself, to carry out or not.
Fault = Callable[[Callable[[], dict[str, Any]]], dict[str, Any]]


def refused_with(code: str, *reasons: str) -> Fault:
    """DynamoDB answers with an error, and nothing is done."""

    def fail(_: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        raise CallError(code, reasons)

    return fail


def never_sent(_: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    raise ConnectionLost("never sent")


def answer_lost(call: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """The call is carried out, but nobody hears of it."""
    with suppress(CallError):  # nobody hears of this either
        call()
    raise ConnectionLost("answer lost")


class Killed(BaseException):
    """The process ended: nothing that would have come next happens, no clean-up either."""


def killed(call: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """The process ends behind the call."""
    call()
    raise Killed


def after(happening: Callable[[], object]) -> Fault:
    """Somebody else's doing comes before the call."""

    def wait(call: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        happening()
        return call()

    return wait


class Faulty:
    """Lets `faults` happen to the calls with these numbers, from 0 on; all others pass."""

    def __init__(self, inner: Transport, faults: Mapping[int, Fault] | None = None) -> None:
        self._inner = inner
        self._faults = faults or {}
        self.calls = 0

    def __call__(self, operation: str, parameters: Parameters, /) -> dict[str, Any]:
        fault = self._faults.get(self.calls, _no_fault)
        self.calls += 1
        return fault(lambda: self._inner(operation, parameters))


def _no_fault(call: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    return call()


class Failing:
    """Every call of `operations` ends like this; all others pass."""

    def __init__(self, inner: Transport, fault: Fault, *operations: str) -> None:
        self._inner = inner
        self._fault = fault
        self._operations = operations

    def __call__(self, operation: str, parameters: Parameters, /) -> dict[str, Any]:
        if self._operations and operation not in self._operations:
            return self._inner(operation, parameters)
        return self._fault(lambda: self._inner(operation, parameters))


class HalfDone:
    """Carries out the first half of every batch, and gives the rest back: one of one is done."""

    def __init__(self, inner: Transport) -> None:
        self._inner = inner

    def __call__(self, operation: str, parameters: Parameters, /) -> dict[str, Any]:
        if operation == "BatchWriteItem":
            return self._write(parameters)
        if operation == "BatchGetItem":
            return self._get(parameters)
        return self._inner(operation, parameters)

    def _write(self, parameters: Parameters) -> dict[str, Any]:
        ((table, writes),) = parameters["RequestItems"].items()
        half = (len(writes) + 1) // 2
        answer = self._inner("BatchWriteItem", {"RequestItems": {table: writes[:half]}})
        return answer | {"UnprocessedItems": {table: writes[half:]} if writes[half:] else {}}

    def _get(self, parameters: Parameters) -> dict[str, Any]:
        ((table, wanted),) = parameters["RequestItems"].items()
        half = (len(wanted["Keys"]) + 1) // 2
        now, later = wanted["Keys"][:half], wanted["Keys"][half:]
        answer = self._inner("BatchGetItem", {"RequestItems": {table: {**wanted, "Keys": now}}})
        return answer | {"UnprocessedKeys": {table: {**wanted, "Keys": later}} if later else {}}


class Tables:
    """New tables in the AWS that the environment points at, and stores over them."""

    def __init__(self, transport: str) -> None:
        self._client = boto3.client("dynamodb")
        self.transport = Strict(TRANSPORTS[transport]())

    def new(self) -> str:
        name = f"table-{uuid4().hex}"
        create_table(self._client, name, "test")
        return name

    def open(self, name: str, transport: Transport | None = None) -> DynamoStore:
        """A store whose time is its own: nothing waits."""
        clock = Clock()
        return DynamoStore(transport or self.transport, name, clock, clock.sleep)

    def items(self, name: str) -> list[dict[str, Any]]:
        """Everything in the table, read behind the store's back."""
        pages = self._client.get_paginator("scan").paginate(TableName=name)
        return [item for page in pages for item in page["Items"]]

    def rows(self, name: str) -> set[tuple[str, str]]:
        """The keys of everything in the table, read behind the store's back."""
        return {(item["pk"]["S"], item["sk"]["S"]) for item in self.items(name)}


@contextmanager
def emulated_tables(emulator: Emulator, transport: str = "http") -> Iterator[Tables]:
    with pytest.MonkeyPatch.context() as environment:
        for name, value in emulated(emulator.url).items():
            environment.setenv(name, value)
        yield Tables(transport)
