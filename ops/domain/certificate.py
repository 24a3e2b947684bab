"""Checks a domain name's certificate in ACM: its region, its state, and its names."""

import re
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from ops.domain.names import DomainError
from ops.steps import DENIED

if TYPE_CHECKING:
    from types_boto3_acm.client import ACMClient
    from types_boto3_acm.type_defs import CertificateDetailTypeDef

ARN = re.compile(r"arn:aws[a-z-]*:acm:([a-z0-9-]+):\d{12}:certificate/[\w-]+")
NOT_READ = "the certificate was not checked: acm:DescribeCertificate is not allowed"


def check_certificate(acm: "ACMClient", arn: str, name: str) -> list[str]:
    """Returns a remark if the certificate may not be read. Raises DomainError, with the cure."""
    parts, region = ARN.fullmatch(arn), acm.meta.region_name
    if parts is None:
        raise DomainError(
            f"--certificate {arn!r} is not the ARN of a certificate, like"
            f" arn:aws:acm:{region}:ACCOUNT:certificate/ID: `aws acm list-certificates` lists them"
        )
    if parts[1] != region:
        raise DomainError(
            f"the certificate is in {parts[1]}, and the API is in {region}. Request one in {region}"
            f" (aws acm request-certificate --region {region}), or set"
            f" AWS_DEFAULT_REGION={parts[1]} if the API is there"
        )
    try:
        found = acm.describe_certificate(CertificateArn=arn)["Certificate"]
    except acm.exceptions.ResourceNotFoundException:
        raise DomainError(
            f"there is no certificate {arn} in this account: set AWS_PROFILE to the account that"
            " has the API and its certificate"
        ) from None
    except ClientError as error:
        if error.response["Error"].get("Code") in DENIED:
            return [NOT_READ]
        raise
    _require_use(found, name)
    return []


def _require_use(found: "CertificateDetailTypeDef", name: str) -> None:
    names = {found["DomainName"], *found.get("SubjectAlternativeNames", [])}
    if not names & {name, f"*.{name.partition('.')[2]}"}:
        raise DomainError(
            f"the certificate is for {', '.join(sorted(names))} and not for {name}: request one"
            f" for this name (aws acm request-certificate --domain-name {name}"
            " --validation-method DNS)"
        )
    if found["Status"] == "PENDING_VALIDATION":
        raise DomainError(f"the certificate is not issued yet{_validation(found)}")
    if found["Status"] != "ISSUED":
        raise DomainError(
            f"the certificate is {found['Status']}: request another one, or import it again"
        )


def _validation(found: "CertificateDetailTypeDef") -> str:
    """The cure: the records in DNS that ACM waits for."""
    wanted = [
        one["ResourceRecord"]
        for one in found.get("DomainValidationOptions", [])
        if "ResourceRecord" in one
    ]
    if not wanted:
        return ": answer ACM's e-mail, or wait a minute and run the command again"
    records = "; ".join(f"{one['Name']} {one['Type']} {one['Value']}" for one in wanted)
    return f": create this record in DNS, and wait for up to half an hour: {records}"
