"""The output of `chalice package` for a stage, made from this checkout without calls to AWS."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from zipfile import ZipFile

from chalicelib.settings import OURS
from ops.apis import DeployError
from ops.runtime import pinned_python, require_wheels
from ops.stage import Stage

TEMPLATE, ZIP = "sam.json", "deployment.zip"
API = "api_handler"
# The types of resources that are compared. A resource of another type counts as changed each time.
FUNCTION, ROLE, REST_API = "AWS::Serverless::Function", "AWS::IAM::Role", "AWS::Serverless::Api"
PERMISSION = "AWS::Lambda::Permission"


@dataclass(frozen=True)
class Lambda:
    """`name` is that in app.py, `properties` are SAM's, `policy` is None for a role made elsewhere."""

    name: str
    properties: dict[str, Any]
    policy: dict[str, Any] | None

    @property
    def schedule(self) -> str:
        """Empty for a Lambda without a schedule."""
        for event in self.properties.get("Events", {}).values():
            found: str = event["Properties"].get("Schedule", "")
            return found
        return ""


@dataclass(frozen=True)
class Built:
    """`code` has a digest for each file of the zip; `others` are resources that are not compared."""

    lambdas: tuple[Lambda, ...]
    api: dict[str, Any]
    definition: dict[str, Any]
    code: dict[str, str]
    others: tuple[str, ...] = field(default=())


def chalice(stage: Stage, *arguments: str, quiet: bool = False) -> None:
    """Runs Chalice's own command in the project. Raises DeployError if it fails."""
    command = [str(Path(sys.executable).parent / "chalice"), *arguments]
    project = stage.directory.absolute().parent
    # Settings that this shell exports do not apply to a deployed stage.
    environment = {name: value for name, value in os.environ.items() if not OURS.match(name)}
    done = subprocess.run(
        command, cwd=project, env=environment, check=False, capture_output=quiet, text=True
    )
    if done.returncode:
        if quiet:
            sys.stderr.write(done.stdout + done.stderr)
        raise DeployError(f"chalice {arguments[0]} failed: correct the error above")


def build(stage: Stage) -> Built:
    """Packages this checkout. Raises DeployError."""
    with TemporaryDirectory() as folder:
        chalice(stage, "package", "--stage", stage.name, folder, quiet=True)
        template = json.loads(Path(folder, TEMPLATE).read_text())
        zipped = Path(folder, ZIP)
        require_wheels(zipped, pinned_python(stage.directory.absolute().parent))
        code = digests(zipped.read_bytes())
    return _read(template["Resources"], code)


def _read(resources: Mapping[str, Any], code: dict[str, str]) -> Built:
    of = {kind: _of_kind(resources, kind) for kind in (FUNCTION, ROLE, REST_API, PERMISSION)}
    (api,) = of[REST_API].values()
    definition = api.pop("DefinitionBody")
    known = {name for found in of.values() for name in found}
    return Built(
        tuple(_lambda(found, of[ROLE]) for found in of[FUNCTION].values()),
        api,
        definition,
        code,
        tuple(sorted(resources.keys() - known)),
    )


def _of_kind(resources: Mapping[str, Any], kind: str) -> dict[str, Any]:
    return {name: one["Properties"] for name, one in resources.items() if one["Type"] == kind}


def _lambda(properties: dict[str, Any], roles: Mapping[str, Any]) -> Lambda:
    """The handler identifies the function, because Chalice's template has no names."""
    name = properties["Handler"].removeprefix("app.")
    role = properties.get("Role")
    policy = None
    if isinstance(role, dict):  # {"Fn::GetAtt": [role, "Arn"]}; one made elsewhere is a plain ARN
        (policy,) = (each["PolicyDocument"] for each in roles[role["Fn::GetAtt"][0]]["Policies"])
    return Lambda(API if name == "app" else name, properties, policy)


def digests(zipped: bytes) -> dict[str, str]:
    """A digest of each file except byte code, which differs with each packaging and is never wrong."""
    with ZipFile(BytesIO(zipped)) as archive:
        return {
            name: sha256(archive.read(name)).hexdigest()
            for name in archive.namelist()
            if not name.endswith((".pyc", "/"))
        }
