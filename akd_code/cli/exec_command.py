"""`akd exec`: one program in the sandbox."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from akd_code.cli.faults import reported
from akd_code.cli.suite_options import names_in, programs_option
from akd_sandbox.syntax import parse

if TYPE_CHECKING:
    from akd_sandbox import CodeTests, FunctionTests, ProgramTests, Tests


@click.command("exec")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--entry", metavar="NAME", help="The function that --cases and --tests call.")
@click.option("--cases", type=click.Path(path_type=Path), help='JSONL of {"args": [...], "expected": ...}.')
@click.option(
    "--tests",
    type=click.Path(path_type=Path),
    help="Python file with check(candidate), test_*(), a unittest class, or asserts.",
)
@click.option(
    "--stdin-cases", type=click.Path(path_type=Path), help='A whole program: JSONL of {"stdin": ..., "expected": ...}.'
)
@click.option("--exact", is_flag=True, help="With --stdin-cases: compare every byte, not word by word.")
@click.option(
    "--pytest",
    "test_files",
    type=click.Path(path_type=Path),
    multiple=True,
    help="Test file for pytest that imports FILE by its name; may be repeated.",
)
@click.option("--count", type=click.IntRange(1), help="With --pytest: how many tests must be collected.")
@click.option(
    "--file",
    "files",
    type=click.Path(path_type=Path),
    multiple=True,
    help="Further file of the sample, by its path from here; may be repeated.",
)
@click.option("--backend", default="auto", show_default=True, help="auto, docker, namespace, or process (no boundary).")
@click.option("--min-isolation", help="Refuse a weaker backend than this.")
@programs_option
@click.option("--runtime", help="With docker: the container runtime, such as crun. [default: the engine's]")
@click.option(
    "--test-s", type=click.FloatRange(min=0, min_open=True), default=4.0, show_default=True, help="Seconds a test."
)
@click.option("--memory-mb", type=click.IntRange(16), default=1024, show_default=True, help="Memory of the program.")
@click.option(
    "--judging",
    type=click.Choice(["auto", "values"]),
    default="auto",
    show_default=True,
    help="values: refuse test code that must run beside the program (docs/threat-model.md).",
)
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
def command(
    file: Path,
    entry: str | None,
    cases: Path | None,
    tests: Path | None,
    stdin_cases: Path | None,
    exact: bool,
    test_files: tuple[Path, ...],
    count: int | None,
    files: tuple[Path, ...],
    backend: str,
    min_isolation: str | None,
    programs: str | None,
    runtime: str | None,
    test_s: float,
    memory_mb: int,
    judging: Literal["auto", "values"],
    as_json: bool,
    debug: bool,
) -> None:
    """Run the Python program FILE in the sandbox against tests of one kind. Exit code 0: PASS, 1: any other verdict.

    Example: akd exec solution.py --entry add --cases cases.jsonl
    """
    with reported(debug):
        from akd_sandbox import Job, Limits, PytestTests, Sandbox, Verdict

        if sum((cases is not None, tests is not None, stdin_cases is not None, bool(test_files))) != 1:
            raise click.UsageError("give one of --cases, --tests, --stdin-cases and --pytest")
        if (cases or tests) and not entry:
            raise click.UsageError("--cases and --tests need --entry, the function they call")
        program = _read(file)
        held_to: Tests
        if stdin_cases is not None:
            held_to = _stdin_tests(stdin_cases, exact)
        elif test_files:
            held_to = PytestTests({path.name: _read(path) for path in test_files}, file.stem, count)
        else:
            held_to = _tests(cases, tests)
        limits = Limits(test_s=test_s, memory_bytes=memory_mb << 20)
        further = {path.as_posix(): _read(path) for path in files}
        job = Job(program, entry or "", held_to, stop_at_first_failure=False, files=further, judging=judging)
        with Sandbox(backend, 1, limits, min_isolation, runtime=runtime, programs=names_in(programs)) as box:
            result = box.run(job)
    if as_json:
        shown = {
            "verdict": result.verdict.value,
            "tests": [
                {"verdict": t.verdict.value, "wall_s": round(t.wall_s, 6), "detail": t.detail} for t in result.tests
            ],
            "peak_memory_bytes": result.peak_memory_bytes,
            "stdout": result.stdout,
            "stderr": result.stderr,
            "isolation": result.isolation,
            "detail": result.detail,
            "judging": result.judging,
            "unguarded": result.unguarded,
        }
        click.echo(json.dumps(shown, ensure_ascii=True))
    else:
        click.echo(f"{result.verdict.value}  {result.detail}".rstrip())
        for number, test in enumerate(result.tests):
            click.echo(f"  test {number}: {test.verdict.value} {1000 * test.wall_s:.1f} ms  {test.detail}".rstrip())
        click.echo(f"  {result.isolation}, peak memory {result.peak_memory_bytes >> 20} MiB")
    if not result.verdict.decided:
        raise SystemExit(3)
    raise SystemExit(0 if result.verdict is Verdict.PASS else 1)


def _stdin_tests(path: Path, exact: bool) -> ProgramTests:
    from akd_code.errors import AkdError
    from akd_sandbox import ProgramTests, StdinCase

    cases = []
    for number, line in enumerate(_read(path).splitlines(), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            stdin, expected = row["stdin"], row["expected"]
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise AkdError(f'{path}:{number}: no {{"stdin": ..., "expected": ...}} ({error!r})') from None
        if not (isinstance(stdin, str) and isinstance(expected, str)):
            raise AkdError(f"{path}:{number}: stdin and expected must be texts")
        cases.append(StdinCase(stdin, expected))
    if not cases:
        raise AkdError(f"{path} holds no case; write one JSON object a line")
    return ProgramTests(tuple(cases), "exact" if exact else "tokens")


def _read(path: Path) -> str:
    from akd_code.errors import AkdError

    try:
        return path.read_bytes().decode("utf-8", "surrogateescape")
    except OSError as error:
        raise AkdError(f"cannot read {path}: {error.strerror}; give an existing file") from None


def _tests(cases: Path | None, tests: Path | None) -> FunctionTests | CodeTests:
    import ast

    from akd_code.errors import AkdError
    from akd_sandbox import CodeTests, FunctionTests
    from akd_sandbox.checks import holds_check
    from akd_sandbox.jsonform import read_cases

    if cases is not None:
        return FunctionTests(read_cases(_read(cases), str(cases)))
    code = _read(tests or Path())
    try:
        body = parse(code).body
    except (SyntaxError, ValueError) as error:
        raise AkdError(f"{tests} is not Python: {error}; the tests must parse") from None
    names = {node.name for node in body if isinstance(node, ast.FunctionDef)}
    if "check" in names:
        return CodeTests(code, "check")
    if any(name.startswith("test") for name in names):
        return CodeTests(code, "functions")
    classes = [node for node in body if isinstance(node, ast.ClassDef)]
    if any("TestCase" in ast.unparse(base) for node in classes for base in node.bases):
        return CodeTests(code, "unittest")
    if any(holds_check(node) for node in body):
        return CodeTests(code, "asserts")
    raise AkdError(f"{tests} holds no test; write asserts, test_*() functions, check(candidate) or a unittest class")
