"""waf/associate.py, killed at any moment: the API stays closed, and the same command completes."""

import os
import signal
import subprocess
from collections.abc import Iterable

import pytest

from tests.support.firewall_runs import (
    BUILD,
    JOBS,
    Beginning,
    Options,
    assert_same_end,
    clean,
    kill,
)

READS = ("Get", "List")


def assert_goes_on(
    beginning: Beginning, options: Options, moments: Iterable[int], wanted: dict[str, object]
) -> None:
    for at in moments:
        with beginning.again() as site:
            assert kill(site, options, at) == -signal.SIGKILL, at
            if site.acl:
                assert site.inserted in site.secrets, at
            assert_same_end(site, options, wanted, at)


@pytest.mark.parametrize("job", JOBS)
def test_killed_after_any_write_the_same_command_goes_on(
    beginnings: dict[bool, Beginning], job: str
) -> None:
    options, is_built = JOBS[job]
    calls, wanted = clean(beginnings[is_built], options)
    # A rotation writes to the table between WAF's reads, so a kill after a read matters there.
    kept = READS if job != "rotate" else ()
    moments = [n for n, name in enumerate(calls, 1) if not name.startswith(kept)]
    assert_goes_on(beginnings[is_built], options, moments, wanted)


@pytest.mark.soak
@pytest.mark.parametrize("job", JOBS)
def test_killed_after_any_call_the_same_command_goes_on(
    beginnings: dict[bool, Beginning], job: str
) -> None:
    options, is_built = JOBS[job]
    calls, wanted = clean(beginnings[is_built], options)
    assert_goes_on(beginnings[is_built], options, range(1, len(calls) + 1), wanted)


def test_ctrl_c_says_in_one_line_what_stands(beginnings: dict[bool, Beginning]) -> None:
    with beginnings[False].again() as site:
        environment = {**os.environ, **site.environment}
        command = site.command(*BUILD)
        with subprocess.Popen(
            command, cwd=site.path, env=environment, stdout=-1, stderr=-1, text=True
        ) as process:

            def interrupt(_: int, operation: str) -> None:
                if operation == "CreateWebACL":
                    process.send_signal(signal.SIGINT)

            site.waf.watch = interrupt
            _, said = process.communicate()
        assert (process.returncode, said.count("\n")) == (130, 1)
        assert "associate: stopped. Done: inserted header, IP set" in said
        assert f"left: web ACL {site.names.web_acl}, web ACL of the API's stage" in said
        assert "Run the same command again to continue" in said
        site.waf.watch = None
        site.put_up(*BUILD)
        assert site.associated == site.names.web_acl
