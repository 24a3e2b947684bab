"""The Lambdas' written policies: enough for all they do, and with no statement of them too much."""

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from tests.deployment import Deployment
from tests.emulator import REGION
from tests.support import ROOT, Api

P = "/api/v1/projects"
USER = "user@example.org"
ROLE = "landscape-api-dev-api_handler"
EXPIRES_ROLE = "landscape-api-dev-expire"
FINISHES_ROLE = "landscape-api-dev-finish"
Statements = list[dict[str, Any]]
NO_WORDS = {
    "Sid": "NoWords",
    "Effect": "Deny",
    "Action": "dynamodb:*",
    "Resource": "*",
    "Condition": {"ForAnyValue:StringLike": {"dynamodb:LeadingKeys": ["PROJECT-WORDS#*"]}},
}
# A call to DynamoDB for the item with this key.
Call = Callable[[Any, dict[str, Any]], Any]
TABLE = {"TableName": "landscape-dev"}
CALLS: dict[str, Call] = {
    "GetItem": lambda dynamodb, key: dynamodb.get_item(Key=key, **TABLE),
    "BatchGetItem": lambda dynamodb, key: dynamodb.batch_get_item(
        RequestItems={"landscape-dev": {"Keys": [key]}}
    ),
    "Query": lambda dynamodb, key: dynamodb.query(
        KeyConditionExpression="pk = :pk", ExpressionAttributeValues={":pk": key["pk"]}, **TABLE
    ),
    "ConditionCheckItem": lambda dynamodb, key: dynamodb.transact_write_items(
        TransactItems=[
            {
                "ConditionCheck": {
                    "Key": key,
                    "ConditionExpression": "attribute_not_exists(n)",
                    **TABLE,
                }
            }
        ]
    ),
    "PutItem": lambda dynamodb, key: dynamodb.put_item(Item=key, **TABLE),
    "UpdateItem": lambda dynamodb, key: dynamodb.update_item(Key=key, **TABLE),
    "DeleteItem": lambda dynamodb, key: dynamodb.delete_item(Key=key, **TABLE),
}


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """On an emulated AWS that enforces IAM policies."""
    with Deployment(tmp_path_factory.mktemp("policy"), enforces_policies=True) as deployment:
        deployment.audit.add_user(USER, "Admin")
        deployment.deploy()
        deployment.let_in()
        yield deployment


def life(deployed: Deployment, name: str) -> list[int]:
    """The statuses of a project's life: every kind of call that the store makes."""
    user: Api = deployed.api.with_token(deployed.audit.tokens(USER)["IdToken"])
    uses = [{"technology": f"Born of {name}", "category": "languages"}]
    made = user("POST", P, {"name": name, "technologies": uses})
    path = f"{P}/{name.lower()}"
    answers = [
        made,
        user.get("/health"),
        user.get(f"{P}?q={name}&limit=1"),
        user.get(path),
        user("PATCH", path, {"technologies": []}, if_match="*"),
        user("DELETE", path, if_match="*"),
    ]
    return [answer.status for answer in answers]


def test_the_policy_is_enough(deployed: Deployment) -> None:
    assert life(deployed, "Enough") == [201, 200, 200, 200, 200, 204]


@contextmanager
def changed(
    deployed: Deployment, role: str, change: Callable[[Statements], Statements]
) -> Iterator[None]:
    """While the role's policy holds other statements."""
    iam = deployed.emulator.client("iam")
    of = {"RoleName": role, "PolicyName": role}
    whole = iam.get_role_policy(**of)["PolicyDocument"]
    other = {**whole, "Statement": change(whole["Statement"])}
    assert other != whole
    iam.put_role_policy(**of, PolicyDocument=json.dumps(other))
    try:
        yield
    finally:
        iam.put_role_policy(**of, PolicyDocument=json.dumps(whole))


def without(deployed: Deployment, role: str, sid: str) -> AbstractContextManager[None]:
    return changed(deployed, role, lambda whole: [one for one in whole if one["Sid"] != sid])


@pytest.mark.parametrize("sid", ["ReadTheRegister", "WriteTheRegister"])
def test_without_a_statement_it_is_not(deployed: Deployment, sid: str) -> None:
    with without(deployed, ROLE, sid):
        statuses = life(deployed, sid)
    assert any(status >= 500 for status in statuses)
    assert life(deployed, f"After{sid}") == [201, 200, 200, 200, 200, 204]


def test_the_policy_of_expire_is_enough_and_not_without_the_table(deployed: Deployment) -> None:
    assert not deployed.call_scheduled("expire")
    with without(deployed, EXPIRES_ROLE, "KeepTheAllowList"):
        assert "AccessDenied" in deployed.call_scheduled("expire")


def add_project_of_many_words(deployed: Deployment, word: str) -> int:
    """Whose rows are more than a transaction holds: the status."""
    user: Api = deployed.api.with_token(deployed.audit.tokens(USER)["IdToken"])
    words = [f"{n:02}{word}" for n in range(78)]
    body = {"name": " ".join(words[:39]), "programme": " ".join(words[39:])}
    return user("POST", P, body).status


def make_older(deployed: Deployment) -> None:
    """What time would do to the note of the one unfinished write."""
    dynamodb = deployed.emulator.client("dynamodb")
    (note,) = dynamodb.query(
        KeyConditionExpression="pk = :pk",
        ExpressionAttributeValues={":pk": {"S": "UNFINISHED"}},
        **TABLE,
    )["Items"]
    dynamodb.put_item(Item={**note, "at": {"N": "0"}}, **TABLE)


@pytest.mark.parametrize("sid", ["ReadTheRegister", "WriteTheRegister"])
def test_the_policy_of_finish_is_enough_and_not_without_a_statement(
    deployed: Deployment, sid: str
) -> None:
    word = sid[:2].lower()
    with changed(deployed, ROLE, lambda whole: [*whole, NO_WORDS]):
        assert add_project_of_many_words(deployed, word) >= 500
    make_older(deployed)
    with without(deployed, FINISHES_ROLE, sid):
        assert "AccessDenied" in deployed.call_scheduled("finish")
    for count in (1, 0):
        assert not deployed.call_scheduled("finish")
        assert deployed.logged("finish")[-1] == {"stage": "dev", "unfinished_writes": count}
    assert add_project_of_many_words(deployed, word) == 201


def as_role(deployed: Deployment, role: str) -> Any:
    """A client for DynamoDB with the rights of a Lambda."""
    made = deployed.emulator.client("sts").assume_role(
        RoleArn=f"arn:aws:iam::000000000000:role/{role}", RoleSessionName="test"
    )["Credentials"]
    return boto3.client(
        "dynamodb",
        region_name=REGION,
        endpoint_url=deployed.emulator.url,
        aws_access_key_id=made["AccessKeyId"],
        aws_secret_access_key=made["SecretAccessKey"],
        aws_session_token=made["SessionToken"],
    )


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_finish_reaches_the_register_and_not_the_firewall(deployed: Deployment, call: Call) -> None:
    dynamodb = as_role(deployed, FINISHES_ROLE)
    item = {"sk": {"S": "of-this-test"}}
    call(dynamodb, {"pk": {"S": "PROJECT#of-this-test"}, **item})
    for partition in ("FIREWALL-SECRET", "FIREWALL#allow", "FIREWALL#deny"):
        with pytest.raises(ClientError, match="AccessDenied"):
            call(dynamodb, {"pk": {"S": partition}, **item})


def test_expire_reaches_the_allow_list_and_nothing_else(deployed: Deployment) -> None:
    dynamodb = as_role(deployed, EXPIRES_ROLE)
    for partition in ("FIREWALL#allow", "FIREWALL#deny"):
        CALLS["Query"](dynamodb, {"pk": {"S": partition}})
    for partition in ("FIREWALL-SECRET", "PROJECT#of-this-test"):
        with pytest.raises(ClientError, match="AccessDenied"):
            CALLS["Query"](dynamodb, {"pk": {"S": partition}})


@pytest.mark.parametrize("function", ["", "-expire", "-finish"])
def test_the_stages_differ_in_nothing_but_their_names(function: str) -> None:
    files = (f".chalice/policy-{stage}{function}.json" for stage in ("dev", "prod"))
    dev, prod = ((ROOT / file).read_text() for file in files)
    assert dev.replace("-dev", "-prod") == prod
    assert "Scan" not in dev
