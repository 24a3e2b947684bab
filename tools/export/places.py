"""The targets of an export: a folder, or a bucket on S3. Each write of a file is atomic."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any, Protocol

import boto3
from botocore.exceptions import ClientError, ParamValidationError

from ops.steps import OperatorError

S3 = "s3://"
JSON = "application/json"


class Place(Protocol):
    def name_of(self, file: str) -> str:
        """The path or URL to print."""

    def read(self, file: str) -> bytes | None:
        """None if there is no such file. Raises OperatorError, the SDK's errors."""

    def write(self, file: str, content: bytes) -> None:
        """Raises OperatorError, the SDK's errors."""


@dataclass(frozen=True, slots=True)
class Folder:
    path: Path

    def name_of(self, file: str) -> str:
        return str(self.path / file)

    def read(self, file: str) -> bytes | None:
        with _folder_errors(self.path), suppress(FileNotFoundError):
            return (self.path / file).read_bytes()
        return None

    def write(self, file: str, content: bytes) -> None:
        """Only the owner may read the file, because it contains e-mail addresses."""
        with _folder_errors(self.path):
            self.path.mkdir(parents=True, exist_ok=True)
            with NamedTemporaryFile(dir=self.path, prefix=f".{file}.", delete=False) as new:
                try:
                    new.write(content)
                    new.flush()
                    Path(new.name).replace(self.path / file)
                except BaseException:
                    Path(new.name).unlink()
                    raise


@contextmanager
def _folder_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise OperatorError(f"{path}: {why}. Name a folder that you can write to (--to)") from None


@dataclass(frozen=True, slots=True)
class Bucket:
    client: Any
    bucket: str
    prefix: str

    def name_of(self, file: str) -> str:
        return f"{S3}{self.bucket}/{self.prefix}{file}"

    def read(self, file: str) -> bytes | None:
        try:
            with _bucket_errors(self.bucket):
                found = self.client.get_object(**self._key(file))
        except self.client.exceptions.NoSuchKey:
            return None
        content: bytes = found["Body"].read()
        return content

    def write(self, file: str, content: bytes) -> None:
        with _bucket_errors(self.bucket):
            self.client.put_object(**self._key(file), Body=content, ContentType=JSON)

    def _key(self, file: str) -> Mapping[str, str]:
        return {"Bucket": self.bucket, "Key": f"{self.prefix}{file}"}


@contextmanager
def _bucket_errors(bucket: str) -> Iterator[None]:
    cure = f"create it, or name another bucket (--to {S3}bucket/prefix)"
    try:
        yield
    except ParamValidationError:
        raise OperatorError(f"{bucket} is not a valid bucket name: correct --to") from None
    except ClientError as error:
        if error.response["Error"].get("Code") == "NoSuchBucket":
            raise OperatorError(f"bucket {bucket} not found: {cure}") from None
        raise


def place_of(to: str) -> Place:
    """Raises ValueError, which names the expected form."""
    if not to.startswith(S3):
        return Folder(Path(to))
    bucket, _, prefix = to.removeprefix(S3).partition("/")
    if not bucket:
        raise ValueError(f"{to} has no bucket name: write {S3}bucket/prefix")
    prefix = prefix.strip("/")
    return Bucket(boto3.client("s3"), bucket, f"{prefix}/" if prefix else "")
