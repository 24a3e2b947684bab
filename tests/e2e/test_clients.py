"""Clients generated from the contract, as a team would generate them: they compile and they work."""

import importlib
import json
import sys
from collections.abc import Callable, Generator, Iterator
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
from tests.support.api import Api, LocalServer, P
from tests.support.generated_clients import (
    COMMON_JS,
    MODELS,
    PACKAGE,
    STRICT,
    answers,
    bodies,
    of_a_later_release,
    python_client,
    python_models,
    run,
    strictly_typed,
    typescript,
    write_samples,
)
from tests.support.machine import NODE
from tests.support.signing import IAM, REGION
from tools.credentials import development_credentials

USE = """
import type { components, operations } from "./types";
type Project = components["schemas"]["Project"];
type NewProject = operations["createProject"]["requestBody"]["content"]["application/json"];
export const idOf = (project: Project): string => project.id;
export const made: NewProject = { name: "Typed", stage: "development" };
// @ts-expect-error: there is no such stage
export const wrong: NewProject = { name: "Typed", stage: "some-day" };
"""
# The schemas of hey-api for zod parse each sample. Their names begin with `z`.
PARSE = """
const schemas = require("./hey/zod.gen.js");
const samples = require("./samples.json");
for (const [name, sample] of samples) schemas["z" + name].parse(sample);
console.log(samples.length);
"""
# A proxy may change the other headers.
SIGNED = ("host", "content-type", "if-match", "idempotency-key", "on-behalf-of")


# Texts that the service accepts. A stricter pattern in a generated client would refuse them.
UNUSUAL = {
    "name": "Größe 🗺️ C#\u2028",
    "description": "Tabs\tand\nlines\r\n",
    "short_name": "",
    "documentation": [
        "HTTPS://Example.ORG",
        "http://[::1]:8080/?q=a|b",
        "https://例え.jp/ü#é",
        "http://localhost:",
    ],
    "repositories": [{"type": "other", "url": ""}],
    "contacts": [{"email": "o'hara+x@müller.example", "roles": ["\u3000Chief"]}],
}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder from which generated Python can be imported."""
    found = tmp_path_factory.mktemp("clients")
    sys.path.insert(0, str(found))
    yield found
    sys.path.remove(str(found))


@pytest.fixture(scope="module")
def package(place: Path) -> Path:
    return python_client(place)


@pytest.fixture(scope="module")
def models(place: Path) -> Path:
    return python_models(place)


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The JavaScript that TypeScript compiles, with strict checks, from the three generators' code."""
    code = typescript(tmp_path_factory.mktemp("typescript"))
    code.joinpath("use.ts").write_text(USE)
    output = ("--outDir", code / "compiled", "--rootDir", code)
    run(
        NODE / "tsc",
        *STRICT,
        *COMMON_JS,
        *output,
        *code.glob("*.ts"),
        *code.glob("hey/**/*.ts"),
        place=code,
    )
    return code / "compiled"


def part(name: str) -> ModuleType:
    return importlib.import_module(f"{PACKAGE}.{name}")


@pytest.mark.parametrize("made", ["package", "models"])
def test_generated_python_is_strictly_typed(made: str, request: pytest.FixtureRequest) -> None:
    strictly_typed(request.getfixturevalue(made))


def test_every_module_of_the_python_client_can_be_imported(package: Path) -> None:
    modules = [path.relative_to(package).with_suffix("") for path in package.rglob("*.py")]
    assert len(modules) > 60
    for module in modules:
        if module.name != "__init__":
            part(".".join(module.parts))


@pytest.mark.parametrize("as_given", [lambda answer: answer, of_a_later_release])
def test_generated_python_reads_the_answers_of_this_release_and_a_later_one(
    package: Path, models: Path, as_given: Callable[[Any], Any]
) -> None:
    read = importlib.import_module(MODELS)
    for name, answer in answers():
        sent = as_given(answer)
        again = json.dumps(getattr(part("models"), name).from_dict(sent).to_dict())
        assert json.loads(again.replace("00:00+00:00", "00:00.000000Z")) == sent
        getattr(read, name).model_validate(sent)


def test_the_service_accepts_the_unusual_texts(test_client: Api) -> None:
    assert test_client.auditor()("POST", P, UNUSUAL).status == 201


def test_generated_python_sends_what_the_service_accepts(models: Path) -> None:
    read = importlib.import_module(MODELS)
    for name, body in [*bodies(), ("NewProject", UNUSUAL)]:
        getattr(read, name).model_validate(body)


@pytest.mark.node
def test_generated_zod_schemas_take_answers_of_a_later_release_and_all_accepted_bodies(
    compiled: Path,
) -> None:
    taken = [*answers(), *((name, of_a_later_release(answer)) for name, answer in answers())]
    taken += [*bodies(), ("NewProject", UNUSUAL)]
    write_samples(compiled / "samples.json", taken)
    script = compiled / "parse.js"
    script.write_text(PARSE)
    assert run("node", script).split() == [str(len(taken))]


class Signature(httpx.Auth):
    """The hook that a team with an IAM role writes: it signs each request of the client."""

    requires_request_body = True

    def __init__(self, credentials: Credentials) -> None:
        self._sigv4 = SigV4Auth(credentials, "execute-api", REGION)

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        query = request.url.query.replace(b"+", b"%20")  # signatures encode a space so
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
    """Clients for the same two users, signed as their service's role. They need no token."""
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
    assert call("update_project", project.id, body=patch, if_match="*").parsed.stage is None
    found = call("list_projects", q=name, limit=1).parsed
    assert [one.id for one in found.items] == [project.id]
    contacts = call("get_project_contacts", project.id).parsed
    assert [one.email for one in contacts.contacts] == ["auditor@example.org"]
    assert call("delete_project", project.id, if_match="*").status_code == 403
    assert call("delete_project", project.id, if_match="*", who=admin).status_code == 204
    assert call("get_project", project.id).status_code == 404
