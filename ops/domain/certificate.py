"""Whether a certificate in ACM can be a domain name's: in the region, issued, and for that name."""

import re
from typing import Any

from botocore.exceptions import ClientError

from ops.domain.names import DomainError
from ops.steps import DENIED

ARN = re.compile(r"arn:aws[a-z-]*:acm:([a-z0-9-]+):\d{12}:certificate/[\w-]+")
NOT_READ = "the certificate was not checked: acm:DescribeCertificate is not allowed"


def check_certificate(acm: Any, arn: str, name: str) -> list[str]:
    """A remark where it may not be looked at. Raises DomainError, which says what helps."""
    parts, region = ARN.fullmatch(arn), acm.meta.region_name
    if parts is None:
        raise DomainError(
            f"--certificate {arn!r} is no certificate's ARN, which looks like"
            f" arn:aws:acm:{region}:ACCOUNT:certificate/ID: `aws acm list-certificates` tells it"
        )
    if parts[1] != region:
        raise DomainError(
            f"the certificate is in {parts[1]}, and the API in {region}, where its certificate has"
            f" to be: request one there (aws acm request-certificate --region {region}), or set"
            f" AWS_DEFAULT_REGION={parts[1]} if the API is there"
        )
    try:
        found = acm.describe_certificate(CertificateArn=arn)["Certificate"]
    except acm.exceptions.ResourceNotFoundException:
        raise DomainError(
            f"there is no certificate {arn} in this account: is another profile meant?"
        ) from None
    except ClientError as error:
        if error.response["Error"].get("Code") in DENIED:
            return [NOT_READ]
        raise
    _require_use(found, name)
    return []


def _require_use(found: dict[str, Any], name: str) -> None:
    names = {found["DomainName"], *found.get("SubjectAlternativeNames", [])}
    if not names & {name, f"*.{name.partition('.')[2]}"}:
        raise DomainError(
            f"the certificate is for {', '.join(sorted(names))} and not for {name}: request one"
            f" that names it (aws acm request-certificate --domain-name {name}"
            " --validation-method DNS)"
        )
    if found["Status"] == "PENDING_VALIDATION":
        raise DomainError(f"the certificate is not issued yet{_validation(found)}")
    if found["Status"] != "ISSUED":
        raise DomainError(
            f"the certificate is {found['Status']}: request another one, or import it again"
        )


def _validation(found: dict[str, Any]) -> str:
    """The records in DNS that ACM waits for."""
    wanted = [
        one["ResourceRecord"]
        for one in found.get("DomainValidationOptions", [])
        if "ResourceRecord" in one
    ]
    if not wanted:
        return ": answer ACM's e-mail, or wait a minute and run this again"
    records = "; ".join(f"{one['Name']} {one['Type']} {one['Value']}" for one in wanted)
    return f": ACM waits for this record in DNS, for up to half an hour: {records}"
