"""The API over its embedded store, by chalice.test.Client and by a real `chalice local` process."""

import shutil
import signal
from collections.abc import Generator, Iterator
from functools import partial
from itertools import count
from pathlib import Path

import pytest

from chalicelib.bootstrap import create_app
from chalicelib.models.caller import SERVICES
from chalicelib.settings import Settings
from tests.support.api import ROOT, Api, LocalServer, local_environment, through_test_client
from tests.support.deployment import Deployment
from tests.support.emulator import Emulator
from tests.support.machine import leave_out, said
from tools.credentials import user_arn
from tools.token import development_token

LOG_CHARACTERS = 5000

# A shell starts what it runs in the background with Ctrl-C ignored, and every command would inherit that.
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
    """Shows what the servers said where a test fails."""
    report = yield
    if report.failed:
        for server in LocalServer.running:
            report.sections.append(
                (f"chalice local on {server.port}", server.log[-LOG_CHARACTERS:])
            )
    return report


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Development keys, made once: a key pair takes longer to make than most tests."""
    settings = Settings.read(local_environment(tmp_path_factory.mktemp("keys")))
    for service in SERVICES:
        development_token(settings, service, "somebody@example.org", [])
    return settings.keys_directory


@pytest.fixture
def settings(tmp_path: Path, keys: Path) -> Settings:
    """Those of the local stage, on an empty store."""
    found = Settings.read(local_environment(tmp_path))
    shutil.copytree(keys, found.keys_directory)
    return found


@pytest.fixture
def client(settings: Settings) -> Api:
    """The API through chalice.test.Client, on an empty store."""
    app = create_app(
        settings,
        issue_token=partial(development_token, settings),
        user_arn=partial(user_arn, settings),
    )
    return Api(through_test_client(app), settings)


@pytest.fixture(scope="session")
def shared_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """One `chalice local` for the whole run."""
    state = tmp_path_factory.mktemp("server")
    with LocalServer(state, ROOT, "--no-autoreload") as server:
        yield Api(server.send, Settings.read(local_environment(state)))


@pytest.fixture(scope="session")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    """An emulated AWS, one for all tests that only add to it."""
    running = Emulator(tmp_path_factory.mktemp("emulator")).start()
    yield running
    running.stop()


@pytest.fixture
def deployment(tmp_path: Path) -> Iterator[Deployment]:
    """On an emulated AWS of its own; nothing is deployed yet."""
    with Deployment(tmp_path) as found:
        yield found


@pytest.fixture
def server(shared_server: Api) -> Api:
    """The API through a real `chalice local`; its store is shared by all tests that use it."""
    return shared_server


@pytest.fixture(params=["client", "server"])
def api(request: pytest.FixtureRequest) -> Api:
    """The API both ways: chalice.test.Client and `chalice local` differ."""
    found: Api = request.getfixturevalue(request.param)
    return found


_numbers = count(1)


@pytest.fixture
def name(request: pytest.FixtureRequest) -> str:
    """A name that no other test uses, for stores that are shared."""
    return f"{request.node.originalname} {next(_numbers)}".replace("_", " ")
