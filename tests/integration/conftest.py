"""Fixtures that several files in this folder share."""

from collections.abc import Iterator

import pytest

from tests.support.emulator import Emulator
from tests.support.fake_waf import FakeWaf
from tests.support.firewall_runs import BUILD, Beginning
from tests.support.firewall_site import make_site


@pytest.fixture(scope="module")
def beginnings(
    emulator: Emulator, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[bool, Beginning]]:
    """Stages with entries in both lists, before and after the whole firewall was created."""
    with FakeWaf() as waf:
        site = make_site(emulator, tmp_path_factory.mktemp("site"), waf)
        site.list("allow", "203.0.113.0/24", "2001:db8::/32")
        site.list("deny", "203.0.113.9/32")
        bare = Beginning.of(site)
        site.put_up(*BUILD)
        yield {False: bare, True: Beginning.of(site)}
