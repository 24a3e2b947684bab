"""What `chalice deploy` would change on AWS.

Chalice itself compares nothing: each time it uploads the code, overwrites the definition of the API,
with which the gateway responses go, and deploys it. So it is called only where something differs.
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
    "chalice deploy replaces the definition of the API, and the gateway responses with it; the"
    " gateway phase sets them again."
)


def plan(stage: Stage, built: Built, sdk: Sdk, api_id: str | None) -> Iterator[Step]:
    """By themselves the steps do nothing. Raises DeployError, the SDK's errors."""
    yield from lambda_steps(stage, built, sdk, api_id)
    yield from api_steps(stage, built, sdk, api_id)
    if api_id is not None:
        yield step("what is live", _live(stage, sdk, api_id), _release(stage, sdk))


def _release(stage: Stage, sdk: Sdk) -> str:
    last = current_release(stage, sdk.functions)
    return f"version {last.version}" if last else "a release"


def _live(stage: Stage, sdk: Sdk, api_id: str) -> str:
    """Somebody may have deployed the API by hand, or a deploy may have been cut short."""
    if marker_of(stage).exists():
        return "a deploy that was cut short"
    last = current_release(stage, sdk.functions)
    try:
        deployment = live_deployment(stage, api_id, sdk.gateway)
        code = sdk.functions.get_function_configuration(FunctionName=stage.full_name)["CodeSha256"]
    except (
        sdk.gateway.exceptions.NotFoundException,
        sdk.functions.exceptions.ResourceNotFoundException,
    ):
        return "nothing"
    if last is None or last.code_sha256 != code:
        return "code that is no release"
    return f"version {last.version}" if last.deployment == deployment else "another deployment"
