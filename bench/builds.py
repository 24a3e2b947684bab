"""What is measured, as Lambda would get it: our zip unpacked, and the peer with its packages."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bench.figures import Row, exactly
from bench.work import CLIENT, ISSUER, POOL

ROOT = Path(__file__).resolve().parent.parent
PEER = ROOT / "bench/peers/fastapi_mangum"
KEPT = ROOT / ".bench"
PEERS_TABLE = "peer"
LARGEST_ZIP = 5.0  # MB
SETTINGS = {
    "TECH_AUDIT_TOOL_POOL_ARN": POOL,
    "TECH_AUDIT_TOOL_CLIENT_IDS": CLIENT,
    "DIGITAL_LANDSCAPE_POOL_ARN": POOL.replace("TechAudit", "Landscape"),
    "DIGITAL_LANDSCAPE_CLIENT_IDS": "digital-landscape-client",
    "CORS_ORIGINS": "https://landscape.example.org",
}
CREDENTIALS = {
    "AWS_DEFAULT_REGION": "eu-west-2",
    "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
    "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
}
# What Lambda's runtime has already, so that a zip need not carry it.
IN_THE_RUNTIME = ("boto3", "botocore", "s3transfer", "jmespath", "dateutil", "urllib3", "six")


@dataclass(frozen=True)
class Contender:
    """A handler, the folders on its path, and its settings; `package` is what an upload would hold."""

    handler: str
    path: tuple[Path, ...]
    package: Path
    environment: Mapping[str, str]


def both_contenders(place: Path) -> dict[str, Contender]:
    """`place` is an empty folder for what is made anew in each run."""
    return {"ours": ours(place), "peer": peer(place)}


def ours(place: Path) -> Contender:
    """`chalice package` in a copy of the project whose settings are filled in, unpacked. It needs no SDK."""
    project = place / "project"
    copy_project(project)
    config = project / ".chalice/config.json"
    stages = json.loads(config.read_text())
    stages["stages"]["dev"]["environment_variables"].update(SETTINGS)
    config.write_text(json.dumps(stages))
    chalice = str(Path(sys.executable).parent / "chalice")
    environment = {**os.environ, **CREDENTIALS}
    run([chalice, "package", "--stage", "dev", str(place / "made")], project, environment)
    package = place / "made/deployment.zip"
    with zipfile.ZipFile(package) as archive:
        archive.extractall(place / "ours")
    resources = json.loads((place / "made/sam.json").read_text())["Resources"]
    properties = resources["APIHandler"]["Properties"]
    return Contender(
        ":".join(properties["Handler"].rsplit(".", 1)),
        (place / "ours",),
        package,
        properties["Environment"]["Variables"],
    )


def peer(place: Path) -> Contender:
    task, package = place / "peer", place / "peer.zip"
    installed = install((PEER / "requirements.txt").read_text())
    task.mkdir()
    shutil.copy2(PEER / "app.py", task)
    compile_all(task)
    zip_up(package, (task, installed))
    settings = {"TABLE": PEERS_TABLE, "CLIENT_IDS": CLIENT, "ISSUER": ISSUER}
    return Contender("app:handler", (task, installed), package, settings)


def size_rows(contenders: Mapping[str, Contender]) -> list[Row]:
    ours, peer = (exactly(each.package.stat().st_size / 1e6) for each in contenders.values())
    return [Row("package", "zip, without the SDK", "MB", ours, peer, target=LARGEST_ZIP)]


def copy_project(to: Path) -> None:
    """What a commit would hold, without what only this machine has."""
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    for name in run(listed).split("\0"):
        if name and (ROOT / name).is_file():
            (to / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, to / name)


def install(requirements: str) -> Path:
    """A folder with these packages, byte-compiled; made again where they changed."""
    key = hashlib.sha256(f"{sys.version}\n{requirements}".encode()).hexdigest()[:12]
    folder, part = KEPT / key, KEPT / "part"
    if not folder.exists():
        shutil.rmtree(part, ignore_errors=True)
        wanted = requirements.splitlines()[1:]
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
            for path in sorted(folder.rglob("*")):
                name = path.relative_to(folder)
                left_out = "__pycache__" in name.parts or name.parts[0].startswith(IN_THE_RUNTIME)
                if path.is_file() and not left_out:
                    archive.write(path, name)


def run(command: list[str], cwd: Path = ROOT, env: Mapping[str, str] | None = None) -> str:
    """What it prints. Raises RuntimeError with all it said where it fails."""
    done = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command[:4])} failed:\n{done.stdout}{done.stderr}")
    return done.stdout
