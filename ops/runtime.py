"""The Lambda's Python (.python-version), its Linux wheels, and its concurrency.

Chalice uses the runtime and the wheels of the Python that runs it.
"""

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING
from zipfile import ZipFile

from botocore.exceptions import ClientError

from ops.apis import DeployError
from ops.steps import DENIED

if TYPE_CHECKING:
    from types_boto3_lambda.client import LambdaClient

# Chalice's default; .chalice/config.json names no other.
ARCHITECTURE = "x86_64"
NATIVE = re.compile(r"\.(so|pyd|dylib)$")
NEEDED = "pydantic_core"
FEW = 100  # Lambdas at once; the default of an account is 1,000
QUOTA = "L-B99A9384"


def pinned_python(project: Path) -> str:
    """Such as `3.13`. Raises DeployError without a .python-version."""
    path = project / ".python-version"
    try:
        return path.read_text().strip()
    except OSError:
        raise DeployError(
            f"{path} not found: restore it, because it names the Lambda's Python"
        ) from None


def require_pinned_python(project: Path) -> str:
    """The Lambda's Python. Raises DeployError if another one runs this."""
    pinned, here = pinned_python(project), f"{sys.version_info.major}.{sys.version_info.minor}"
    if here != pinned:
        raise DeployError(
            f"this is Python {here}, and .python-version pins the Lambda's to {pinned}. Install it"
            f" (`pyenv install {pinned}` or `uv python install {pinned}`), then"
            f" `rm -r .venv && make setup PYTHON=python{pinned}`"
        )
    return pinned


def require_wheels(zipped: Path, python: str) -> None:
    """Raises DeployError if the zip lacks pydantic's wheel, or holds a wheel for another machine.

    Chalice only warns about a wheel that it cannot get, and does not check vendor/.
    """
    tag = f".cpython-{python.replace('.', '')}-{ARCHITECTURE}-linux-gnu.so"
    with ZipFile(zipped) as archive:
        native = [name for name in archive.namelist() if NATIVE.search(name)]
    wrong = [name for name in native if not name.endswith(tag)]
    wrong += [] if any(NEEDED in name for name in native) else [f"no {NEEDED}"]
    if wrong:
        raise DeployError(
            f"the Lambda's zip holds {', '.join(wrong)}, but Lambda needs *{tag}: nothing was"
            " uploaded. Delete .chalice/deployments and the contents of vendor/, and run the same"
            f" command again. If pip finds no Linux wheel for Python {python}, set PIP_INDEX_URL"
            " to an index that has it"
        )


def describe_concurrency(client: "LambdaClient") -> str:
    """The number of Lambdas that may run at once, with a cure if it is low. Raises the SDK's errors."""
    try:
        limit = client.get_account_settings()["AccountLimit"]
    except ClientError as error:
        if error.response["Error"].get("Code") not in DENIED:
            raise
        return "unknown: these credentials may not call lambda:GetAccountSettings"
    total, free = limit["ConcurrentExecutions"], limit["UnreservedConcurrentExecutions"]
    said = f"{free:,} Lambdas may run at once (the account's limit is {total:,})"
    if free >= FEW:
        return said
    return (
        f"note: only {said}. Requests beyond them fail. Request more from AWS: Service Quotas, AWS"
        f" Lambda, Concurrent executions ({QUOTA})"
    )
