"""The Lambdas' documented policies are enough for all they do, and every statement is needed."""

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from itertools import product
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from tests.support.api import ROOT, Api
from tests.support.deployment import Deployment
from tests.support.emulator import REGION

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
TABLE = {"TableName": "landscape-dev"}
OK = [201, 200, 200, 200, 200, 204]


def calls(key: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Every kind of call to DynamoDB for the item with this key: the parameters by boto3's name."""
    check = {"Key": key, "ConditionExpression": "attribute_not_exists(n)", **TABLE}
    of_partition = {"ExpressionAttributeValues": {":pk": key["pk"]}, **TABLE}
    return {
        "get_item": {"Key": key, **TABLE},
        "batch_get_item": {"RequestItems": {"landscape-dev": {"Keys": [key]}}},
        "query": {"KeyConditionExpression": "pk = :pk", **of_partition},
        "transact_write_items": {"TransactItems": [{"ConditionCheck": check}]},
        "put_item": {"Item": key, **TABLE},
        "update_item": {"Key": key, **TABLE},
        "delete_item": {"Key": key, **TABLE},
    }


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """A stage on an emulated AWS that enforces IAM policies."""
    with Deployment(tmp_path_factory.mktemp("policy"), enforces_policies=True) as deployment:
        deployment.audit.add_user(USER, "Admin")
        deployment.deploy()
        deployment.let_in()
        yield deployment


def user_of(deployed: Deployment) -> Api:
    return deployed.api.with_token(deployed.audit.tokens(USER)["IdToken"])


def life(deployed: Deployment, name: str) -> list[int]:
    """Creates, reads, changes and deletes a project, with every kind of call. Returns the statuses."""
    user = user_of(deployed)
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


@contextmanager
def changed(
    deployed: Deployment, role: str, change: Callable[[Statements], Statements]
) -> Iterator[None]:
    """Replaces the statements of the role's policy inside the block."""
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
def test_the_policy_is_enough_and_no_more(deployed: Deployment, sid: str) -> None:
    with without(deployed, ROLE, sid):
        statuses = life(deployed, sid)
    assert any(status >= 500 for status in statuses)
    assert life(deployed, f"After{sid}") == OK


def test_the_policy_of_expire_is_enough_and_not_without_the_table(deployed: Deployment) -> None:
    assert not deployed.call_scheduled("expire")
    with without(deployed, EXPIRES_ROLE, "KeepTheAllowList"):
        assert "AccessDenied" in deployed.call_scheduled("expire")


def add_project_of_many_words(deployed: Deployment, word: str) -> int:
    """Creates a project with more rows than one transaction holds. Returns the status."""
    words = [f"{n:02}{word}" for n in range(78)]
    body = {"name": " ".join(words[:39]), "programme": " ".join(words[39:])}
    return user_of(deployed)("POST", P, body).status


def make_older(deployed: Deployment) -> None:
    """Makes the one unfinished write old enough to be completed."""
    dynamodb = deployed.emulator.client("dynamodb")
    (note,) = dynamodb.query(**calls({"pk": {"S": "UNFINISHED"}})["query"])["Items"]
    dynamodb.put_item(Item={**note, "at": {"N": "0"}}, **TABLE)


@pytest.mark.parametrize("sid", ["ReadTheRegister", "WriteTheRegister"])
def test_the_policy_of_finish_is_enough_and_no_more(deployed: Deployment, sid: str) -> None:
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
    arn = f"arn:aws:iam::000000000000:role/{role}"
    sts = deployed.emulator.client("sts")
    made = sts.assume_role(RoleArn=arn, RoleSessionName="test")["Credentials"]
    keys = (made["AccessKeyId"], made["SecretAccessKey"], made["SessionToken"])
    return boto3.Session(*keys, REGION).client("dynamodb", endpoint_url=deployed.emulator.url)


OWN, ALLOW, DENY = "PROJECT#of-this-test", "FIREWALL#allow", "FIREWALL#deny"
SECRET = "FIREWALL-SECRET"
CALLS = [*calls({"pk": {}})]
READS = ["get_item", "batch_get_item"]


def key_in(partition: str) -> dict[str, Any]:
    """The key of an item that no other test uses."""
    return {"pk": {"S": partition}, "sk": {"S": "of-this-test"}}


@pytest.mark.parametrize(
    ("role", "operations", "allowed", "refused"),
    [
        (ROLE, CALLS, [OWN], [ALLOW, DENY]),
        (ROLE, READS, [SECRET], []),
        (ROLE, [name for name in CALLS if name not in READS], [], [SECRET]),
        (FINISHES_ROLE, CALLS, [OWN], [SECRET, ALLOW, DENY]),
        (EXPIRES_ROLE, ["query"], [ALLOW, DENY], [SECRET, OWN]),
    ],
)
def test_each_function_reaches_its_own_part_of_the_table_alone(
    deployed: Deployment, role: str, operations: list[str], allowed: list[str], refused: list[str]
) -> None:
    """API: the register, and reads of the firewall's secret. finish: register. expire: lists."""
    dynamodb = as_role(deployed, role)
    for partition, operation in product((*allowed, *refused), operations):
        parameters = calls(key_in(partition))[operation]
        may = partition in allowed
        denied = pytest.raises(ClientError, match="AccessDenied")
        with nullcontext() if may else denied:
            getattr(dynamodb, operation)(**parameters)


@pytest.mark.parametrize("role", [ROLE, FINISHES_ROLE])
def test_one_key_of_the_allow_list_spoils_a_whole_batch_or_transaction(
    deployed: Deployment, role: str
) -> None:
    dynamodb = as_role(deployed, role)
    both = [key_in(OWN), key_in(ALLOW)]
    checks = [calls(key)["transact_write_items"]["TransactItems"][0] for key in both]
    with pytest.raises(ClientError, match="AccessDenied"):
        dynamodb.batch_get_item(RequestItems={"landscape-dev": {"Keys": both}})
    with pytest.raises(ClientError, match="AccessDenied"):
        dynamodb.transact_write_items(TransactItems=checks)


@pytest.mark.parametrize("role", [ROLE, FINISHES_ROLE, EXPIRES_ROLE])
def test_no_function_reads_or_writes_past_the_keys(deployed: Deployment, role: str) -> None:
    """A Scan names no partition, so no condition on partitions could limit it."""
    dynamodb = as_role(deployed, role)
    put = {"PutRequest": {"Item": key_in(OWN)}}
    with pytest.raises(ClientError, match="AccessDenied"):
        dynamodb.scan(**TABLE)
    with pytest.raises(ClientError, match="AccessDenied"):
        dynamodb.batch_write_item(RequestItems={"landscape-dev": [put]})
    with pytest.raises(ClientError, match="AccessDenied"):
        dynamodb.execute_statement(Statement='SELECT * FROM "landscape-dev"')


@pytest.mark.parametrize("function", ["", "-expire", "-finish"])
def test_the_stages_differ_in_nothing_but_their_names(function: str) -> None:
    files = (f".chalice/policy-{stage}{function}.json" for stage in ("dev", "prod"))
    dev, prod = ((ROOT / file).read_text() for file in files)
    assert dev.replace("-dev", "-prod") == prod
    assert "Scan" not in dev
    assert "PartiQL" not in dev
    assert "index/" not in dev
