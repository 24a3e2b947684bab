"""What is measured, as Lambda would get it: our zip unpacked, the peers' folders, the runtime's SDK."""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PEERS = ROOT / "bench/peers"
KEPT = ROOT / ".bench"
TABLE = "landscape-dev"
POOL = "arn:aws:cognito-idp:eu-west-2:000000000000:userpool/eu-west-2_TechAudit"
ISSUER = "https://cognito-idp.eu-west-2.amazonaws.com/eu-west-2_TechAudit"
CLIENT = "tech-audit-tool-client"
SETTINGS = {
    "TECH_AUDIT_TOOL_POOL_ARN": POOL,
    "TECH_AUDIT_TOOL_CLIENT_IDS": CLIENT,
    "DIGITAL_LANDSCAPE_POOL_ARN": POOL.replace("TechAudit", "Landscape"),
    "DIGITAL_LANDSCAPE_CLIENT_IDS": "digital-landscape-client",
    "CORS_ORIGINS": "https://landscape.example.org",
}
# What Lambda's runtime has already, so that a zip need not carry it.
IN_THE_RUNTIME = ("boto3", "botocore", "s3transfer", "jmespath", "dateutil", "urllib3", "six")


@dataclass(frozen=True)
class Contender:
    """A handler, the folders on its path, and its settings; `package` is what an upload would hold."""

    name: str
    title: str
    handler: str
    path: tuple[Path, ...]
    package: Path
    environment: Mapping[str, str] = field(default_factory=dict)


def all_contenders(place: Path) -> dict[str, Contender]:
    """By name. `place` is an empty folder for what is made anew in each run."""
    found = [ours(place, runtime()), fastapi(place), bare(place)]
    return {contender.name: contender for contender in found}


def ours(place: Path, sdk: Path) -> Contender:
    """`chalice package` in a copy of the project whose settings are filled in, unpacked."""
    project = place / "project"
    copy_project(project)
    config = project / ".chalice/config.json"
    stages = json.loads(config.read_text())
    stages["stages"]["dev"]["environment_variables"].update(SETTINGS)
    config.write_text(json.dumps(stages))
    aws = {
        "AWS_DEFAULT_REGION": "eu-west-2",
        "AWS_ACCESS_KEY_ID": "x",
        "AWS_SECRET_ACCESS_KEY": "x",
    }
    chalice = Path(sys.executable).parent / "chalice"
    command = [str(chalice), "package", "--stage", "dev", str(place / "package")]
    run(command, cwd=project, env={**os.environ, **aws})
    package = place / "package/deployment.zip"
    unpack(package, place / "ours")
    template = json.loads((place / "package/sam.json").read_text())
    properties = template["Resources"]["APIHandler"]["Properties"]
    return Contender(
        "ours",
        "this project",
        ":".join(properties["Handler"].rsplit(".", 1)),
        (place / "ours", sdk),
        package,
        properties["Environment"]["Variables"],
    )


def copy_project(to: Path) -> None:
    """What a commit would hold, without what only this machine has."""
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    for name in run(listed, cwd=ROOT).split("\0"):
        if name and (ROOT / name).is_file():
            (to / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, to / name)


def unpack(package: Path, to: Path) -> None:
    """Read-only and with the dates of the zip, by which Python tells whether byte code is stale."""
    with zipfile.ZipFile(package) as archive:
        archive.extractall(to)
        for entry in archive.infolist():
            seconds = datetime(*entry.date_time).timestamp()  # noqa: DTZ001 - a zip knows no zone
            os.utime(to / entry.filename, (seconds, seconds))
    make_read_only(to)


def fastapi(place: Path) -> Contender:
    folder = installed("fastapi_mangum")
    task = place / "fastapi"
    task.mkdir()
    shutil.copy2(PEERS / "fastapi_mangum/app.py", task)
    compile_all(task)
    package = place / "fastapi.zip"
    zip_up(package, (task, folder))
    return Contender(
        "fastapi",
        "FastAPI + Mangum",
        "app:handler",
        (task, folder),
        package,
        {"TABLE": TABLE, "CLIENT_IDS": CLIENT, "ISSUER": ISSUER},
    )


def bare(place: Path) -> Contender:
    task = place / "bare"
    shutil.copytree(PEERS / "bare", task)
    compile_all(task)
    package = place / "bare.zip"
    zip_up(package, (task,))
    return Contender("bare", "a constant", "app:handler", (task,), package)


def runtime() -> Path:
    """boto3 as Lambda's runtime has it: beside the function's code, byte-compiled."""
    pinned = re.search(r"^boto3==.*$", (ROOT / "requirements-dev.txt").read_text(), re.MULTILINE)
    if not pinned:
        raise LookupError("requirements-dev.txt pins no boto3")
    return install("runtime", pinned[0])


def installed(peer: str) -> Path:
    return install(peer, (PEERS / peer / "requirements.txt").read_text())


def install(name: str, requirements: str) -> Path:
    """A folder with these packages, byte-compiled; made again where they changed."""
    key = hashlib.sha256(f"{sys.version}\n{requirements}".encode()).hexdigest()[:12]
    folder = KEPT / f"{name}-{key}"
    if not folder.exists():
        part = KEPT / f"{name}-part"
        shutil.rmtree(part, ignore_errors=True)
        wanted = [line for line in requirements.splitlines() if not line.startswith("#")]
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        run([*pip, "--no-compile", "--target", str(part), *wanted])
        compile_all(part)
        part.rename(folder)
    return folder


def compile_all(folder: Path) -> None:
    """Unchecked byte code: Python reads it without a look at the source, the fastest there is."""
    kind = ("--invalidation-mode", "unchecked-hash")
    run([sys.executable, "-m", "compileall", "-q", *kind, str(folder)])


def zip_up(package: Path, folders: tuple[Path, ...]) -> None:
    """The zip that would be uploaded: without byte code and without what the runtime has."""
    with zipfile.ZipFile(package, "w", zipfile.ZIP_DEFLATED) as archive:
        for folder in folders:
            for path in files_in(folder):
                name = path.relative_to(folder)
                if "__pycache__" in name.parts or name.parts[0].startswith(IN_THE_RUNTIME):
                    continue
                archive.write(path, name)


def files_in(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.rglob("*")) if path.is_file())


def make_read_only(folder: Path) -> None:
    for path in [*folder.rglob("*"), folder]:
        path.chmod(path.stat().st_mode & ~0o222)


def run(command: list[str], cwd: Path = ROOT, env: Mapping[str, str] | None = None) -> str:
    """What it prints. Raises RuntimeError with all it said where it fails."""
    done = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command[:4])} failed:\n{done.stdout}{done.stderr}")
    return done.stdout
