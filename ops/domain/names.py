"""A custom domain name in API Gateway, and its mapping to the API's stage."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from ops.gateway.api import Api
from ops.retries import Retries
from ops.stage import Stage
from ops.steps import MISSING, OperatorError, Step

NAME = re.compile(r"(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]*[a-z0-9])?")
ROOT_PATH = "(none)"  # as API Gateway calls the mapping of a whole domain
OLD_POLICY, POLICY = "TLS_1_0", "TLS_1_2"
TAKES_TIME = ("PENDING", "UPDATING")
# AWS makes one domain name in 30 seconds.
BUSY = Retries(("TooManyRequestsException",), (10.0, 20.0, 30.0))
# Where update_domain_name has a domain's TLS policy, IP address type and certificate.
PATHS = ("/securityPolicy", "/endpointConfiguration/ipAddressType", "/regionalCertificateArn")
STATES = {
    "PENDING_CERTIFICATE_REIMPORT": "import its certificate into ACM again, with its private key",
    "PENDING_OWNERSHIP_VERIFICATION": "it needs a certificate of ACM's own to verify who owns it",
    "FAILED": "delete it (--delete) and make it again",
}


class DomainError(OperatorError):
    """Says what stands in the way, and what helps."""


@dataclass(frozen=True)
class Domain:
    """The custom domain `name`, whether it is there or not; `sleep` takes seconds.

    `found` is as API Gateway describes it, `mappings` are its API and stage by base path.
    """

    gateway: Any
    name: str
    sleep: Callable[[float], None]
    found: dict[str, Any] | None
    mappings: dict[str, str]

    @property
    def target(self) -> str:
        """The name that its record in DNS is to point to; empty before it is made."""
        return str((self.found or {}).get("regionalDomainName", ""))


def require_name(name: str) -> str:
    """In lower case, without a dot at its end. Raises DomainError where it is no domain name."""
    plain = name.lower().removesuffix(".")
    if not NAME.fullmatch(plain):
        raise DomainError(f"{name!r} is no domain name: say one like api.example.org")
    return plain


def find_domain(gateway: Any, name: str, sleep: Callable[[float], None]) -> Domain:
    """Raises DomainError where it is one that this command cannot use."""
    try:
        found = gateway.get_domain_name(domainName=name)
    except gateway.exceptions.NotFoundException:
        return Domain(gateway, name, sleep, None, {})
    kinds = found.get("endpointConfiguration", {}).get("types", [])
    if kinds != ["REGIONAL"]:
        raise DomainError(
            f"{name} is there as {' and '.join(kinds)}, and this command makes REGIONAL ones: make"
            " it regional in API Gateway's console, or choose another name"
        )
    if cure := STATES.get(found.get("domainNameStatus", "")):
        about = found.get("domainNameStatusMessage", "")
        raise DomainError(f"{name} is {found['domainNameStatus']}: {cure}. {about}".rstrip(". "))
    mappings = dict(_mappings(gateway, name))
    return Domain(gateway, name, sleep, found, mappings)


def _mappings(gateway: Any, name: str) -> Iterator[tuple[str, str]]:
    pages = gateway.get_paginator("get_base_path_mappings").paginate(domainName=name)
    for page in pages:
        for one in page.get("items", []):
            yield one.get("basePath") or ROOT_PATH, f"{one['restApiId']}/{one.get('stage', '')}"


def domains_of(gateway: Any, api_id: str, stage: Stage) -> list[str]:
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


def domain_step(domain: Domain, certificate: str, api: dict[str, Any]) -> Step:
    """The domain name itself; `api` is as get_rest_api gives it. Raises DomainError.

    Without `certificate` it keeps the one that it has.
    """
    addresses = ip_address_type(api)
    if domain.found is None:
        if not certificate:
            raise DomainError(
                f"{domain.name} is not there yet: say --certificate ARN, of a certificate in ACM"
            )
        make = partial(_create, domain, certificate, addresses)
        return Step("domain name", MISSING, _described(POLICY, addresses, certificate), make)
    policy = domain.found.get("securityPolicy", POLICY)
    held = domain.found.get("regionalCertificateArn", "")
    # A policy that is stricter than ours is somebody's choice, and stays.
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


def ip_address_type(described: dict[str, Any]) -> str:
    """Of an API or a domain name, as API Gateway describes it."""
    found: str = described.get("endpointConfiguration", {}).get("ipAddressType", "ipv4")
    return found


def _described(policy: str, addresses: str, certificate: str) -> str:
    return f"{policy}, {addresses}, certificate …{certificate[-12:]}"


def _create(domain: Domain, certificate: str, addresses: str) -> None:
    gateway = domain.gateway
    endpoint = {"types": ["REGIONAL"]}
    if addresses != "ipv4":  # what AWS takes where nothing is said
        endpoint["ipAddressType"] = addresses  # type: ignore[assignment]
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
            f"AWS has {domain.name} already, in another account or region or for CloudFront: whoever"
            " has it deletes it there, or choose another name"
        ) from None
    except gateway.exceptions.BadRequestException as error:
        said = error.response["Error"].get("Message", "")
        raise DomainError(
            f"AWS refused it: {said.rstrip('.')}. Is the certificate issued, in this region, and"
            f" for {domain.name}?"
        ) from None


def mapping_step(domain: Domain, api: Api, *, replace: bool) -> Step:
    """That the whole domain leads to the API's stage. Raises DomainError where it leads elsewhere."""
    wanted, found = f"{api.id}/{api.stage.gateway_stage}", domain.mappings.get(ROOT_PATH, MISSING)
    of = {"domainName": domain.name, "basePath": ROOT_PATH}
    parts = {"restApiId": api.id, "stage": api.stage.gateway_stage}
    if found == MISSING:
        make = partial(domain.gateway.create_base_path_mapping, **of, **parts)
    else:
        if found != wanted and not replace:
            raise DomainError(
                f"{domain.name} leads to another API or stage: {found}. Ask whose it is; --replace"
                " takes its place"
            )
        patches = [{"op": "replace", "path": f"/{k}", "value": parts[k]} for k in parts]
        make = partial(domain.gateway.update_base_path_mapping, **of, patchOperations=patches)
    return Step("mapping", found, wanted, make)
