"""Hides secret headers in AWS WAF's samples and logs, with the web ACL's data protection.

Redaction in the log settings does not cover samples. Data protection covers both.
"""

from typing import TYPE_CHECKING

from chalicelib.firewall.names import HEADER

if TYPE_CHECKING:
    from types_boto3_wafv2.type_defs import (
        DataProtectionConfigOutputTypeDef,
        DataProtectionOutputTypeDef,
        WebACLTypeDef,
    )

# A token, the e-mail address of the user that a role names, a role's session token, and the header
# that the allow rule inserts.
HIDDEN = ("authorization", "on-behalf-of", "x-amz-security-token", HEADER)


def protection(found: "WebACLTypeDef | None") -> "DataProtectionConfigOutputTypeDef":
    """The DataProtectionConfig of `found`, with a first item that hides HIDDEN if others do not."""
    config = found.get("DataProtectionConfig") if found else None
    there = config["DataProtections"] if config else []
    hidden = {key for each in there if _hides(each) for key in _headers_in(each)}
    if hidden.issuperset(HIDDEN):
        return {"DataProtections": there}
    ours: DataProtectionOutputTypeDef = {
        "Field": {"FieldType": "SINGLE_HEADER", "FieldKeys": list(HIDDEN)},
        "Action": "SUBSTITUTION",
        "ExcludeRuleMatchDetails": False,
        "ExcludeRateBasedDetails": False,
    }
    kept = [each for each in map(_without_hidden, there) if each]
    return {"DataProtections": [ours, *kept]}


def _headers_in(protection: "DataProtectionOutputTypeDef") -> list[str]:
    """The headers that it covers, in lower case."""
    to_hide = protection["Field"]
    is_of_headers = to_hide["FieldType"] == "SINGLE_HEADER"
    return [key.lower() for key in to_hide.get("FieldKeys", [])] if is_of_headers else []


def _hides(protection: "DataProtectionOutputTypeDef") -> bool:
    """Whether it has no exception."""
    excludes = protection.get("ExcludeRuleMatchDetails"), protection.get("ExcludeRateBasedDetails")
    return not any(excludes)


def _without_hidden(
    protection: "DataProtectionOutputTypeDef",
) -> "DataProtectionOutputTypeDef | None":
    """The protection without the headers in HIDDEN, or None if it has no other. AWS accepts no header twice."""
    headers = _headers_in(protection)
    if not headers:
        return protection
    left = [header for header in headers if header not in HIDDEN]
    return {**protection, "Field": {**protection["Field"], "FieldKeys": left}} if left else None
