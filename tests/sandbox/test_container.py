"""The docker backend: what a container is made of, and that none is ever left over."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from engine import IMAGE, image_of
from footprint import containers

from akd_sandbox import Case, FunctionTests, IsolationError, Job, Limits, SampleResult, Sandbox, Verdict
from akd_sandbox.container import OWNER_LABEL, remove
from akd_sandbox.sandbox import strongest

pytestmark = pytest.mark.docker
LIMITS = Limits(test_s=4.0, memory_bytes=256 << 20, pids=32)


@pytest.fixture(scope="module")
def box() -> Iterator[Sandbox]:
    with Sandbox("docker", workers=1, limits=LIMITS, image=image_of("docker")) as sandbox:
        yield sandbox


def returns(box: Sandbox, body: str, expected: object) -> SampleResult:
    """Run `def f(): <body>` and compare what it returns."""
    code = "def f():\n" + "\n".join(f"    {line}" for line in body.strip().splitlines())
    return box.run(Job(code, "f", FunctionTests((Case(args=(), expected=expected),))))


def ours(client: Any) -> list[Any]:
    return [c for c in client.containers.list(all=True) if c.labels.get(OWNER_LABEL, "").startswith(f"{os.getpid()}-")]


def test_the_level_says_what_the_container_was_seen_to_have_from_inside(box: Sandbox) -> None:
    result = returns(box, "return 1", 1)
    assert result.verdict is Verdict.PASS, result.detail
    assert result.isolation.startswith("docker (uid+pid+mount+net+no_new_privs+seccomp+ipc+uts")


def test_the_engine_was_asked_for_every_layer(box: Sandbox, engine: Any) -> None:
    assert returns(box, "return 1", 1).verdict is Verdict.PASS
    (container,) = ours(engine)
    host = container.attrs["HostConfig"]
    assert host["NetworkMode"] == "none"
    assert host["ReadonlyRootfs"] is True
    assert host["CapDrop"] == ["ALL"]
    assert host["Privileged"] is False
    assert host["PidsLimit"] == LIMITS.pids + 4
    assert host["Memory"] == host["MemorySwap"] == (256 << 20) + (192 << 20)
    assert host["IpcMode"] == "none"
    assert "no-new-privileges:true" in host["SecurityOpt"]
    assert any('"SCMP_ACT_ERRNO"' in option for option in host["SecurityOpt"])
    assert all(int(part) > 1_000_000_000 for part in container.attrs["Config"]["User"].split(":"))
    assert all(mount["RW"] is False for mount in container.attrs["Mounts"])


def test_nothing_of_the_host_is_there(box: Sandbox) -> None:
    body = """
import os
secrets = [name for name in os.environ if name in ("HOSTNAME", "AKD_TRAP") or "KEY" in name or "TOKEN" in name]
seen = [path for path in ("/etc/shadow", "/etc/passwd", "/home", "/var", "/srv", "/bin/sh", "/var/run/docker.sock")
        if os.path.exists(path)]
readable = []
for path in ("/proc/1/environ", "/proc/self/mounts", "/proc/self/mem", "/sys", "/proc", "/opt/akd/run",
             "/etc/resolv.conf"):
    try:
        if os.listdir(path) if os.path.isdir(path) else open(path, "rb").read(1):
            readable.append(path)
    except OSError:
        pass
return secrets, seen, readable, os.listdir("/tmp") + os.listdir("/dev/shm")
"""
    result = returns(box, body, ([], [], [], []))
    assert result.verdict is Verdict.PASS, result.detail


def test_what_a_sample_leaves_in_its_directories_is_gone_for_the_next(box: Sandbox) -> None:
    body = """
import os
for home in ("/tmp", "/dev/shm"):
    os.chdir(home)
    open("plain", "w").write("x" * 5000)
    os.symlink("/opt/site", "link")
    os.mkfifo("queue")
    for _ in range(100):
        os.mkdir("d"); open("d/f", "w").close(); os.chdir("d")
    os.chdir(home)
    os.chmod("d", 0)
return len(os.listdir("/tmp"))
"""
    assert returns(box, body, 4).verdict is Verdict.PASS
    look = "import os\nreturn os.listdir('/tmp') + os.listdir('/dev/shm'), len(os.listdir('/opt/site')) > 0"
    assert returns(box, look, ([], True)).verdict is Verdict.PASS
    assert box._all[0].slots["values"].samples > 1  # cleaned, not replaced


def test_auto_takes_docker_where_the_image_is_and_the_namespaces_where_it_is_not() -> None:
    assert strongest(image_of("docker")) == "docker"
    assert strongest("akd-no-such-image:latest") == "namespace"


def test_without_an_engine_that_is_said_and_what_needs_none(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/no-engine.sock")
    with pytest.raises(IsolationError, match=r"no engine answers .* `--backend namespace` needs no engine"):
        Sandbox("docker", workers=1)
    assert strongest("akd-no-such-image:latest") == "namespace"


@pytest.mark.usefixtures("engine")
def test_a_missing_image_or_runtime_is_said_and_what_to_do_about_it() -> None:
    with pytest.raises(IsolationError, match="build-image"):
        Sandbox("docker", workers=1, image="akd-no-such-image:latest")
    with pytest.raises(IsolationError, match="no-such-runtime"):
        Sandbox("docker", workers=1, image=image_of("docker"), runtime="no-such-runtime")
    with Sandbox("docker", workers=1, image=image_of("docker"), runtime="runc") as sandbox:
        assert returns(sandbox, "return 1", 1).verdict is Verdict.PASS


def test_less_than_docker_is_refused_where_docker_is_the_least() -> None:
    with pytest.raises(IsolationError, match="weaker"):
        Sandbox("namespace", min_isolation="docker")


def test_a_container_is_replaced_after_a_crash_and_only_then(box: Sandbox, engine: Any) -> None:
    returns(box, "return 1", 1)
    (before,) = ours(engine)
    assert returns(box, "raise ValueError", 1).verdict is Verdict.RAISED
    assert [container.id for container in ours(engine)] == [before.id]
    assert returns(box, "import os\nos.kill(os.getpid(), 11)", 1).verdict is Verdict.CRASHED
    assert returns(box, "return 1", 1).verdict is Verdict.PASS
    (after,) = ours(engine)
    assert after.id != before.id


def test_a_container_that_is_killed_is_replaced_and_the_sample_run_again(engine: Any) -> None:
    with Sandbox("docker", workers=1, limits=LIMITS, image=IMAGE) as sandbox:
        assert returns(sandbox, "return 1", 1).verdict is Verdict.PASS
        before = {container.id for container in ours(engine)}
        threading.Timer(0.4, lambda: [c.kill() for c in ours(engine) if c.id in before]).start()
        result = returns(sandbox, "import time\ntime.sleep(1.5)\nreturn 1", 1)
        assert result.verdict is Verdict.PASS, result.detail


def test_closing_leaves_no_container_and_no_directory() -> None:
    image, before = image_of("docker"), containers()
    with Sandbox("docker", workers=2, limits=LIMITS, image=image) as sandbox:
        jobs = [Job("def f(): return 1", "f", FunctionTests((Case(args=(), expected=1),)))] * 4
        assert {result.verdict for _, result in sandbox.run_many(jobs)} == {Verdict.PASS}
        assert containers() > before
        folders = [Path(zygote._folder) for place in sandbox._all if (zygote := place.slots["values"]._zygote)]
        assert all(folder.exists() for folder in folders)
    assert containers() == before
    assert not any(folder.exists() for folder in folders)


@pytest.mark.parametrize("end", ["killed", "without closing"])
def test_no_container_outlives_its_judge(tmp_path: Path, engine: Any, end: str) -> None:
    script = tmp_path / "hold.py"
    script.write_text(
        "import time, os\nfrom akd_sandbox import *\n"
        f"box = Sandbox('docker', workers=1, image={IMAGE!r})\n"
        "box.run(Job('def f(): return 1', 'f', FunctionTests((Case(args=(), expected=1),))))\n"
        f"print('ready', flush=True)\ntime.sleep({60 if end == 'killed' else 0})\n"
    )
    judge = subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE, text=True)
    assert judge.stdout is not None
    assert judge.stdout.readline() == "ready\n"
    if end == "killed":
        judge.send_signal(signal.SIGKILL)
    judge.wait(30)
    deadline = time.monotonic() + 20
    while left(engine, judge.pid) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert left(engine, judge.pid) == []


def left(client: Any, pid: int) -> list[str]:
    found = client.api.containers(all=True, filters={"label": OWNER_LABEL})
    return [row["Id"] for row in found if row["Labels"][OWNER_LABEL].startswith(f"{pid}-")]


class Relay:
    """The engine behind a socket of the test's own, so that it can be seen to stop without stopping it for others."""

    def __init__(self, address: Path) -> None:
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(address))
        self.listener.listen()
        self.open: list[socket.socket] = [self.listener]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = self.listener.accept()
                far = socket.socket(socket.AF_UNIX)
                far.connect("/var/run/docker.sock")
                self.open += [near, far]
                for pair in ((near, far), (far, near)):
                    threading.Thread(target=self._copy, args=pair, daemon=True).start()

    def _copy(self, source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while piece := source.recv(1 << 16):
                target.sendall(piece)
            target.shutdown(socket.SHUT_WR)

    def stop(self) -> None:
        """Answer nobody any more."""
        for one in self.open:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()


@pytest.fixture
def relay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Relay]:
    image_of("docker")
    if "DOCKER_HOST" in os.environ:
        pytest.skip("DOCKER_HOST names an engine elsewhere")
    made = Relay(tmp_path / "engine.sock")
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/engine.sock")
    yield made
    made.stop()


def test_an_engine_that_stops_mid_run_is_infra_and_the_run_goes_on(engine: Any, relay: Relay) -> None:
    with Sandbox("docker", workers=1, limits=LIMITS, image=IMAGE) as sandbox:
        assert returns(sandbox, "return 1", 1).verdict is Verdict.PASS

        def stop() -> None:
            relay.stop()
            for container in ours(engine):  # an engine that ends takes its containers along
                container.kill()

        threading.Timer(0.5, stop).start()
        result = returns(sandbox, "import time\ntime.sleep(3)\nreturn 1", 1)
        assert result.verdict is Verdict.INFRA, result
        assert "no engine answers" in result.detail
        jobs = [Job("def f(): return 0", "f", FunctionTests((Case(args=(), expected=1),)))] * 3
        assert [result.verdict for _, result in sandbox.run_many(jobs)] == [Verdict.INFRA] * 3
        assert strongest(IMAGE) == "namespace"
    assert ours(engine) == []


def test_an_engine_that_comes_back_is_used_again(
    engine: Any, relay: Relay, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Sandbox("docker", workers=1, limits=LIMITS, image=IMAGE) as sandbox:
        assert returns(sandbox, "return 1", 1).verdict is Verdict.PASS
        relay.stop()
        sandbox._all[0].close()
        assert returns(sandbox, "return 1", 1).verdict is Verdict.INFRA
        again = Relay(tmp_path / "again.sock")
        monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/again.sock")
        assert returns(sandbox, "return 1", 1).verdict is Verdict.PASS
    again.stop()


def test_a_sample_that_fills_its_directories_is_followed_by_one_that_may(box: Sandbox) -> None:
    fill = """
left = []
for home in ("/tmp", "/dev/shm"):
    try:
        with open(home + "/big", "wb", buffering=0) as file:
            while file.write(bytes(1 << 20)): pass
    except OSError as error:
        left.append(error.errno in (27, 28))
return left
"""
    assert returns(box, fill, [True, True]).verdict is Verdict.PASS
    assert returns(box, "open('x', 'wb').write(bytes(1 << 20))\nreturn 1", 1).verdict is Verdict.PASS


def test_a_removal_that_the_engine_fails_at_is_asked_for_until_the_container_is_gone() -> None:
    """The engine's race cannot be provoked: `Could not kill running container, cannot remove: is not running`."""
    from docker.errors import APIError, NotFound

    answers = [APIError("could not kill, cannot remove"), APIError("already in progress"), None, NotFound("gone")]

    class Api:
        def remove_container(self, container: str, force: bool) -> None:
            assert (container, force) == ("abc", True)
            answer = answers.pop(0)
            if answer is not None:
                raise answer

    remove(Api(), "abc")
    assert answers == []
