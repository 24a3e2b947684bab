"""The releases of a stage: published versions of its Lambda. An alias points to the current one.

A deploy that succeeds publishes a version. The version's description names its gateway deployment
and the release before it. All records are on AWS, none on a machine.
"""

import json
import re
from dataclasses import dataclass
from hashlib import sha256
from io import BytesIO
from typing import TYPE_CHECKING
from urllib.request import urlopen
from zipfile import ZipFile

from ops.stage import Stage

if TYPE_CHECKING:
    from types_boto3_apigateway.client import APIGatewayClient
    from types_boto3_lambda.client import LambdaClient
    from types_boto3_lambda.type_defs import (
        FunctionConfigurationResponseTypeDef,
        FunctionConfigurationTypeDef,
    )

ALIAS = "released"
KEPT = 10
NONE = "none"
DOWNLOAD_SECONDS = 60
DESCRIPTION = "release {} of landscape-api: gateway deployment {}, before it version {}"
RELEASE = re.compile(re.escape(DESCRIPTION).replace(r"\{\}", r"(\w+)"))


@dataclass(frozen=True)
class Release:
    """`version` is the Lambda's, `digest` that of code and settings, `previous` a version or NONE."""

    version: str
    digest: str
    deployment: str
    previous: str
    code_sha256: str
    runtime: str


def publish(stage: Stage, api_id: str, gateway: "APIGatewayClient", client: "LambdaClient") -> str:
    """Publishes the live code as the stage's release. Returns a summary."""
    deployment = live_deployment(stage, api_id, gateway)
    name, updated = stage.full_name, client.get_waiter("function_updated")
    updated.wait(FunctionName=name)
    last = current_release(stage, client)
    live = client.get_function_configuration(FunctionName=name)
    if last and (last.code_sha256, last.deployment) == (live["CodeSha256"], deployment):
        return f"version {last.version} of {name}, unchanged"
    digest = _digest(code_of(stage, client), live.get("Environment", {}).get("Variables", {}))
    said = DESCRIPTION.format(digest, deployment, _previous(last, digest))
    made = client.publish_version(FunctionName=name, Description=said)
    if made["Description"] != said:  # nothing has changed since that version was published
        client.update_function_configuration(FunctionName=name, Description=said)
        updated.wait(FunctionName=name)
        made = client.publish_version(FunctionName=name, Description=said)
    point_to(stage, client, made["Version"])
    _forget_old(stage, client)
    return f"version {made['Version']} of {name}"


def _previous(last: Release | None, digest: str) -> str:
    """A release that is published again keeps its predecessor, so that a rollback changes something."""
    if last is None:
        return NONE
    return last.previous if last.digest == digest else last.version


def current_release(stage: Stage, client: "LambdaClient") -> Release | None:
    """The release that the alias points to; None before the first."""
    try:
        alias = client.get_alias(FunctionName=stage.full_name, Name=ALIAS)
    except client.exceptions.ResourceNotFoundException:
        return None
    return find_release(stage, client, alias["FunctionVersion"])


def find_release(stage: Stage, client: "LambdaClient", version: str) -> Release | None:
    """The release of this version of the Lambda; None if the version is not a release."""
    try:
        found = client.get_function_configuration(FunctionName=stage.full_name, Qualifier=version)
    except client.exceptions.ResourceNotFoundException:
        return None
    return _release_in(found)


def list_releases(stage: Stage, client: "LambdaClient") -> list[Release]:
    """All releases that are kept, the newest first."""
    pages = client.get_paginator("list_versions_by_function").paginate(FunctionName=stage.full_name)
    found = [_release_in(version) for page in pages for version in page["Versions"]]
    return sorted((one for one in found if one), key=lambda one: -int(one.version))


def _release_in(
    found: "FunctionConfigurationTypeDef | FunctionConfigurationResponseTypeDef",
) -> Release | None:
    match = RELEASE.fullmatch(found.get("Description", ""))
    if match is None or not found["Version"].isdigit():
        return None
    digest, deployment, previous = match.groups()
    code_sha256, runtime = found["CodeSha256"], found["Runtime"]
    return Release(found["Version"], digest, deployment, previous, code_sha256, runtime)


def point_to(stage: Stage, client: "LambdaClient", version: str) -> None:
    """Makes this version the current release."""
    name = stage.full_name
    try:
        client.update_alias(FunctionName=name, Name=ALIAS, FunctionVersion=version)
    except client.exceptions.ResourceNotFoundException:
        client.create_alias(FunctionName=name, Name=ALIAS, FunctionVersion=version)


def live_deployment(stage: Stage, api_id: str, gateway: "APIGatewayClient") -> str:
    return gateway.get_stage(restApiId=api_id, stageName=stage.gateway_stage)["deploymentId"]


def code_of(stage: Stage, client: "LambdaClient", version: str | None = None) -> bytes:
    """The deployment zip of a version, or of the live code."""
    qualifier = {"Qualifier": version} if version else {}
    found = client.get_function(FunctionName=stage.full_name, **qualifier)
    with urlopen(found["Code"]["Location"], timeout=DOWNLOAD_SECONDS) as response:
        zipped: bytes = response.read()
    return zipped


def _digest(zipped: bytes, settings: dict[str, str]) -> str:
    """Over sources and settings, because the bytes of the zip differ with each packaging."""
    total = sha256(json.dumps(settings, sort_keys=True).encode())
    with ZipFile(BytesIO(zipped)) as archive:
        for name in sorted(archive.namelist()):
            if not name.endswith(".pyc"):
                total.update(name.encode() + sha256(archive.read(name)).digest())
    return total.hexdigest()[:12]


def _forget_old(stage: Stage, client: "LambdaClient") -> None:
    """Deletes old versions, which count against the account's code storage.

    Keeps the newest, the current release and the one before it.
    """
    now = current_release(stage, client)
    needed = {now.version, now.previous} if now else set()
    for old in list_releases(stage, client)[KEPT:]:
        if old.version not in needed:
            client.delete_function(FunctionName=stage.full_name, Qualifier=old.version)
