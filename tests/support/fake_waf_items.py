"""The things that WAFv2 keeps by name and ARN, under lock tokens; and how long a new one is not known everywhere."""

from collections.abc import Callable, Iterable
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from tests.support.fake_waf_shapes import Document, WafError, check_tags

ACCOUNT = "000000000000"
MOST_ITEMS, MOST_TAGS = 100, 50
HEAD = ("Name", "Scope", "Id", "LockToken", "Tags")  # of an item, not of what it holds


@dataclass
class Item:
    """An IP set or a web ACL; `held` is what an update replaces."""

    name: str
    arn: str
    id: str
    held: dict[str, Any]
    tags: dict[str, str]
    lock_token: str = field(default_factory=lambda: str(uuid4()))

    @property
    def about(self) -> dict[str, str]:
        return {"Name": self.name, "Id": self.id, "ARN": self.arn}

    @property
    def summary(self) -> dict[str, str]:
        described = {key: self.held[key] for key in ("Description",) if key in self.held}
        return described | self.about | {"LockToken": self.lock_token}

    def replace(self, given: Document, added: dict[str, Any]) -> dict[str, Any]:
        """All of it: what is not in `given` is gone."""
        self.held = content(given) | added
        self.lock_token = str(uuid4())
        return {"NextLockToken": self.lock_token}

    def tag(self, tags: list[dict[str, str]]) -> None:
        wanted = self.tags | check_tags(tags)
        if len(wanted) > MOST_TAGS:
            raise WafError("WAFLimitsExceededException", f"{len(wanted)} tags")
        self.tags = wanted


class Items(dict[str, Item]):
    """Those of one kind, `ipset` or `webacl`, by ARN."""

    def __init__(self, kind: str, region: str) -> None:
        super().__init__()
        self._kind = kind
        self._place = f"arn:aws:wafv2:{region}:{ACCOUNT}:regional/{kind}"

    def create(self, given: Document, added: dict[str, Any]) -> Item:
        name, new_id = given["Name"], str(uuid4())
        tags = check_tags(given.get("Tags", []))
        if any(item.name == name for item in self.values()):
            raise WafError("WAFDuplicateItemException", name)
        if len(self) >= MOST_ITEMS:
            raise WafError("WAFLimitsExceededException", f"{len(self)} of {self._kind}")
        arn = f"{self._place}/{name}/{new_id}"
        self[arn] = Item(name, arn, new_id, content(given) | added, tags)
        return self[arn]

    def find(self, given: Document) -> Item:
        """By name and id, both of them."""
        wanted = (given.get("Name"), given.get("Id"))
        for item in self.values():
            if (item.name, item.id) == wanted:
                return item
        raise missing(wanted)

    def locked(self, given: Document) -> Item:
        item = self.find(given)
        if given["LockToken"] != item.lock_token:
            raise WafError("WAFOptimisticLockException", item.name)
        return item

    def delete(self, item: Item, users: list[str]) -> dict[str, Any]:
        if users:
            raise WafError("WAFAssociatedItemException", f"{item.name} is used by {users}")
        del self[item.arn]
        return {}


class Propagation:
    """Until something new is known everywhere, for some seconds and for some calls that need it."""

    def __init__(self) -> None:
        self._fresh: dict[str, tuple[float, int]] = {}

    def begin(self, arn: str, until: float, calls: int) -> None:
        self._fresh[arn] = (until, calls)

    def demand(self, arns: Iterable[str], clock: Callable[[], float]) -> None:
        for arn in sorted(arns):
            until, calls = self._fresh[arn]
            if clock() < until or calls:
                self._fresh[arn] = (until, max(0, calls - 1))
                raise WafError("WAFUnavailableEntityException", arn)


def content(given: Document) -> dict[str, Any]:
    return deepcopy({key: value for key, value in given.items() if key not in HEAD})


def missing(what: object) -> WafError:
    return WafError("WAFNonexistentItemException", f"{what} does not exist")
