"""A custom domain name in API Gateway, and its mapping to the API's stage."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

from ops.gateway.api import Api
from ops.retries import Retries
from ops.stage import Stage
from ops.steps import MISSING, OperatorError, Step

if TYPE_CHECKING:
    from types_boto3_apigateway.client import APIGatewayClient
    from types_boto3_apigateway.literals import IpAddressTypeType
    from types_boto3_apigateway.type_defs import (
        DomainNameResponseTypeDef,
        EndpointConfigurationTypeDef,
        PatchOperationTypeDef,
        RestApiResponseTypeDef,
    )

NAME = re.compile(r"(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]*[a-z0-9])?")
ROOT_PATH = "(none)"  # as API Gateway calls the mapping of a whole domain
OLD_POLICY: Final = "TLS_1_0"
POLICY: Final = "TLS_1_2"
TAKES_TIME = ("PENDING", "UPDATING")
# AWS creates one domain name in 30 seconds.
BUSY = Retries(("TooManyRequestsException",), (10.0, 20.0, 30.0))
# The paths of a domain's TLS policy, IP address type and certificate in update_domain_name.
PATHS = ("/securityPolicy", "/endpointConfiguration/ipAddressType", "/regionalCertificateArn")
STATES = {
    "PENDING_CERTIFICATE_REIMPORT": "import its certificate into ACM again, with its private key",
    "PENDING_OWNERSHIP_VERIFICATION": "give it a certificate that ACM issued, to verify its owner",
    "FAILED": "delete it (--delete), and run the command again",
}


class DomainError(OperatorError):
    """Names the obstacle and the cure."""


@dataclass(frozen=True)
class Domain:
    """The custom domain `name`, whether it exists or not; `sleep` takes seconds.

    `found` is API Gateway's description, `mappings` has the API and stage of each base path.
    """

    gateway: "APIGatewayClient"
    name: str
    sleep: Callable[[float], None]
    found: "DomainNameResponseTypeDef | None"
    mappings: dict[str, str]

    @property
    def target(self) -> str:
        """The name that its record in DNS must point to; empty before it is created."""
        return self.found.get("regionalDomainName", "") if self.found else ""


def require_name(name: str) -> str:
    """In lower case, without a trailing dot. Raises DomainError if it is not a domain name."""
    plain = name.lower().removesuffix(".")
    if not NAME.fullmatch(plain):
        raise DomainError(f"{name!r} is not a domain name: use one like api.example.org")
    return plain


def find_domain(gateway: "APIGatewayClient", name: str, sleep: Callable[[float], None]) -> Domain:
    """Raises DomainError if this command does not support the domain."""
    try:
        found = gateway.get_domain_name(domainName=name)
    except gateway.exceptions.NotFoundException:
        return Domain(gateway, name, sleep, None, {})
    kinds = found.get("endpointConfiguration", {}).get("types", [])
    if kinds != ["REGIONAL"]:
        raise DomainError(
            f"{name} exists as {' and '.join(kinds)}, and this command supports REGIONAL only:"
            " change it in API Gateway's console, or choose another name"
        )
    if cure := STATES.get(found.get("domainNameStatus", "")):
        about = found.get("domainNameStatusMessage", "")
        raise DomainError(f"{name} is {found['domainNameStatus']}: {cure}. {about}".rstrip(". "))
    mappings = dict(_mappings(gateway, name))
    return Domain(gateway, name, sleep, found, mappings)


def _mappings(gateway: "APIGatewayClient", name: str) -> Iterator[tuple[str, str]]:
    pages = gateway.get_paginator("get_base_path_mappings").paginate(domainName=name)
    for page in pages:
        for one in page.get("items", []):
            yield one.get("basePath") or ROOT_PATH, f"{one['restApiId']}/{one.get('stage', '')}"


def domains_of(gateway: "APIGatewayClient", api_id: str, stage: Stage) -> list[str]:
    """The custom domains that lead to the API's stage, each with its base path if it has one."""
    wanted = f"{api_id}/{stage.gateway_stage}"
    pages = gateway.get_paginator("get_domain_names").paginate()
    names = [one["domainName"] for page in pages for one in page.get("items", [])]
    return [
        name if path == ROOT_PATH else f"{name}/{path}"
        for name in names
        for path, mapped in _mappings(gateway, name)
        if mapped == wanted
    ]


def domain_step(domain: Domain, certificate: str, api: "RestApiResponseTypeDef") -> Step:
    """The domain name itself; `api` is as get_rest_api returns it. Raises DomainError.

    Without `certificate` it keeps its certificate.
    """
    addresses = ip_address_type(api)
    if domain.found is None:
        if not certificate:
            raise DomainError(
                f"{domain.name} does not exist yet: pass --certificate ARN, a certificate in ACM"
            )
        wanted = _described(POLICY, addresses, certificate)
        return Step(
            "domain name", MISSING, wanted, partial(_create, domain, certificate, addresses)
        )
    policy = domain.found.get("securityPolicy", POLICY)
    held = domain.found.get("regionalCertificateArn", "")
    # A stricter policy than ours stays: an operator has chosen it.
    is_to_be = (POLICY if policy == OLD_POLICY else policy, addresses, certificate or held)
    update = partial(
        domain.gateway.update_domain_name,
        domainName=domain.name,
        patchOperations=[
            {"op": "replace", "path": path, "value": value}
            for path, value in zip(PATHS, is_to_be, strict=True)
        ],
    )
    found = _described(policy, ip_address_type(domain.found), held)
    make = partial(BUSY.repeat, update, domain.sleep)
    return Step("domain name", found, _described(*is_to_be), make)


def ip_address_type(
    described: "RestApiResponseTypeDef | DomainNameResponseTypeDef",
) -> "IpAddressTypeType":
    """Of an API or a domain name, as API Gateway describes it."""
    return described.get("endpointConfiguration", {}).get("ipAddressType", "ipv4")


def _described(policy: str, addresses: str, certificate: str) -> str:
    return f"{policy}, {addresses}, certificate …{certificate[-12:]}"


def _create(domain: Domain, certificate: str, addresses: "IpAddressTypeType") -> None:
    gateway = domain.gateway
    endpoint: EndpointConfigurationTypeDef = {"types": ["REGIONAL"]}
    if addresses != "ipv4":  # AWS's default
        endpoint["ipAddressType"] = addresses
    create = partial(
        gateway.create_domain_name,
        domainName=domain.name,
        regionalCertificateArn=certificate,
        endpointConfiguration=endpoint,
        securityPolicy=POLICY,
    )
    try:
        BUSY.repeat(create, domain.sleep)
    except gateway.exceptions.ConflictException:
        raise DomainError(
            f"{domain.name} exists already in another account or region, or for CloudFront. Ask its"
            " owner to delete it there, or choose another name"
        ) from None
    except gateway.exceptions.BadRequestException as error:
        said = error.response["Error"].get("Message", "")
        raise DomainError(
            f"AWS refused it: {said.rstrip('.')}. Check that the certificate is issued, in this"
            f" region, and for {domain.name}"
        ) from None


def mapping_step(domain: Domain, api: Api, *, replace: bool) -> Step:
    """Leads the whole domain to the API's stage. Raises DomainError if it leads elsewhere."""
    wanted, found = f"{api.id}/{api.stage.gateway_stage}", domain.mappings.get(ROOT_PATH, MISSING)
    of = {"domainName": domain.name, "basePath": ROOT_PATH}
    parts = {"restApiId": api.id, "stage": api.stage.gateway_stage}
    if found == MISSING:
        make = partial(domain.gateway.create_base_path_mapping, **of, **parts)
    else:
        if found != wanted and not replace:
            raise DomainError(
                f"{domain.name} leads to another API or stage: {found}. Ask its owner, then pass"
                " --replace"
            )
        patches: list[PatchOperationTypeDef] = [
            {"op": "replace", "path": f"/{k}", "value": parts[k]} for k in parts
        ]
        make = partial(domain.gateway.update_base_path_mapping, **of, patchOperations=patches)
    return Step("mapping", found, wanted, make)
