"""The inserted header's value changes without a refused request, and no output shows it."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from chalicelib.firewall.calls import Waf
from chalicelib.firewall.errors import FirewallError
from chalicelib.routes.problems import PROBLEM_URN
from chalicelib.stores.dynamodb.client import Client
from chalicelib.stores.dynamodb.transport import Transport
from tests.support.emulator import Emulator
from tests.support.fake_waf import FakeWaf
from tests.support.fake_waf_shapes import Document, WafError
from tests.support.faults import Clock, Tables, emulated_tables
from tests.support.firewall_site import NOTHING, SECRET, Site, inserted_by, make_site
from waf import secret
from waf.acl import Options
from waf.place import Place
from waf.rotation import Rotation, rotation_step

BEGUN = datetime(2026, 1, 1, tzinfo=UTC)
NEW = "the-new-one-" * 4


class Telling(FakeWaf):
    """A WAF whose errors repeat the input, as AWS's may."""

    refuses = False

    def update_web_acl(self, given: Document) -> dict[str, Any]:
        if self.refuses:
            raise WafError("WAFInvalidParameterException", f"Error reason: {given}")
        return super().update_web_acl(given)


@pytest.fixture
def site(emulator: Emulator, tmp_path: Path) -> Iterator[Site]:
    with Telling() as waf:
        found = make_site(emulator, tmp_path, waf)
        found.put_up()
        yield found


@pytest.fixture
def tables(emulator: Emulator) -> Iterator[Tables]:
    with emulated_tables(emulator) as found:
        yield found


@dataclass
class Watched:
    """Stores every write to the table and to WAF with its time."""

    site: Site
    inner: Transport
    clock: Clock = field(default_factory=Clock)
    seen: list[tuple[float, list[str], str]] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    meanwhile: Callable[[], None] = lambda: None  # called after each change of the web ACL

    def __call__(self, operation: str, parameters: Mapping[str, Any], /) -> dict[str, Any]:
        answer = self.inner(operation, parameters)
        if operation == "PutItem":
            self.look()
        return answer

    def called(self, _: int, operation: str) -> None:
        if operation == "UpdateWebACL":
            self.look()
            self.meanwhile()

    def look(self) -> None:
        (acl,) = (a for a in self.site.waf.web_acls.values() if a.name == self.site.names.web_acl)
        self.seen.append((self.clock.now, self.site.secrets, inserted_by(acl.held)))

    @property
    def group(self) -> str:
        return f"/aws/lambda/{self.site.names.web_acl}"

    def log(self, *seconds: float, old: bool = True) -> None:
        """Writes lines of the application's log, at these seconds after the start."""
        logs = self.site.emulator.client("logs")
        with suppress(logs.exceptions.ResourceAlreadyExistsException):
            logs.create_log_group(logGroupName=self.group)
            logs.create_log_stream(logGroupName=self.group, logStreamName="of-the-test")
        line = json.dumps({"status": 200} | ({"old_firewall_value": True} if old else {}))
        events = [
            {"timestamp": int((BEGUN.timestamp() + each) * 1000), "message": line}
            for each in seconds
        ]
        of = {"logGroupName": self.group, "logStreamName": "of-the-test"}
        logs.put_log_events(**of, logEvents=events)

    def rotate(self, *, asked: bool = True) -> None:
        self.site.waf.watch = self.called
        client = self.site.waf.client()
        place = Place(
            names=self.site.names,
            waf=Waf(client, clock=self.clock, sleep=self.clock.sleep),
            table=Client(self, self.site.table),
            logs=self.site.emulator.client("logs"),
            resource_arn=self.site.arn,
            problem_types=PROBLEM_URN,
            now=lambda: BEGUN + timedelta(seconds=self.clock.now),
        )
        known = secret.read(place.table)
        step = rotation_step(place, known, Options(), Rotation(asked), self.said.append)
        step.make()
        self.site.waf.watch = None


def test_at_every_moment_the_table_holds_what_the_web_acl_inserts(
    site: Site, tables: Tables
) -> None:
    (old,) = site.secrets
    watched = Watched(site, tables.transport)
    watched.rotate()
    (new,) = site.secrets
    assert new != old
    assert [(held, inserted) for _, held, inserted in watched.seen] == [
        ([old, new], old),
        ([old, new], new),
        ([new], new),
    ]


def times(watched: Watched) -> tuple[float, float]:
    """The seconds from the first write to the new web ACL, and from there to the old value's end."""
    both, changed, dropped = (when for when, _, _ in watched.seen)
    return changed - both, dropped - changed


def test_both_values_are_good_for_ten_minutes_where_nobody_brings_the_old_one(
    site: Site, tables: Tables
) -> None:
    watched = Watched(site, tables.transport)
    watched.log(100.0)  # before the rotation
    watched.log(700.0, old=False)
    watched.rotate()
    read, kept = times(watched)
    assert read >= 15.0
    assert 600.0 <= kept < 660.0


def test_the_old_value_stays_until_a_minute_has_passed_without_a_request_that_brings_it(
    site: Site, tables: Tables
) -> None:
    watched = Watched(site, tables.transport)
    watched.log(620.0, 640.0, 700.0)
    watched.rotate()
    assert times(watched)[1] >= 700.0 + 60.0 - 15.0
    assert "a request brought the old value: checking again in 60 s" in watched.said
    assert site.secrets == [site.inserted]


def test_requests_that_never_stop_bringing_it_end_the_command_with_both_values_good(
    site: Site, tables: Tables
) -> None:
    watched = Watched(site, tables.transport)
    watched.log(*range(0, 7_200, 30))
    with pytest.raises(FirewallError, match="for 30 minutes more: both values stay valid"):
        watched.rotate()
    assert watched.clock.now < 3_600.0
    (_, new) = site.secrets
    assert site.inserted == new
    again = Watched(site, tables.transport, Clock(watched.clock.now + 7_200.0))
    again.rotate(asked=False)
    assert site.secrets == [new]


def test_where_the_log_cannot_be_read_both_values_are_good_for_twice_as_long(
    site: Site, tables: Tables
) -> None:
    watched = Watched(site, tables.transport)
    watched.rotate()
    assert times(watched)[1] >= 1_200.0
    assert any(
        "bring the old value: the application has no log group" in said for said in watched.said
    )


def test_a_web_acl_that_somebody_else_keeps_changing_ends_the_command_with_both_values_good(
    site: Site, tables: Tables
) -> None:
    watched = Watched(site, tables.transport)
    watched.meanwhile = lambda: loosen(site)
    with pytest.raises(FirewallError, match="somebody else changed the web ACL"):
        watched.rotate()
    assert len(site.secrets) == 2
    watched.meanwhile = lambda: None
    watched.rotate(asked=False)
    assert site.secrets == [site.inserted]


def loosen(site: Site) -> None:
    """Removes the web ACL's first rule without the command."""
    (acl,) = (a for a in site.waf.web_acls.values() if a.name == site.names.web_acl)
    acl.held["Rules"] = acl.held["Rules"][1:]


def begin_rotation(site: Site, changed_at: str) -> str:
    """The state after a run that was killed after its first write. Returns the new value."""
    item = {
        "pk": {"S": "FIREWALL-SECRET"},
        "sk": {"S": "."},
        "values": {"S": f'["{site.secrets[0]}", "{NEW}"]'},
        "version": {"N": "2"},
        "changed_at": {"S": changed_at},
    }
    site.dynamodb.put_item(TableName=site.table, Item=item)
    return NEW


@pytest.mark.parametrize(
    ("changed_at", "waits"),
    [
        (BEGUN.isoformat(), 15.0),
        ((BEGUN - timedelta(seconds=10)).isoformat(), 5.0),
        ((BEGUN - timedelta(hours=1)).isoformat(), 0.0),
        ((BEGUN + timedelta(hours=1)).isoformat(), 15.0),
        ("2026-01-01T00:00:00", 15.0),
        ("by hand", 15.0),
    ],
)
def test_a_rotation_that_was_cut_short_waits_for_what_is_left(
    site: Site, tables: Tables, changed_at: str, waits: float
) -> None:
    new = begin_rotation(site, changed_at)
    watched = Watched(site, tables.transport)
    watched.rotate(asked=False)
    (changed, _, _), _ = watched.seen
    assert waits <= changed < waits + 5.0
    assert (site.secrets, site.inserted) == ([new], new)


@pytest.mark.parametrize("options", [[], ["--rotate-secret"]])
def test_the_next_run_ends_a_rotation_and_begins_no_other(site: Site, options: list[str]) -> None:
    new = begin_rotation(site, BEGUN.isoformat())
    assert "rotation not finished" in site.call("--status").stdout
    site.put_up(*options)
    assert (site.secrets, site.inserted) == ([new], new)


def test_a_first_run_makes_one_value_and_does_not_rotate_it(site: Site) -> None:
    site.call("--delete", "--yes")
    key = {"pk": {"S": "FIREWALL-SECRET"}, "sk": {"S": "."}}
    site.dynamodb.delete_item(TableName=site.table, Key=key)
    site.put_up("--rotate-secret")
    assert len(site.secrets) == 1
    assert site.secrets == [site.inserted]


def test_a_value_that_the_table_lost_is_replaced(site: Site) -> None:
    lost = site.inserted
    key = {"pk": {"S": "FIREWALL-SECRET"}, "sk": {"S": "."}}
    site.dynamodb.delete_item(TableName=site.table, Key=key)
    site.put_up()
    assert site.secrets == [site.inserted]
    assert site.inserted != lost


SPOILT: dict[str, dict[str, Any]] = {
    "no version": {"values": {"S": "[]"}},
    "a version of another type": {"values": {"S": "no JSON"}, "version": {"S": "seven"}},
    "no number": {"values": {"S": f'["{NEW}", "short"]'}, "version": {"N": "1.5"}},
    "as it was written": {"values": {"L": [{"S": NEW}]}, "version": {"N": "7"}},
}


@pytest.mark.parametrize("attributes", SPOILT.values(), ids=SPOILT)
def test_a_spoilt_secret_is_shown_and_replaced(site: Site, attributes: dict[str, Any]) -> None:
    item = {**SECRET, **attributes}
    site.dynamodb.put_item(TableName=site.table, Item=item)
    status, dry_run = site.call("--status"), site.call("--dry-run", "--json")
    assert (status.exit_code, dry_run.exit_code) == (3, 0)
    assert "invalid" in status.stdout
    assert "invalid" in dry_run.stdout
    held = site.dynamodb.get_item(TableName=site.table, Key=SECRET, ConsistentRead=True)["Item"]
    assert held == item
    done = site.put_up()
    assert site.secrets == [site.inserted]
    assert len(site.secrets[0]) == 43
    assert NEW not in status.output + dry_run.output + done
    assert NOTHING in site.put_up()


def test_a_good_value_beside_a_version_that_nobody_can_read_is_kept_and_can_be_rotated(
    site: Site,
) -> None:
    old = site.secrets
    item = {**SECRET, "values": {"S": f'["{old[0]}"]'}, "version": {"S": "seven"}}
    site.dynamodb.put_item(TableName=site.table, Item=item)
    assert NOTHING in site.put_up()
    site.put_up("--rotate-secret")
    assert site.secrets == [site.inserted]
    assert site.secrets != old


def test_the_value_is_in_nothing_that_is_printed(site: Site) -> None:
    values = set(site.secrets)
    said = ""
    for options in (["--json"], ["--dry-run", "--rotate-secret"], ["--rotate-secret"], ["--json"]):
        done = site.call(*options)
        said += done.output
        values |= set(site.secrets)
    assert isinstance(site.waf, Telling)
    site.waf.refuses = True
    refused = site.call("--rotate-secret", "--json")
    said += refused.output
    values |= set(site.secrets)
    assert refused.exit_code == 1
    assert "was refused: WAFInvalidParameterException" in refused.stderr
    assert len(values) == 3
    assert [value for value in values if value in said or value[:8] in said] == []
