"""What the Lambda runs on: the Python of .python-version, Linux's wheels, and how many run at once.

Chalice takes the runtime and the wheels of the Python that runs it.
"""

import re
import sys
from pathlib import Path
from typing import Any
from zipfile import ZipFile

from botocore.exceptions import ClientError

from ops.apis import DeployError
from ops.steps import DENIED

# Chalice's default; .chalice/config.json names no other.
ARCHITECTURE = "x86_64"
NATIVE = re.compile(r"\.(so|pyd|dylib)$")
NEEDED = "pydantic_core"
FEW = 100  # Lambdas at once; an account of some age has 1,000
QUOTA = "L-B99A9384"


def pinned_python(project: Path) -> str:
    """Like `3.13`. Raises DeployError where the project does not say it."""
    path = project / ".python-version"
    try:
        return path.read_text().strip()
    except OSError:
        raise DeployError(f"there is no {path}, which names the Lambda's Python") from None


def require_pinned_python(project: Path) -> str:
    """The Lambda's Python. Raises DeployError where it is not the one that runs this."""
    pinned, here = pinned_python(project), f"{sys.version_info.major}.{sys.version_info.minor}"
    if here != pinned:
        raise DeployError(
            f"this is Python {here}, and .python-version pins the Lambda's to {pinned}. Install it"
            f" (`pyenv install {pinned}` or `uv python install {pinned}`), then"
            f" `rm -r .venv && make setup PYTHON=python{pinned}`"
        )
    return pinned


def require_wheels(zipped: Path, python: str) -> None:
    """Raises DeployError where the Lambda's zip lacks pydantic's wheel, or holds one of another machine.

    Chalice only warns of a wheel that it cannot get, and does not look at what is in vendor/.
    """
    tag = f".cpython-{python.replace('.', '')}-{ARCHITECTURE}-linux-gnu.so"
    with ZipFile(zipped) as archive:
        native = [name for name in archive.namelist() if NATIVE.search(name)]
    wrong = [name for name in native if not name.endswith(tag)]
    wrong += [] if any(NEEDED in name for name in native) else [f"no {NEEDED}"]
    if wrong:
        raise DeployError(
            f"the Lambda's zip holds {', '.join(wrong)}, and Lambda takes *{tag} alone: nothing was"
            " uploaded. Remove .chalice/deployments and what is under vendor/, and run the same"
            f" command again. If pip finds no wheel of Linux for Python {python}, set PIP_INDEX_URL"
            " to an index that has it"
        )


def describe_concurrency(client: Any) -> str:
    """How many Lambdas may run at once, with a note where they are few. Raises the SDK's errors."""
    try:
        limit = client.get_account_settings()["AccountLimit"]
    except ClientError as error:
        if error.response["Error"].get("Code") not in DENIED:
            raise
        return "not known: these credentials may not call lambda:GetAccountSettings"
    total, free = limit["ConcurrentExecutions"], limit["UnreservedConcurrentExecutions"]
    said = f"{free:,} Lambdas may run at once (the account's limit is {total:,})"
    if free >= FEW:
        return said
    return (
        f"note: only {said}. Requests beyond them fail. Ask AWS for more: Service Quotas, AWS Lambda,"
        f" Concurrent executions ({QUOTA})"
    )
