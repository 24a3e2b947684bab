"""Clients that are generated from the contract, as a team would: they compile, and one lives a project's life."""

import compileall
import importlib
import os
import subprocess
import sys
from collections.abc import Generator, Iterator
from contextlib import ExitStack
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from chalicelib.models.caller import TECH_AUDIT_TOOL
from chalicelib.routes.contract import DOCUMENT
from tests.support.api import Api, LocalServer
from tests.support.commands import BIN
from tests.support.machine import NODE
from tests.support.signing import IAM, REGION
from tools.credentials import development_credentials

PACKAGE = "generated_landscape_client"
# A proxy on the way may change the others.
SIGNED = ("host", "content-type", "if-match", "idempotency-key", "on-behalf-of")


def run(*command: object, **environment: str) -> str:
    """What it says. Fails the test where its exit code is not 0."""
    parts, env = [str(part) for part in command], {**os.environ, **environment}
    result = subprocess.run(parts, capture_output=True, text=True, check=False, env=env)
    said = result.stdout + result.stderr
    assert result.returncode == 0, said
    return said


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The Python client, where it can be imported."""
    place = tmp_path_factory.mktemp("client")
    made = place / PACKAGE
    said = run(
        *(BIN / "openapi-python-client", "generate", "--path", DOCUMENT, "--meta", "none"),
        *("--output-path", made, "--fail-on-warning"),
        PATH=f"{BIN}{os.pathsep}{os.environ['PATH']}",
    )
    assert "Warning" not in said
    sys.path.insert(0, str(place))
    yield made
    sys.path.remove(str(place))


def part(name: str) -> ModuleType:
    return importlib.import_module(f"{PACKAGE}.{name}")


def test_every_module_of_the_python_client_compiles_and_can_be_imported(package: Path) -> None:
    assert compileall.compile_dir(package, quiet=1)
    modules = [path.relative_to(package).with_suffix("") for path in package.rglob("*.py")]
    assert len(modules) > 60
    for module in modules:
        if module.name != "__init__":
            part(".".join(module.parts))


class Signature(httpx.Auth):
    """What a team with an IAM role writes: the hook that signs what the client sends."""

    requires_request_body = True

    def __init__(self, credentials: Credentials) -> None:
        self._sigv4 = SigV4Auth(credentials, "execute-api", REGION)

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        query = request.url.query.replace(b"+", b"%20")  # a signature knows no other blank
        request.url = request.url.copy_with(query=query or None)
        headers = {name: request.headers[name] for name in request.headers if name in SIGNED}
        signed = AWSRequest(request.method, str(request.url), headers=headers, data=request.content)
        self._sigv4.add_auth(signed)
        request.headers.update(dict(signed.headers.items()))
        yield request


def clients_with_tokens(server: Api, base: str) -> list[Any]:
    callers = (server.auditor(), server.audit_admin())
    tokens = [caller.headers["Authorization"].removeprefix("Bearer ") for caller in callers]
    return [part("client").AuthenticatedClient(base, token) for token in tokens]


def clients_that_sign(server: Api, base: str) -> list[Any]:
    """For the same two users, with their service's role. It needs no token."""
    auth = Signature(development_credentials(server.settings, TECH_AUDIT_TOOL))
    client = part("client").AuthenticatedClient(base + IAM, "", httpx_args={"auth": auth})
    users = ("auditor@example.org", 'audit-admin@example.org; groups="Admin"')
    return [client.with_headers({"On-Behalf-Of": user}) for user in users]


@pytest.fixture(params=[clients_with_tokens, clients_that_sign])
def callers(
    package: Path, server: Api, request: pytest.FixtureRequest
) -> Iterator[tuple[Any, Any]]:
    """The client as a user of the Tech Audit Tool, and as its administrator."""
    base = f"http://127.0.0.1:{LocalServer.running[0].port}"
    with ExitStack() as stack:
        client, admin = map(stack.enter_context, request.param(server, base))
        yield client, admin


def test_the_python_client_lives_the_life_of_a_project(callers: tuple[Any, Any], name: str) -> None:
    models, (client, admin) = part("models"), callers
    assert part("api.service.get_index").sync(client=client).stage == "local"

    def call(operation: str, *arguments: Any, who: Any = client, **more: Any) -> Any:
        return part(f"api.projects.{operation}").sync_detailed(*arguments, client=who, **more)

    uses = [{"technology": "Python", "category": "languages"}]
    new = models.NewProject.from_dict({"name": name, "technologies": uses})
    made = call("create_project", body=new)
    assert made.status_code == 201
    project = made.parsed
    assert project.technologies[0].technology == "python"
    read = call("get_project", project.id)
    assert read.parsed == project
    change = models.ProjectChange.from_dict({**project.to_dict(), "stage": "development"})
    replaced = call("replace_project", project.id, body=change, if_match=read.headers["ETag"])
    assert replaced.parsed.stage == "development"
    stale = call("replace_project", project.id, body=change, if_match=read.headers["ETag"])
    assert (stale.status_code, stale.parsed.status) == (412, 412)
    patch = models.ProjectPatch(stage=None)
    assert call("patch_project", project.id, body=patch, if_match="*").parsed.stage is None
    found = call("list_projects", q=name, limit=1).parsed
    assert [one.id for one in found.items] == [project.id]
    contacts = call("get_contacts", project.id).parsed
    assert [one.email for one in contacts.contacts] == ["auditor@example.org"]
    assert call("delete_project", project.id, if_match="*").status_code == 403
    assert call("delete_project", project.id, if_match="*", who=admin).status_code == 204
    assert call("get_project", project.id).status_code == 404


@pytest.mark.node
def test_the_types_for_typescript_compile(tmp_path: Path) -> None:
    types = tmp_path / "landscape.ts"
    run(NODE / "openapi-typescript", DOCUMENT, "-o", types)
    use = tmp_path / "use.ts"
    use.write_text("""
import type { components, operations } from "./landscape";
type Project = components["schemas"]["Project"];
type NewProject = operations["createProject"]["requestBody"]["content"]["application/json"];
export const idOf = (project: Project): string => project.id;
export const made: NewProject = { name: "Typed", stage: "development" };
// @ts-expect-error: there is no such stage
export const wrong: NewProject = { name: "Typed", stage: "some-day" };
""")
    run(NODE / "tsc", "--noEmit", "--strict", "--module", "es2022", "--target", "es2022", use)
