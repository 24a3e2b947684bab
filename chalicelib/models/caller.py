"""Who is calling: one of the two services, or a user of it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from string import ascii_lowercase, ascii_uppercase
from typing import Any

from chalicelib.models.text import LABEL, LINE_ENDS, SPACES, UNFIT

TECH_AUDIT_TOOL = "tech-audit-tool"
DIGITAL_LANDSCAPE = "digital-landscape"
SERVICES = (TECH_AUDIT_TOOL, DIGITAL_LANDSCAPE)
# Members of documents that hold an e-mail address.
PERSONS = frozenset({"author", "updated_by", "email"})
LOWER = str.maketrans(ascii_uppercase, ascii_lowercase)
LONGEST_EMAIL = 254
# A text: re compiles it for the first address, and no cold start does.
EMAIL = rf"[^@<>()\[\],;:\u0022\\{SPACES}{LINE_ENDS}{UNFIT}]{{1,64}}@({LABEL}\.)+{LABEL}"


def is_email(text: str) -> bool:
    """Whether bodies, tokens and commands take `text` for an e-mail address: the one definition."""
    fits = len(text) <= LONGEST_EMAIL and re.fullmatch(EMAIL, text)
    return bool(fits) and not re.search(r"[\ud800-\udfff]", text)  # no JSON Schema can say that


def is_group(name: str) -> bool:
    """Whether a group of this name can count: it has no comma, blank or bracket.

    The gateway puts such signs between the names of several groups.
    """
    return bool(re.fullmatch(r"[^\s,\[\]]+", name))


def email_key(email: str) -> str:
    """What makes two e-mail addresses the same person's: no regard to the case of A to Z.

    Not of other letters: folded, `ſteve@` and `steve@` would be one, and they are two mailboxes.
    """
    return email.translate(LOWER)


def without_persons(members: Mapping[str, Any]) -> dict[str, Any]:
    """An object of JSON without the members that name a person."""
    return {name: value for name, value in members.items() if name not in PERSONS}


def is_written_in(value: Any, key: str) -> bool:
    """Whether a text in this value of JSON holds the address with this key, but for PERSONS."""
    if isinstance(value, str):
        whole = rf"(?<![\w.+-]){re.escape(key)}(?![\w-]|\.\w)"
        return key in email_key(value) and bool(re.search(whole, email_key(value)))
    if isinstance(value, dict):
        value = [each for name, each in value.items() if name not in PERSONS]
    return isinstance(value, list) and any(is_written_in(each, key) for each in value)


@dataclass(frozen=True, slots=True)
class Caller:
    """`email` is None where a service's role calls on behalf of nobody.

    `groups` are those of the service's own pool: a name means nothing in the other's. `subject` says in
    the log who asked, without an address: the token's `sub`, or the name of the role. It may be empty.
    """

    service: str
    email: str | None
    groups: frozenset[str] = frozenset()
    subject: str = ""

    @property
    def author(self) -> str:
        """Who is recorded as the author of what the caller writes: the user, or the service."""
        return self.email or self.service

    @property
    def key(self) -> str:
        return email_key(self.author)
