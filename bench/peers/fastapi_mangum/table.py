"""Both peers' table in DynamoDB: whole documents, an index by name, and one call for each answer."""

import json
import os
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any

import boto3
from botocore.config import Config
from fastapi import HTTPException
from models import Stored, sort_key
from pydantic import BaseModel

TABLE = os.environ["TABLE"]
Item = dict[str, Any]
# As many connections as FastAPI has threads.
dynamodb = boto3.client("dynamodb", config=Config(max_pool_connections=40))


def get(id_: str) -> Stored | None:
    found = dynamodb.get_item(TableName=TABLE, Key={"id": {"S": id_}}, ConsistentRead=True)
    return stored(found["Item"]) if "Item" in found else None


def stored(item: Item) -> Stored:
    if "contacts" not in item:
        return Stored(item["document"]["S"])
    return Stored(item["document"]["S"], item["contacts"]["S"], int(item["version"]["N"]))


def put(project: BaseModel, contacts: str, seen: int = 0) -> None:
    """Replaces version `seen`, or creates the project if 0."""
    condition: Item = {"ConditionExpression": "attribute_not_exists(id)"}
    if seen:
        condition["ConditionExpression"] = "version = :seen"
        condition["ExpressionAttributeValues"] = {":seen": {"N": str(seen)}}
    item = {
        "id": {"S": f"PROJECT#{project.id}"},
        "kind": {"S": "PROJECT"},
        "name": {"S": sort_key(project)},
        "technologies": {"SS": list({use.technology for use in project.technologies}) or ["none"]},
        "version": {"N": str(project.version)},
        "document": {"S": project.model_dump_json()},
        "contacts": {"S": contacts},
    }
    try:
        dynamodb.put_item(TableName=TABLE, Item=item, **condition)
    except dynamodb.exceptions.ConditionalCheckFailedException:
        raise HTTPException(409, "Another request changed the project") from None


def delete(id_: str) -> None:
    dynamodb.delete_item(TableName=TABLE, Key={"id": {"S": id_}})


def query(
    kind: str, limit: int, cursor: str | None = None, technology: str | None = None
) -> tuple[list[Stored], str | None]:
    """A page and the cursor of the next one. One Query, or more if a filter leaves the page short."""
    key = {"IndexName": "by-name", "KeyConditionExpression": "kind = :kind"}
    values, wanted = {":kind": {"S": kind}}, {"TableName": TABLE, "Limit": limit, **key}
    if not technology:  # a shortened page needs the keys of its last item too
        wanted["ProjectionExpression"] = "document"
    else:
        values[":technology"] = {"S": technology}
        wanted["Limit"] = 2 * limit
        wanted["FilterExpression"] = "contains(technologies, :technology)"
    if cursor:
        wanted["ExclusiveStartKey"] = json.loads(urlsafe_b64decode(cursor))
    items: list[Item] = []
    after: Item | None = {}
    while after is not None and len(items) < limit:
        answer = dynamodb.query(ExpressionAttributeValues=values, **wanted)
        items += answer["Items"]
        wanted["ExclusiveStartKey"] = after = answer.get("LastEvaluatedKey")
    if len(items) > limit:
        items = items[:limit]
        after = {name: items[-1][name] for name in ("id", "kind", "name")}
    cursor = urlsafe_b64encode(json.dumps(after).encode()).decode() if after else None
    return [Stored(item["document"]["S"]) for item in items], cursor
