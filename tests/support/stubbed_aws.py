"""AWS as botocore's Stubber: it accepts calls only in the expected order, and nothing waits."""

from functools import cache
from typing import Any, Self

import boto3
from botocore.stub import Stubber

from tests.support.emulator import CREDENTIALS, REGION

client = cache(lambda service: boto3.client(service, region_name=REGION, **CREDENTIALS))


class StubbedAws:
    """Clients of `services`. Pass `slept.append` as `sleep`: it stores the seconds."""

    def __init__(self, *services: str) -> None:
        self.clients: list[Any] = [client(service) for service in services]
        self.slept: list[float] = []
        self._stubbers = [Stubber(each) for each in self.clients]

    def _stubber(self, operation: str) -> Stubber:
        pairs = zip(self.clients, self._stubbers, strict=True)
        return next(stubber for client, stubber in pairs if hasattr(client, operation))

    def answers(
        self, operation: str, answer: dict[str, Any] | None = None, expected: Any = None
    ) -> None:
        self._stubber(operation).add_response(operation, answer or {}, expected)

    def refuses(self, operation: str, code: str, message: str = "", times: int = 1) -> None:
        for _ in range(times):
            self._stubber(operation).add_client_error(operation, code, message)

    def __enter__(self) -> Self:
        for stubber in self._stubbers:
            stubber.activate()
        return self

    def __exit__(self, *_: object) -> None:
        for stubber in self._stubbers:
            stubber.deactivate()
            stubber.assert_no_pending_responses()
