"""`akd exec`: one program in the sandbox."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from akd_code.cli.faults import reported

if TYPE_CHECKING:
    from akd_sandbox import CodeTests, FunctionTests


@click.command("exec")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--entry", required=True, metavar="NAME", help="The function that the tests call.")
@click.option("--cases", type=click.Path(path_type=Path), help='JSONL of {"args": [...], "expected": ...}.')
@click.option(
    "--tests", type=click.Path(path_type=Path), help="Python file with check(candidate), test_*() or asserts."
)
@click.option("--backend", default="auto", show_default=True, help="auto, namespace, or process (no boundary).")
@click.option("--min-isolation", help="Refuse a weaker backend than this.")
@click.option(
    "--test-s", type=click.FloatRange(min=0, min_open=True), default=4.0, show_default=True, help="Seconds a test."
)
@click.option("--memory-mb", type=click.IntRange(16), default=1024, show_default=True, help="Memory of the program.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
def command(
    file: Path,
    entry: str,
    cases: Path | None,
    tests: Path | None,
    backend: str,
    min_isolation: str | None,
    test_s: float,
    memory_mb: int,
    as_json: bool,
    debug: bool,
) -> None:
    """Run the Python program FILE in the sandbox against cases or test code. Exit code 0: PASS, 1: any other verdict.

    Example: akd exec solution.py --entry add --cases cases.jsonl
    """
    with reported(debug):
        from akd_sandbox import Job, Limits, Sandbox, Verdict

        if (cases is None) == (tests is None):
            raise click.UsageError("give either --cases or --tests")
        limits = Limits(test_s=test_s, memory_bytes=memory_mb << 20)
        job = Job(_read(file), entry, _tests(cases, tests), stop_at_first_failure=False)
        with Sandbox(backend, 1, limits, min_isolation) as box:
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
        }
        click.echo(json.dumps(shown, ensure_ascii=True))
    else:
        click.echo(f"{result.verdict.value}  {result.detail}".rstrip())
        for number, test in enumerate(result.tests):
            click.echo(f"  test {number}: {test.verdict.value} {1000 * test.wall_s:.1f} ms  {test.detail}".rstrip())
        click.echo(f"  {result.isolation}, peak memory {result.peak_memory_bytes >> 20} MiB")
    raise SystemExit({Verdict.PASS: 0, Verdict.INFRA: 3}.get(result.verdict, 1))


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
    from akd_sandbox.jsonform import read_cases

    if cases is not None:
        return FunctionTests(read_cases(_read(cases), str(cases)))
    code = _read(tests or Path())
    try:
        body = ast.parse(code).body
    except (SyntaxError, ValueError) as error:
        raise AkdError(f"{tests} is not Python: {error}; the tests must parse") from None
    names = {node.name for node in body if isinstance(node, ast.FunctionDef)}
    if "check" in names:
        return CodeTests(code, "check")
    if any(name.startswith("test") for name in names):
        return CodeTests(code, "functions")
    if any(isinstance(node, ast.Assert) for node in body):
        return CodeTests(code, "asserts")
    raise AkdError(f"{tests} holds no test; write asserts, test_*() functions, or check(candidate)")
