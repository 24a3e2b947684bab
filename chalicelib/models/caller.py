"""Who is calling: a user of one of the two services, as that service's user pool says."""

from dataclasses import dataclass

TECH_AUDIT_TOOL = "tech-audit-tool"
DIGITAL_LANDSCAPE = "digital-landscape"
SERVICES = (TECH_AUDIT_TOOL, DIGITAL_LANDSCAPE)


@dataclass(frozen=True, slots=True)
class Caller:
    """`groups` are those of the service's own pool: a name means nothing in the other's."""

    service: str
    email: str
    groups: frozenset[str] = frozenset()
