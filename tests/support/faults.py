"""Transports to DynamoDB that count, fail or wait around a working one, and a clock for tests."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from uuid import uuid4

import boto3
import pytest

from chalicelib.stores.dynamodb import DynamoStore
from chalicelib.stores.dynamodb.transport import CallError, ConnectionLost, Transport
from ops.table.create import create_table
from tests.contract.places import TRANSPORTS, emulated
from tests.support.emulator import Emulator
from tests.support.strict_dynamodb import Strict

Parameters = Mapping[str, Any]


@dataclass
class Clock:
    """Time passes only in `sleep`."""

    now: float = 0.0
    slept: list[float] = field(default_factory=list)

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


class Recording:
    """Passes every call on and stores it. Counts the items that DynamoDB examines."""

    def __init__(self, inner: Transport) -> None:
        self._inner = inner
        self.forget()

    def __call__(self, operation: str, parameters: Parameters, /) -> dict[str, Any]:
        self.calls.append((operation, parameters))
        answer = self._inner(operation, parameters)
        batches = answer.get("Responses", {}).values()
        self.examined += answer.get("ScannedCount", 0) + ("Item" in answer)
        self.examined += sum(map(len, batches))
        return answer

    @property
    def operations(self) -> list[str]:
        return [operation for operation, _ in self.calls]

    def forget(self) -> None:
        self.calls: list[tuple[str, Parameters]] = []
        self.examined = 0

    def work(self) -> tuple[Counter[str], int]:
        """The calls by operation, and the examined items, since the last call of this method."""
        done = Counter(self.operations), self.examined
        self.forget()
        return done


Call = Callable[[], dict[str, Any]]
# The fault of one call. It gets the call, which it may carry out.
Fault = Callable[[Call], dict[str, Any]]


def refused_with(code: str, *reasons: str) -> Fault:
    """DynamoDB answers with an error and does nothing."""

    def fail(_: Call) -> dict[str, Any]:
        raise CallError(code, reasons)

    return fail


def never_sent(_: Call) -> dict[str, Any]:
    raise ConnectionLost("never sent")


def answer_lost(call: Call) -> dict[str, Any]:
    """The call is carried out, but its answer is lost."""
    with suppress(CallError):  # this error is lost too
        call()
    raise ConnectionLost("answer lost")


class Killed(BaseException):
    """The process ends: nothing after it happens, not even clean-up."""


def killed(call: Call) -> dict[str, Any]:
    """The process ends after the call."""
    call()
    raise Killed


def after(happening: Callable[[], object]) -> Fault:
    """Another writer acts before the call."""

    def wait(call: Call) -> dict[str, Any]:
        happening()
        return call()

    return wait


class Faulty:
    """Applies `faults` to the calls with these numbers, from 0; all others pass."""

    def __init__(self, inner: Transport, faults: Mapping[int, Fault] | None = None) -> None:
        self._inner = inner
        self._faults = faults or {}
        self.calls = 0

    def __call__(self, operation: str, parameters: Parameters, /) -> dict[str, Any]:
        fault = self._faults.get(self.calls)
        self.calls += 1
        call = partial(self._inner, operation, parameters)
        return fault(call) if fault else call()


def failing(inner: Transport, fault: Fault, *operations: str) -> Transport:
    """Every call of `operations`, or every call if none is given, has this fault."""

    def call(operation: str, parameters: Parameters, /) -> dict[str, Any]:
        if operations and operation not in operations:
            return inner(operation, parameters)
        return fault(partial(inner, operation, parameters))

    return call


def half_done(inner: Transport) -> Transport:
    """Answers the first half of every batch of reads and returns the rest. A batch of one is answered."""

    def call(operation: str, parameters: Parameters, /) -> dict[str, Any]:
        if operation != "BatchGetItem":
            return inner(operation, parameters)
        ((table, wanted),) = parameters["RequestItems"].items()
        half = (len(wanted["Keys"]) + 1) // 2
        now, later = wanted["Keys"][:half], wanted["Keys"][half:]
        answer = inner(operation, {"RequestItems": {table: {**wanted, "Keys": now}}})
        return answer | {"UnprocessedKeys": {table: {**wanted, "Keys": later}} if later else {}}

    return call


class Tables:
    """New tables in the AWS of the environment, and stores over them."""

    def __init__(self, transport: str, **seconds: float) -> None:
        self._client = boto3.client("dynamodb")
        self.transport = Strict(TRANSPORTS[transport](**seconds))

    def new(self) -> str:
        name = f"table-{uuid4().hex}"
        create_table(self._client, name, "test")
        return name

    def open(self, name: str, transport: Transport | None = None) -> DynamoStore:
        """A store with its own time: nothing waits."""
        clock = Clock()
        return DynamoStore(transport or self.transport, name, clock, clock.sleep)

    def items(self, name: str) -> list[dict[str, Any]]:
        """All items of the table, read without the store."""
        pages = self._client.get_paginator("scan").paginate(TableName=name)
        return [item for page in pages for item in page["Items"]]

    def rows(self, name: str) -> set[tuple[str, str]]:
        """The keys of all items of the table, read without the store."""
        return {(item["pk"]["S"], item["sk"]["S"]) for item in self.items(name)}


@contextmanager
def emulated_tables(
    emulator: Emulator, transport: str = "http", **seconds: float
) -> Iterator[Tables]:
    with pytest.MonkeyPatch.context() as environment:
        for name, value in emulated(emulator.url).items():
            environment.setenv(name, value)
        yield Tables(transport, **seconds)
