"""The changes that `chalice deploy` would make on AWS.

Chalice itself compares nothing. Each time it uploads the code, overwrites the API's definition, which
deletes the gateway responses, and deploys the API. So it is called only if something differs.
"""

from collections.abc import Iterator

from ops.apis import marker_of
from ops.application.built import Built
from ops.application.lambdas import Sdk, lambda_steps, step
from ops.application.rest_api import api_steps
from ops.releases import current_release, live_deployment
from ops.stage import Stage
from ops.steps import Step

REPLACES = (
    "chalice deploy replaces the API's definition, which deletes the gateway responses. The gateway"
    " phase sets them again."
)


def plan(stage: Stage, built: Built, sdk: Sdk, api_id: str | None) -> Iterator[Step]:
    """Steps to show: `chalice deploy` makes the changes. Raises DeployError, the SDK's errors."""
    yield from lambda_steps(stage, built, sdk, api_id)
    yield from api_steps(stage, built, sdk, api_id)
    if api_id is not None:
        yield step("live release", _live(stage, sdk, api_id), _release(stage, sdk))


def _release(stage: Stage, sdk: Sdk) -> str:
    last = current_release(stage, sdk.functions)
    return f"version {last.version}" if last else "a release"


def _live(stage: Stage, sdk: Sdk, api_id: str) -> str:
    """Not the release if somebody deployed the API by hand, or if a deploy was interrupted."""
    if marker_of(stage).exists():
        return "an interrupted deploy"
    last = current_release(stage, sdk.functions)
    try:
        deployment = live_deployment(stage, api_id, sdk.gateway)
        code = sdk.functions.get_function_configuration(FunctionName=stage.full_name)["CodeSha256"]
    except (
        sdk.gateway.exceptions.NotFoundException,
        sdk.functions.exceptions.ResourceNotFoundException,
    ):
        return "none"
    if last is None or last.code_sha256 != code:
        return "unreleased code"
    return f"version {last.version}" if last.deployment == deployment else "another deployment"
