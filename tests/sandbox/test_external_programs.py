"""External programs in the jail: none by default, and UNSUPPORTED says which; with them, CPython's verdict."""

import re
import shutil
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from as_cpython import passes
from engine import image_of

from akd_sandbox import Case, CodeTests, FunctionTests, IsolationError, Job, Limits, SampleResult, Sandbox, Verdict
from akd_sandbox.applets import shown_programs

LIMITS = Limits(test_s=10.0, import_s=10.0, memory_bytes=256 << 20, pids=32)
BROUGHT = ("sh", "cat", "echo", "ls", "sleep", "python")
BoxOf = Callable[..., Sandbox]
CHECK = "def check(candidate):\n    assert candidate('a b') == 'a b'\n"

WAYS = [
    ("os.system", "sh", "import os\ndef f(x):\n    os.system(f'echo \"{x}\" > out')\n"
     "    return open('out').read().strip()\n"),
    ("os.popen", "sh", "import os\ndef f(x): return os.popen(f'echo \"{x}\"').read().strip()\n"),
    ("a line for the shell", "cat",
     "import subprocess\ndef f(x):\n    return subprocess.run('cat | cat', shell=True, input=x, capture_output=True,"
     " text=True).stdout\n"),
    ("a list", "echo",
     "import subprocess\ndef f(x): return subprocess.check_output(['echo', x], text=True).strip()\n"),
    ("an absolute path", "/bin/echo",
     "import subprocess\ndef f(x): return subprocess.check_output(['/bin/echo', x], text=True).strip()\n"),
    ("Popen in a folder of its own", "cat",
     "import os, subprocess\ndef f(x):\n    os.makedirs('d', exist_ok=True)\n    open('d/x', 'w').write(x)\n"
     "    with subprocess.Popen(['cat', 'x'], cwd='d', stdout=-1, text=True) as p: return p.communicate()[0]\n"),
    ("shutil.which", "echo", "import shutil\ndef f(x): return x if shutil.which('echo') else None\n"),
    ("asyncio", "echo",
     "import asyncio\nasync def g(x):\n    p = await asyncio.create_subprocess_exec('echo', x, stdout=-1)\n"
     "    return (await p.communicate())[0].decode().strip()\ndef f(x): return asyncio.run(g(x))\n"),
    ("asyncio's shell", "sh",
     "import asyncio\nasync def g(x):\n    p = await asyncio.create_subprocess_shell(f\"echo '{x}'\", stdout=-1)\n"
     "    return (await p.communicate())[0].decode().strip()\ndef f(x): return asyncio.run(g(x))\n"),
    ("os.spawn", "cat",
     "import os\ndef f(x):\n    open('x', 'w').write(x)\n"
     "    return x if os.spawnlp(os.P_WAIT, 'cat', 'cat', 'x') == 0 else 0\n"),
    ("os.posix_spawn", "/bin/cat",
     "import os\ndef f(x):\n    pid = os.posix_spawn('/bin/cat', ['cat', '/dev/null'], os.environ)\n"
     "    return x if os.waitpid(pid, 0)[1] == 0 else 0\n"),
    ("a script that names its shell", "/bin/sh",
     "import os, subprocess\ndef f(x):\n    open('run.sh', 'w').write('#!/bin/sh\\necho \"$1\"\\n')\n"
     "    os.chmod('run.sh', 0o755)\n    return subprocess.check_output(['./run.sh', x], text=True).strip()\n"),
    ("python by its name", "python",
     "import subprocess\ndef f(x):\n    line = 'import sys, json; print(json.loads(sys.argv[1]))'\n"
     "    return subprocess.check_output(['python', '-c', line, '\"' + x + '\"'], text=True).strip()\n"),
    ("at import", "echo",
     "import subprocess\nHELLO = subprocess.check_output(['echo', 'a b'], text=True)\n"
     "def f(x): return HELLO.strip()\n"),
]  # fmt: skip
NO_PROGRAM = [
    ("fork", "import multiprocessing as m\ndef f(x):\n    with m.get_context('fork').Pool(2) as pool:\n"
     "        return pool.map(str, [x])[0]\n"),
    ("a fork of one's own", "import os\ndef f(x):\n    r, w = os.pipe()\n    if os.fork() == 0:\n"
     "        os.write(w, x.encode()); os._exit(0)\n    os.wait()\n    return os.read(r, 9).decode()\n"),
    ("a child that has closed all it does not need", "import os\ndef f(x):\n    pid = os.fork()\n    if pid == 0:\n"
     "        os.closerange(3, 50)\n        try: os.execvp('akd-none', ['akd-none'])\n"
     "        except FileNotFoundError: os._exit(7)\n        finally: os._exit(9)\n"
     "    return x if os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 7 else 0\n"),
    ("this interpreter", "import subprocess, sys\ndef f(x):\n    line = 'import sys; print(sys.argv[1])'\n"
     "    return subprocess.check_output([sys.executable, '-c', line, x], text=True).strip()\n"),
    ("subprocess mocked", "import subprocess\nfrom unittest.mock import patch\ndef f(x):\n"
     "    with patch('subprocess.run') as run:\n        run.return_value.stdout = x\n"
     "        return subprocess.run(['git']).stdout\n"),
]  # fmt: skip


def why_no_busybox() -> str:
    try:
        shown_programs(["sh"])
    except IsolationError as error:
        return str(error)
    return ""


needs_busybox = pytest.mark.skipif(bool(why_no_busybox()), reason=why_no_busybox() or "-")
BACKENDS = ("namespace", pytest.param("docker", marks=pytest.mark.docker))


@pytest.fixture(scope="module")
def box_of() -> Iterator[BoxOf]:
    opened: dict[tuple[str, ...], Sandbox] = {}

    def get(backend: str, *programs: str) -> Sandbox:
        key = (backend, *programs)
        if key not in opened:
            opened[key] = Sandbox(backend, 1, LIMITS, image=image_of(backend), programs=programs)
        return opened[key]

    yield get
    for box in opened.values():
        box.close()


def judged(box: Sandbox, program: str, tests: str = CHECK) -> SampleResult:
    return box.run(Job(program, "f", CodeTests(tests, "check")))


@pytest.mark.parametrize(("name", "program"), [pytest.param(*rest, id=title) for title, *rest in WAYS])
def test_without_programs_every_way_to_start_one_is_unsupported_and_named(
    box_of: BoxOf, name: str, program: str
) -> None:
    result = judged(box_of("namespace"), program)
    assert result.verdict is Verdict.UNSUPPORTED, result.detail
    assert any(one.endswith(name) for one in result.missing), result.missing
    assert all(one in result.detail for one in result.missing)


@needs_busybox
@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize(
    "program",
    [pytest.param(program, id=title) for title, _, program in WAYS]
    + [pytest.param(program, id=title) for title, program in NO_PROGRAM],
)
def test_with_programs_the_verdict_is_cpythons(box_of: BoxOf, backend: str, program: str, tmp_path: Path) -> None:
    wrong = CHECK.replace("== 'a b'", "== 'something else'")
    for number, tests in enumerate((CHECK, wrong)):
        (folder := tmp_path / str(number)).mkdir()
        result = judged(box_of(backend, *BROUGHT), program, tests)
        assert (result.verdict is Verdict.PASS) == passes(folder, program, tests, "check"), result.detail
        assert result.verdict.decided, result.detail
    assert result.verdict is Verdict.WRONG


@pytest.mark.parametrize("program", [pytest.param(program, id=title) for title, program in NO_PROGRAM])
def test_what_needs_no_program_gets_cpythons_verdict_without_any(box_of: BoxOf, program: str) -> None:
    assert judged(box_of("namespace"), program).verdict is Verdict.PASS


def test_a_missing_program_is_noticed_where_the_tests_say_that_every_file_is_there(box_of: BoxOf) -> None:
    tests = (
        "from unittest.mock import mock_open, patch\ndef check(candidate):\n"
        "    with patch('os.path.exists', return_value=True), patch('os.path.isfile', return_value=True),"
        " patch('builtins.open', mock_open(read_data='x')):\n        assert candidate('a b') == 'a b'\n"
    )
    result = judged(
        box_of("namespace"), "import subprocess\ndef f(x): return subprocess.run(['akd-none']).args\n", tests
    )
    assert result.verdict is Verdict.UNSUPPORTED, result.detail
    assert result.missing == ("akd-none",)


def test_a_program_that_is_not_here_may_be_what_is_asked_for(box_of: BoxOf) -> None:
    program = (
        "import shutil, subprocess\ndef f(x):\n    try:\n        subprocess.run(['akd-none'])\n"
        "    except FileNotFoundError:\n        return x if shutil.which('akd-none') is None else 0\n"
    )
    assert judged(box_of("namespace"), program).verdict is Verdict.PASS


@pytest.mark.parametrize(
    ("named", "program"),
    [
        ("multiprocessing's spawn", "import multiprocessing as m\ndef f(x):\n    p = m.get_context('spawn').Process("
         "target=print)\n    p.start(); p.join()\n    return x if p.exitcode == 0 else 0\n"),
        ("a pseudo-terminal", "import os, pty\ndef f(x):\n    os.close(pty.openpty()[0])\n    return x\n"),
    ],
)  # fmt: skip
def test_what_the_jail_never_has_is_named(box_of: BoxOf, named: str, program: str) -> None:
    result = judged(box_of("namespace"), program)
    assert result.verdict is Verdict.UNSUPPORTED, result.detail
    assert named in result.detail


@needs_busybox
@pytest.mark.parametrize("backend", BACKENDS)
def test_only_what_was_named_is_there_and_cannot_be_changed(
    backend: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = shutil.copy(shown_programs(["sh"])[0][0], tmp_path / "busybox")
    Path(own).chmod(0o777)  # so that it is the jail that holds, not the file's mode
    monkeypatch.setenv("AKD_BUSYBOX", str(own))
    body = """
import os
def f():
    there = [path for folder in ("/bin", "/usr/bin") for path in sorted(os.path.join(folder, name)
             for name in ("sh", "cat", "ls", "busybox", "tar", "bash"))]
    changed = []
    for path in ("/bin/sh", "/usr/bin/sh"):
        try:
            open(path, "r+b").close(); changed.append(path)
        except OSError: pass
    return [path for path in there if os.path.exists(path)], changed
"""
    tests = FunctionTests((Case((), (["/bin/cat", "/bin/sh", "/usr/bin/cat", "/usr/bin/sh"], [])),))
    with Sandbox(backend, 1, LIMITS, image=image_of(backend), programs=("sh", "cat")) as box:
        result = box.run(Job(body, "f", tests))
    assert result.verdict is Verdict.PASS, result.detail


@needs_busybox
def test_a_shell_that_does_not_find_what_it_is_told_to_start_is_unsupported(box_of: BoxOf) -> None:
    program = "import os\ndef f(x): return 'a b' if os.system('tar --version > /dev/null 2>&1') == 0 else 0\n"
    result = judged(box_of("namespace", "sh"), program)
    assert result.verdict is Verdict.UNSUPPORTED
    assert result.missing == ("tar",)


@needs_busybox
@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize(
    ("body", "verdict"),
    [
        ("subprocess.run('while true; do :; done', shell=True)", Verdict.TIMEOUT),
        ("return subprocess.run(['python', '-c', 'bytearray(3 << 30)'], stderr=-1).returncode == 1", Verdict.PASS),
        ("return len([subprocess.Popen(['sleep', '60']) for _ in range(100)]) < 100", Verdict.RAISED),
        ("subprocess.run('sleep 60 &', shell=True)\n    return True", Verdict.PASS),
    ],
    ids=["time", "memory", "processes", "left behind"],
)  # fmt: skip
def test_the_limits_hold_for_what_is_started(box_of: BoxOf, backend: str, body: str, verdict: Verdict) -> None:
    box = box_of(backend, *BROUGHT)
    job = Job(f"import subprocess\ndef f():\n    {body}\n", "f", FunctionTests((Case((), True, limit_s=2.0),)))
    result = box.run(job)
    assert result.verdict is verdict, result.detail
    look = (
        "import os\ndef f():\n    alive = []\n    for pid in range(2, 2000):\n        if pid == os.getpid(): continue\n"
        "        try: os.kill(pid, 0); alive.append(pid)\n        except OSError: pass\n    return alive\n"
    )
    after = box.run(Job(look, "f", FunctionTests((Case((), []),))))
    assert after.verdict is Verdict.PASS, after.detail


def test_no_busybox_is_one_line_that_names_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AKD_BUSYBOX", raising=False)
    monkeypatch.setattr(shutil, "which", lambda *_, **__: None)
    with pytest.raises(IsolationError, match=r"no.* here; install one \(the Debian package busybox-static\)") as error:
        Sandbox("namespace", 1, programs=["sh"])
    assert error.value.exit_code == 2  # type: ignore[attr-defined]


def test_a_busybox_that_needs_libraries_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AKD_BUSYBOX", str(shutil.which("ls")))
    with pytest.raises(IsolationError, match="ls is not a static program"):
        shown_programs(["ls"])


def test_a_busybox_that_not_everybody_may_run_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    made = tmp_path / "busybox"
    made.write_bytes(b"\x7fELF\x02" + bytes(27) + (64).to_bytes(8, "little") + bytes(14) + b"\x38\0\0\0" + bytes(8))
    made.chmod(stat.S_IRWXU)
    monkeypatch.setenv("AKD_BUSYBOX", str(made))
    with pytest.raises(IsolationError, match="may not be run by everybody; chmod 755"):
        shown_programs(["ls"])


@needs_busybox
def test_a_name_that_busybox_does_not_have_gets_near_ones() -> None:
    with pytest.raises(IsolationError, match=re.escape("no program 'gzpi' to bring by --programs; near it: gzip")):
        shown_programs(["sh", "gzpi"])
    with pytest.raises(IsolationError, match="no program 'busybox'"):
        shown_programs(["busybox"])
    with pytest.raises(IsolationError, match="ps reads /proc, which programs do not see; leave it out"):
        shown_programs(["ps"])


@pytest.mark.docker
def test_an_image_with_another_interpreter_is_not_given_this_hosts(monkeypatch: pytest.MonkeyPatch) -> None:
    image = image_of("docker")
    monkeypatch.setattr("akd_sandbox.container.is_made_here", lambda *_: False)
    with pytest.raises(IsolationError, match="python needs an image made by `akd sandbox build-image`"):
        Sandbox("docker", 1, image=image, programs=["python"])


def test_python_needs_no_busybox(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AKD_BUSYBOX", "/no/such/busybox")
    assert {Path(path).name for _, path in shown_programs(["python", "python3"])} == {"python", "python3"}
