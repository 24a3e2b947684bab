"""Who is calling: one of the two services, or a user of it."""

import re
from dataclasses import dataclass
from string import ascii_lowercase, ascii_uppercase

from chalicelib.models.text import LABEL, LINE_ENDS, SPACES, UNFIT

TECH_AUDIT_TOOL = "tech-audit-tool"
DIGITAL_LANDSCAPE = "digital-landscape"
SERVICES = (TECH_AUDIT_TOOL, DIGITAL_LANDSCAPE)
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


@dataclass(frozen=True, slots=True)
class Caller:
    """`email` is None where a service's role calls on behalf of nobody.

    `groups` are those of the service's own pool: a name means nothing in the other's.
    """

    service: str
    email: str | None
    groups: frozenset[str] = frozenset()

    @property
    def author(self) -> str:
        """Who is recorded as the author of what the caller writes: the user, or the service."""
        return self.email or self.service

    @property
    def key(self) -> str:
        return email_key(self.author)
