"""The API over its embedded store: by chalice.test.Client, `chalice local` and the container."""

import shutil
import signal
from collections.abc import Generator, Iterator
from functools import partial
from itertools import count
from pathlib import Path

import pytest
from chalice.app import Chalice

from chalicelib.bootstrap import create_app, open_store
from chalicelib.models.caller import SERVICES
from chalicelib.settings import Settings
from chalicelib.stores.port import Store
from container.server import Server
from tests.support.api import (
    ROOT,
    Api,
    LocalServer,
    ServerProcess,
    local_environment,
    through_test_client,
)
from tests.support.container import HEALTH_PORT, ContainerServer, KeySets, through_wsgi
from tests.support.deployment import Deployment
from tests.support.emulator import Emulator
from tests.support.machine import leave_out, said
from tools.credentials import user_arn
from tools.token import development_token

LOG_CHARACTERS = 5000

# A shell starts background processes with Ctrl-C ignored, and every command would inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_report_header() -> list[str]:
    return said()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    leave_out(config, items)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
    call: pytest.CallInfo[None],
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Adds the servers' logs to the report of a test that fails."""
    report = yield
    if report.failed:
        for server in ServerProcess.running:
            title = f"{server.what} on {server.port}"
            report.sections.append((title, server.log[-LOG_CHARACTERS:]))
    return report


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Development keys, made once, because making a key pair takes longer than most tests."""
    settings = Settings.read(local_environment(tmp_path_factory.mktemp("keys")))
    for service in SERVICES:
        development_token(settings, service, "somebody@example.org", [])
    return settings.keys_directory


@pytest.fixture
def settings(tmp_path: Path, keys: Path) -> Settings:
    """The local stage's settings, with an empty store."""
    found = Settings.read(local_environment(tmp_path))
    shutil.copytree(keys, found.keys_directory)
    return found


@pytest.fixture
def store(settings: Settings) -> Store:
    """An empty store."""
    return open_store(settings)


@pytest.fixture
def app(settings: Settings, store: Store) -> Chalice:
    """The local stage's app, in this process, with an empty store."""
    return create_app(
        settings,
        store,
        issue_token=partial(development_token, settings),
        user_arn=partial(user_arn, settings),
    )


@pytest.fixture
def test_client(app: Chalice, settings: Settings) -> Api:
    """The API through chalice.test.Client."""
    return Api(through_test_client(app), settings)


@pytest.fixture
def wsgi(app: Chalice, store: Store, settings: Settings) -> Api:
    """The API as the container's server calls it."""
    return Api(through_wsgi(Server(app, store, HEALTH_PORT)), settings)


@pytest.fixture(params=["test_client", "wsgi"])
def client(request: pytest.FixtureRequest) -> Api:
    """The API in this process, with an empty store: by the test client and by WSGI."""
    found: Api = request.getfixturevalue(request.param)
    return found


@pytest.fixture(scope="session")
def shared_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """One `chalice local` for the whole run."""
    state = tmp_path_factory.mktemp("server")
    with LocalServer(state, ROOT, "--no-autoreload") as server:
        yield Api(server.send, Settings.read(local_environment(state)))


@pytest.fixture(scope="session")
def shared_container(tmp_path_factory: pytest.TempPathFactory, keys: Path) -> Iterator[Api]:
    """One server of the container for the whole run."""
    state = tmp_path_factory.mktemp("container")
    settings = Settings.read(local_environment(state))
    shutil.copytree(keys, settings.keys_directory)
    with KeySets(settings) as key_sets, ContainerServer(state, key_sets.url) as server:
        yield Api(server.send, settings)


@pytest.fixture
def container(shared_container: Api) -> Api:
    """The API through the container's server. All tests that use it share its store."""
    return shared_container


@pytest.fixture(scope="session")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    """An emulated AWS, shared by all tests that only add to it."""
    running = Emulator(tmp_path_factory.mktemp("emulator")).start()
    yield running
    running.stop()


@pytest.fixture
def deployment(tmp_path: Path) -> Iterator[Deployment]:
    """A checkout with an emulated AWS of its own. Nothing is deployed yet."""
    with Deployment(tmp_path) as found:
        yield found


@pytest.fixture
def server(shared_server: Api) -> Api:
    """The API through a real `chalice local`. All tests that use it share its store."""
    return shared_server


@pytest.fixture(params=["test_client", "server", "container"])
def api(request: pytest.FixtureRequest) -> Api:
    """The API in three ways that differ: chalice.test.Client, `chalice local`, the container."""
    found: Api = request.getfixturevalue(request.param)
    return found


_numbers = count(1)


@pytest.fixture
def name(request: pytest.FixtureRequest) -> str:
    """A name that no other test uses, for stores that are shared."""
    return f"{request.node.originalname} {next(_numbers)}".replace("_", " ")
