"""Commands of waf/associate.py that run many times from the same initial state."""

import json
import os
import signal
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, replace
from multiprocessing import get_context
from threading import Event
from typing import Any

from tests.support.fake_waf import FakeWaf
from tests.support.firewall_site import AT_ONCE, SECRET, Site
from waf.associate import app

Options = tuple[str, ...]
BUILD = ("--log-group", "aws-waf-logs-register", "--rate-limit", "100")
# A command, and whether the firewall exists before it.
JOBS: dict[str, tuple[Options, bool]] = {
    "build": (BUILD, False),
    "change": (("--rate-limit", "200", "--count"), True),
    "rotate": (("--rotate-secret",), True),
    "detach": (("--detach", "--yes"), True),
    "delete": (("--delete", "--yes"), True),
}
KEPT = ("ip_sets", "web_acls", "associations", "logging", "fresh")  # of the fake
_processes = get_context("forkserver")
_processes.set_forkserver_preload(["tests.support.firewall_runs"])


@dataclass(frozen=True)
class Beginning:
    """The state of WAF and the table before a command."""

    site: Site
    held: Mapping[str, Any]
    secret: Mapping[str, Any] | None

    @classmethod
    def of(cls, site: Site) -> "Beginning":
        held = {name: deepcopy(getattr(site.waf, name)) for name in KEPT}
        item = site.dynamodb.get_item(TableName=site.table, Key=SECRET, ConsistentRead=True)
        return cls(site, held, item.get("Item"))

    @contextmanager
    def again(self) -> Iterator[Site]:
        """The site in this state, with a WAF of its own."""
        of: dict[str, Any] = {"TableName": self.site.table}
        if self.secret:
            self.site.dynamodb.put_item(**of, Item=self.secret)
        else:
            self.site.dynamodb.delete_item(**of, Key=SECRET)
        with FakeWaf(unavailable_calls=1) as waf:
            for name, value in self.held.items():
                setattr(waf, name, deepcopy(value))
            yield replace(self.site, waf=waf)


def state(site: Site) -> dict[str, Any]:
    """The whole state of WAF and the table, without the values that differ in each run."""
    waf, (value, *more) = site.waf, site.secrets
    items = [*waf.ip_sets.values(), *waf.web_acls.values()]
    held: dict[str, Any] = {
        "items": sorted([i.name, i.tags, i.held | {"Addresses": _addresses(i)}] for i in items),
        "associations": waf.associations,
        "logging": waf.logging,
        "more": more,
    }
    text = json.dumps(held, sort_keys=True).replace(value, "THE VALUE")
    for item in items:
        text = text.replace(item.id, "an id")
    found: dict[str, Any] = json.loads(text)
    return found


def assert_same_end(site: Site, options: Options, wanted: dict[str, Any], *moment: object) -> None:
    """Asserts that the command now reaches the state `wanted`. `moment` is for the error's text."""
    done = site.call(*options)
    assert done.exit_code == 0, (*moment, done.output)
    assert state(site) == wanted, moment


def _addresses(item: Any) -> list[str]:
    return sorted(item.held.get("Addresses", []))


def kill(site: Site, options: Options, at: int) -> int | None:
    """Runs the command in a process of its own, and kills it after the call number `at`.

    WAF carries out that call, and the process gets no answer. Returns its exit status.
    """
    process = _processes.Process(target=_run, args=(str(site.path), site.environment, options))
    has_begun = Event()

    def watch(number: int, _: str) -> None:
        if number == at:
            has_begun.wait()
            os.kill(process.pid or 0, signal.SIGKILL)

    site.waf.watch = watch
    process.start()
    has_begun.set()
    process.join()
    site.waf.watch = None
    return process.exitcode


def _run(path: str, environment: dict[str, str], options: Options) -> None:
    os.chdir(path)
    os.environ.update(environment)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        os.dup2(nowhere, stream.fileno())
    app(["--stage", "dev", *AT_ONCE, *options])


def clean(beginning: Beginning, options: Options) -> tuple[list[str], dict[str, Any]]:
    """The calls that the command makes where nothing fails, and the state afterwards."""
    with beginning.again() as site:
        site.put_up(*options)
        return list(site.waf.done), state(site)
