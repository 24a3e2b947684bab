"""The releases of a stage: published versions of its Lambda, and the alias of the one that is to be live.

A deploy that came to its end publishes a version, whose description says which gateway deployment
belongs to it and which release was live before it. All of it is on AWS, not on a machine.
"""

import json
import re
from dataclasses import dataclass
from hashlib import sha256
from io import BytesIO
from typing import Any
from urllib.request import urlopen
from zipfile import ZipFile

from ops.stage import Stage

ALIAS = "released"
KEPT = 10
NONE = "none"
DOWNLOAD_SECONDS = 60
DESCRIPTION = "release {} of landscape-api: gateway deployment {}, before it version {}"
RELEASE = re.compile(re.escape(DESCRIPTION).replace(r"\{\}", r"(\w+)"))


@dataclass(frozen=True)
class Release:
    """`version` is the Lambda's, `digest` of what makes it another release, `previous` a version or NONE."""

    version: str
    digest: str
    deployment: str
    previous: str
    code_sha256: str
    runtime: str


def publish(stage: Stage, api_id: str, gateway: Any, client: Any) -> str:
    """Publishes what is live as the stage's release. What it did, in words."""
    deployment = live_deployment(stage, api_id, gateway)
    function = {"FunctionName": stage.full_name}
    updated = client.get_waiter("function_updated")
    updated.wait(**function)
    last = current_release(stage, client)
    live = client.get_function_configuration(**function)
    if last and (last.code_sha256, last.deployment) == (live["CodeSha256"], deployment):
        return f"version {last.version} of {stage.full_name} already"
    digest = _digest(code_of(stage, client), live.get("Environment", {}).get("Variables", {}))
    said = DESCRIPTION.format(digest, deployment, _previous(last, digest))
    made = client.publish_version(Description=said, **function)
    if made["Description"] != said:  # nothing has changed since that version was published
        client.update_function_configuration(Description=said, **function)
        updated.wait(**function)
        made = client.publish_version(Description=said, **function)
    point_to(stage, client, made["Version"])
    _forget_old(stage, client)
    return f"version {made['Version']} of {stage.full_name}"


def _previous(last: Release | None, digest: str) -> str:
    """The same release once more has the same one before it: a rollback shall change something."""
    if last is None:
        return NONE
    return last.previous if last.digest == digest else last.version


def current_release(stage: Stage, client: Any) -> Release | None:
    """The release that is to be live, if there was ever one."""
    try:
        alias = client.get_alias(FunctionName=stage.full_name, Name=ALIAS)
    except client.exceptions.ResourceNotFoundException:
        return None
    return find_release(stage, client, alias["FunctionVersion"])


def find_release(stage: Stage, client: Any, version: str) -> Release | None:
    """The release that this version of the Lambda is, where it is one."""
    try:
        found = client.get_function_configuration(FunctionName=stage.full_name, Qualifier=version)
    except client.exceptions.ResourceNotFoundException:
        return None
    return _release_in(found)


def list_releases(stage: Stage, client: Any) -> list[Release]:
    """All that are kept, the newest first."""
    pages = client.get_paginator("list_versions_by_function").paginate(FunctionName=stage.full_name)
    found = [_release_in(version) for page in pages for version in page["Versions"]]
    return sorted((one for one in found if one), key=lambda one: -int(one.version))


def _release_in(found: dict[str, Any]) -> Release | None:
    match = RELEASE.fullmatch(found.get("Description", ""))
    if match is None or not found["Version"].isdigit():
        return None
    digest, deployment, previous = match.groups()
    code_sha256, runtime = found["CodeSha256"], found["Runtime"]
    return Release(found["Version"], digest, deployment, previous, code_sha256, runtime)


def point_to(stage: Stage, client: Any, version: str) -> None:
    """Makes this version the release that is to be live."""
    alias = {"FunctionName": stage.full_name, "Name": ALIAS, "FunctionVersion": version}
    try:
        client.update_alias(**alias)
    except client.exceptions.ResourceNotFoundException:
        client.create_alias(**alias)


def live_deployment(stage: Stage, api_id: str, gateway: Any) -> str:
    found: str = gateway.get_stage(restApiId=api_id, stageName=stage.gateway_stage)["deploymentId"]
    return found


def code_of(stage: Stage, client: Any, version: str | None = None) -> bytes:
    """The deployment zip of a version, or of what is live."""
    qualifier = {"Qualifier": version} if version else {}
    found = client.get_function(FunctionName=stage.full_name, **qualifier)
    with urlopen(found["Code"]["Location"], timeout=DOWNLOAD_SECONDS) as response:
        zipped: bytes = response.read()
    return zipped


def _digest(zipped: bytes, settings: dict[str, str]) -> str:
    """Of sources and settings; the zip's own bytes differ from one packaging to the next."""
    total = sha256(json.dumps(settings, sort_keys=True).encode())
    with ZipFile(BytesIO(zipped)) as archive:
        for name in sorted(archive.namelist()):
            if not name.endswith(".pyc"):
                total.update(name.encode() + sha256(archive.read(name)).digest())
    return total.hexdigest()[:12]


def _forget_old(stage: Stage, client: Any) -> None:
    """Published versions count against the account's code storage: keeps the newest, and what is needed."""
    now = current_release(stage, client)
    needed = {now.version, now.previous} if now else set()
    for old in list_releases(stage, client)[KEPT:]:
        if old.version not in needed:
            client.delete_function(FunctionName=stage.full_name, Qualifier=old.version)
