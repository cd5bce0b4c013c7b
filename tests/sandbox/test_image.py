"""Images from a root file system: what `akd sandbox build-image --from folder` makes runs programs."""

import sys
import tarfile
import tempfile
from pathlib import Path
from typing import Any

import pytest
from engine import IMAGE

from akd_sandbox import Case, FunctionTests, Job, Sandbox, SandboxError, Verdict
from akd_sandbox.image import build_from_folder
from akd_sandbox.local import interpreter

pytestmark = pytest.mark.docker
BUILT = f"{IMAGE}-folder"
LIBRARY = f"lib/python{sys.version_info.major}.{sys.version_info.minor}/site-packages"


@pytest.fixture
def root(engine: Any, tmp_path: Path) -> Path:
    """A root file system with an interpreter, its libraries and one package for it, but no guest program."""
    container = engine.containers.create(IMAGE, network_mode="none")
    try:
        with tempfile.TemporaryFile() as stream:
            for piece in container.export():
                stream.write(piece)
            stream.seek(0)
            with tarfile.open(fileobj=stream) as archive:
                wanted = [member for member in archive if not member.name.startswith(("opt/", "dev/"))]
                archive.extractall(tmp_path / "root", members=wanted, filter="tar")
    finally:
        container.remove()
    packages = tmp_path / "root" / interpreter().parent.parent.relative_to("/") / LIBRARY
    packages.mkdir(parents=True, exist_ok=True)
    (packages / "carried.py").write_text("THREE = 3\n")
    return tmp_path / "root"


def test_a_root_file_system_becomes_an_image_that_runs_programs(engine: Any, root: Path) -> None:
    try:
        build_from_folder(engine, BUILT, root, str(interpreter()))
        with Sandbox("docker", workers=1, image=BUILT) as box:
            code = "import json, carried\ndef f(n): return json.loads('[1, 2]') + [n, carried.THREE]"
            result = box.run(Job(code, "f", FunctionTests((Case(args=(3,), expected=[1, 2, 3, 3]),))))
        assert result.verdict is Verdict.PASS, result.detail
        assert result.isolation.startswith("docker (uid+pid+mount+net")
    finally:
        engine.images.remove(BUILT, force=True)


def test_a_root_without_the_interpreter_is_said(engine: Any, tmp_path: Path) -> None:
    with pytest.raises(SandboxError, match=r"has no /usr/bin/python3; install Python 3\.11 or newer in it"):
        build_from_folder(engine, BUILT, tmp_path, "/usr/bin/python3")
