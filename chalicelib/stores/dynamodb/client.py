"""The calls to DynamoDB: reads, batches and transactions. Each is repeated until it succeeds.

`transport.py` classifies a failed call; `patience.py` limits the time of the repetitions.
"""

import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, TypedDict

from chalicelib.errors import UnavailableError
from chalicelib.stores.dynamodb.actions import Action, refusal
from chalicelib.stores.dynamodb.patience import RETRY_AFTER_SECONDS, Patience
from chalicelib.stores.dynamodb.transport import (
    CALLERS_OWN,
    RETRYABLE,
    UNTRUSTED,
    CallError,
    ConnectionLost,
    Transport,
    check_answer,
)


class Value(TypedDict, total=False):
    """The value of an attribute: it has one of these members, named by type."""

    B: bytes
    M: "Mapping[str, Value]"
    N: str
    S: str
    SS: list[str]


Item = Mapping[str, Value]
Key = tuple[str, str]

KEYS_IN_ONE_GET = 100
WRITES_IN_ONE_BATCH = 25
ACTIONS_IN_ONE_TRANSACTION = 100
CHECK_ACCESS = "An operator must check the access to the database"
# For errors that have another cure.
DETAILS = {
    UNTRUSTED: "The database's certificate is not trusted: an operator must add its authority"
    " to the certificates that this machine trusts (SSL_CERT_FILE or AWS_CA_BUNDLE)",
}


class Client:
    def __init__(
        self,
        transport: Transport,
        table: str,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.table = table
        self._transport = transport
        self._clock = clock
        patience = Patience(clock, sleep)
        self._begin, self._pause = patience.begin, patience.pause

    def call(self, operation: str, **parameters: Any) -> dict[str, Any]:
        """Repeats a call that may succeed later.

        Raises CallError with a code in CALLERS_OWN, errors.UnavailableError.
        """
        attempt = 0
        while True:
            begun = self._begin()
            try:
                answer = self._transport(operation, parameters)
                check_answer(operation, parameters, answer)
                return answer
            except CallError as error:
                if error.code in CALLERS_OWN:
                    raise
                if error.code not in RETRYABLE:
                    refused = f"The database refuses the request: {error.code}. {CHECK_ACCESS}"
                    detail = DETAILS.get(error.code, refused)
                    raise UnavailableError(detail, RETRY_AFTER_SECONDS) from error
                self._pause(begun, attempt, error)
            except ConnectionLost as error:
                self._pause(begun, attempt, error)
            attempt += 1

    def get(self, key: Key) -> Item | None:
        """The current item, never an older one."""
        answer = self.call("GetItem", TableName=self.table, Key=item_key(key), ConsistentRead=True)
        found: Item | None = answer.get("Item")
        return found

    def get_all(self, keys: Iterable[Key], *attributes: str) -> dict[Key, Item]:
        """The current items that exist; only their `attributes` if any are named."""
        wanted = list(dict.fromkeys(keys))
        found: dict[Key, Item] = {}
        for start in range(0, len(wanted), KEYS_IN_ONE_GET):
            some = [item_key(key) for key in wanted[start : start + KEYS_IN_ONE_GET]]
            for item in self._get_batch(some, attributes):
                found[item["pk"]["S"], item["sk"]["S"]] = item
        return found

    def query(
        self, parameters: Mapping[str, Any], partition: str, after: str | None, limit: int
    ) -> tuple[list[Item], str | None]:
        """One call: the matches among the next `limit` items after `after`, and the next `after`."""
        start = {} if after is None else {"ExclusiveStartKey": item_key((partition, after))}
        answer = self.call("Query", TableName=self.table, Limit=limit, **parameters, **start)
        last = answer.get("LastEvaluatedKey")
        return answer["Items"], last and last["sk"]["S"]

    def pages(self, partition: str, beginning: str = "") -> Iterator[list[Item]]:
        """A partition's items whose sort keys begin with `beginning`, in order. Each page is a lazy call."""
        values = {":pk": {"S": partition}}
        condition = "pk = :pk"
        if beginning:
            values[":beginning"] = {"S": beginning}
            condition += " AND begins_with(sk, :beginning)"
        more: dict[str, Any] = {}
        while True:
            answer = self.call(
                "Query",
                TableName=self.table,
                KeyConditionExpression=condition,
                ExpressionAttributeValues=values,
                **more,
            )
            yield answer["Items"]
            if "LastEvaluatedKey" not in answer:
                return
            more = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}

    def everything(self) -> Iterator[Item]:
        """All current items of the table, in no order: a Scan, 1 MB a call."""
        more: dict[str, Any] = {}
        while True:
            answer = self.call("Scan", TableName=self.table, ConsistentRead=True, **more)
            yield from answer["Items"]
            if "LastEvaluatedKey" not in answer:
                return
            more = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}

    def transact(self, actions: Sequence[Action]) -> None:
        """Carries out all actions or none. Raises what `refusal` returns, errors.UnavailableError."""
        items = [action.write for action in actions]
        attempt = 0
        # With the same token a repeated transaction is done once, also if the first answer was lost.
        token = os.urandom(16).hex()
        while True:
            begun = self._clock()
            try:
                self.call("TransactWriteItems", TransactItems=items, ClientRequestToken=token)
                return
            except CallError as error:
                refused = refusal(actions, error)
                if refused is error:
                    raise
                if refused:
                    raise refused from error
                self._pause(begun, attempt, error)
            attempt += 1

    def write_all(self, writes: Iterable[Mapping[str, Any]]) -> None:
        """Puts and deletes without conditions, in any order. They may be repeated."""
        waiting = list(writes)
        attempt = 0
        while waiting:
            begun = self._clock()
            some, rest = waiting[:WRITES_IN_ONE_BATCH], waiting[WRITES_IN_ONE_BATCH:]
            answer = self.call("BatchWriteItem", RequestItems={self.table: some})
            left = answer.get("UnprocessedItems", {}).get(self.table, [])
            waiting = left + rest
            attempt = attempt + 1 if left else 0
            if left:
                self._pause(begun, attempt)

    def put(self, item: Item, condition: str = "", **values: Value) -> dict[str, Any]:
        """A put for a transaction."""
        return {"Put": self._conditional({"Item": item}, condition, values)}

    def delete(self, key: Key, condition: str = "", **values: Value) -> dict[str, Any]:
        """A delete for a transaction."""
        return {"Delete": self._conditional({"Key": item_key(key)}, condition, values)}

    def condition_check(self, key: Key, condition: str, **values: Value) -> dict[str, Any]:
        """A condition for a transaction."""
        return {"ConditionCheck": self._conditional({"Key": item_key(key)}, condition, values)}

    def update(self, key: Key, change: str, condition: str = "", **values: Value) -> dict[str, Any]:
        """An update for a transaction."""
        write = {"Key": item_key(key), "UpdateExpression": change}
        return {"Update": self._conditional(write, condition, values)}

    def _conditional(self, write: dict[str, Any], condition: str, values: Item) -> dict[str, Any]:
        write["TableName"] = self.table
        if condition:
            write["ConditionExpression"] = condition
        if values:
            write["ExpressionAttributeValues"] = {f":{name}": v for name, v in values.items()}
        return write

    def _get_batch(
        self, keys: list[dict[str, Value]], attributes: tuple[str, ...]
    ) -> Iterator[Item]:
        wanted: dict[str, Any] = {"ConsistentRead": True}
        if attributes:
            names = {f"#{n}": name for n, name in enumerate(("pk", "sk", *attributes))}
            wanted |= {
                "ProjectionExpression": ", ".join(names),
                "ExpressionAttributeNames": names,
            }
        attempt = 0
        while keys:
            begun = self._clock()
            answer = self.call("BatchGetItem", RequestItems={self.table: {**wanted, "Keys": keys}})
            yield from answer["Responses"].get(self.table, [])
            keys = answer.get("UnprocessedKeys", {}).get(self.table, {}).get("Keys", [])
            if keys:
                self._pause(begun, attempt)
                attempt += 1


def item_key(key: Key) -> dict[str, Value]:
    return {"pk": {"S": key[0]}, "sk": {"S": key[1]}}
