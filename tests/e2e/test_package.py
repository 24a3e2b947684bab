"""What `chalice package` makes for those who deploy by CloudFormation or Terraform, and Chalice's zip."""

import json
import subprocess
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.commands import BIN
from tests.support.deployment import Deployment
from tests.support.zips import LARGEST_ZIP


@pytest.fixture(scope="module")
def packaged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with Deployment(tmp_path_factory.mktemp("packaged")) as deployment:
        deployment.run("chalice", "package", "--stage", "dev", "sam/")
        deployment.run("chalice", "package", "--stage", "dev", "--pkg-format", "terraform", "tf/")
        yield deployment.project


def test_the_cloudformation_template_is_clean(packaged: Path) -> None:
    command = [BIN / "cfn-lint", packaged / "sam/sam.json"]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (result.returncode, result.stdout) == (0, "")


def test_the_terraform_configuration_has_one_api_its_lambda_and_the_schedules(
    packaged: Path,
) -> None:
    resources = json.loads((packaged / "tf/chalice.tf.json").read_text())["resource"]
    assert set(resources["aws_lambda_function"]) == {"api_handler", "expire", "finish"}
    assert list(resources["aws_api_gateway_rest_api"]) == ["rest_api"]
    policy = json.dumps(resources["aws_iam_role_policy"])
    assert "ReadTheRegister" in policy
    assert '"Action": "*"' not in policy


def test_the_zip_holds_what_a_request_needs_and_no_more(packaged: Path) -> None:
    path = packaged / "tf/deployment.zip"
    assert path.stat().st_size < LARGEST_ZIP
    with zipfile.ZipFile(path) as archive:
        tops = {name.partition("/")[0] for name in archive.namelist()}
    assert {"app.py", "chalice", "chalicelib", "pydantic", "slugify"} <= tops
    unwanted = {"boto3", "botocore", "jwt", "cryptography", "typer", "rich", "tests", "data"}
    assert tops.isdisjoint(unwanted)
