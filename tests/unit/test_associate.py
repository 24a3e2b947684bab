"""The value that the web ACL must insert, while the table may hold two."""

from typing import Any

import pytest

from chalicelib.firewall.errors import FirewallError
from chalicelib.firewall.names import Names
from chalicelib.firewall.sets import set_keys
from waf.acl import due_value
from waf.place import FoundAcl
from waf.rules import Choice, wanted_acl
from waf.secret import Secret

BOTH = Secret(("old", "new"), 2, "2026-01-01T00:00:00+00:00")


def acl(value: str | None) -> FoundAcl | None:
    arns = dict.fromkeys(set_keys(), "an-arn")
    settings: Any = wanted_acl(Names("x", "dev"), arns, value or "", Choice())
    return FoundAcl("an-id", "an-arn", "a-token", settings) if value else None


@pytest.mark.parametrize(
    ("held", "due"), [(None, "old"), ("old", "old"), ("unknown", "old"), ("new", "new")]
)
def test_until_all_know_the_new_value_the_old_one_stays_and_nothing_goes_back(
    held: str | None, due: str
) -> None:
    assert due_value(BOTH, acl(held), newest=False) == due


@pytest.mark.parametrize("held", [None, "old", "unknown", "new"])
def test_once_all_know_it_the_new_value_is_due(held: str | None) -> None:
    assert due_value(BOTH, acl(held), newest=True) == "new"


def test_without_a_value_in_the_table_nothing_is_inserted() -> None:
    with pytest.raises(FirewallError, match="the table no longer has the header's value"):
        due_value(Secret(), acl("old"), newest=False)
