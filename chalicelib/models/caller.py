"""The caller: one of the two services, or a user of it."""

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
# A text: re compiles it for the first address, not in the cold start.
EMAIL = rf"[^@<>()\[\],;:\u0022\\{SPACES}{LINE_ENDS}{UNFIT}]{{1,64}}@({LABEL}\.)+{LABEL}"


def is_email(text: str) -> bool:
    """Whether `text` is an e-mail address: the one definition for bodies, tokens and commands."""
    fits = len(text) <= LONGEST_EMAIL and re.fullmatch(EMAIL, text)
    return bool(fits) and not re.search(r"[\ud800-\udfff]", text)  # JSON Schema cannot express this


def is_group(name: str) -> bool:
    """Whether a group can have this name: it has no comma, space or bracket.

    The gateway puts these characters between the names of several groups.
    """
    return bool(re.fullmatch(r"[^\s,\[\]]+", name))


def email_key(email: str) -> str:
    """The form in which e-mail addresses are compared: A to Z in lower case.

    Other letters keep their case: `ſteve@` and `steve@` are two mailboxes, and have one casefold.
    """
    return email.translate(LOWER)


def without_persons(members: Mapping[str, Any]) -> dict[str, Any]:
    """A JSON object without the members that name a person."""
    return {name: value for name, value in members.items() if name not in PERSONS}


def is_written_in(value: Any, key: str) -> bool:
    """Whether a text in this JSON value, PERSONS excepted, holds the address with this key."""
    if isinstance(value, str):
        whole = rf"(?<![\w.+-]){re.escape(key)}(?![\w-]|\.\w)"
        return key in email_key(value) and bool(re.search(whole, email_key(value)))
    if isinstance(value, dict):
        value = [each for name, each in value.items() if name not in PERSONS]
    return isinstance(value, list) and any(is_written_in(each, key) for each in value)


@dataclass(frozen=True, slots=True)
class Caller:
    """`email` is None if a service's role calls without a user.

    `groups` are those of the service's own pool; a name means nothing in the other pool. `subject`
    identifies the caller in the log: the token's `sub`, or the name of the role. It may be empty.
    """

    service: str
    email: str | None
    groups: frozenset[str] = frozenset()
    subject: str = ""

    @property
    def author(self) -> str:
        """The recorded author of the caller's writes: the user, or the service."""
        return self.email or self.service

    @property
    def key(self) -> str:
        return email_key(self.author)
