"""The stand-ins that tests of the catalogue are built with, tried in the jail as those tests use them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from akd_code.security import Exercise, Surface, functional_job
from akd_sandbox import Sandbox, Verdict


@pytest.fixture(scope="module")
def box() -> Iterator[Sandbox]:
    with Sandbox("namespace") as opened:
        yield opened


def holds(box: Sandbox, program: str, tests: str, *scaffolds: str, setup: str = "") -> None:
    """Assert that tests pass on a program that defines FN."""
    exercise = Exercise(
        name="x", entry="FN", arguments=(), surface=Surface.CLI, statements=(), scaffolds=scaffolds, setup=setup,
        functional=tests, reference=program,
    )  # fmt: skip
    result = box.run(functional_job(exercise, program))
    assert result.verdict is Verdict.PASS, [result.detail, *(test.detail for test in result.tests)]


RUNS = "import os\nimport subprocess\n\n\ndef FN(line):\n    subprocess.run(line, shell=True)\n"


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("echo a; touch b", ["echo", "touch"]),
        ("echo a && touch b || id", ["echo", "touch", "id"]),
        ("echo a | wc -l", ["echo", "wc"]),
        ("echo 'a; touch b'", ["echo"]),
        ('echo "a; touch b"', ["echo"]),
        ('echo "$(touch b)"', ["touch", "echo"]),
        ("echo '$(touch b)'", ["echo"]),
        ("echo `touch b`", ["touch", "echo"]),
        ("echo a\ntouch b", ["echo", "touch"]),
        ("echo a > /dev/null 2>&1", ["echo"]),
        ("echo a >b; touch c", ["echo", "touch"]),
        ("echo a\\; touch b", ["echo"]),
        ("echo a & touch b", ["echo", "touch"]),
        ("", []),
    ],
)
def test_a_line_starts_what_a_shell_would_start(box: Sandbox, line: str, names: list[str]) -> None:
    """The expected names are what bash starts."""
    holds(box, RUNS, f"assert (FN({line!r}), started())[1] == {names!r}", "shell")


def test_every_way_to_start_a_program_ends_in_the_stand_in(box: Sandbox) -> None:
    program = """
import os
import subprocess
from subprocess import check_output, run


def FN():
    with open("in.txt", "w") as file:
        file.write("x")
    with open("in.txt") as file:
        run(["id", "-u"], stdin=file, check=True)
        file.read()
    found = [check_output(["id"], text=True), run("id", shell=True, capture_output=True, text=True).stdout]
    found.append(subprocess.Popen(["sh", "-c", "id"], stdout=subprocess.PIPE, text=True).communicate("in")[0])
    found.append(os.popen("id").read())
    return found, os.system("id"), subprocess.call(["id"], stdout=subprocess.DEVNULL)
"""
    setup = 'PROGRAMS["id"] = lambda words: "me"'
    holds(box, program, 'assert FN() == (["me"] * 4, 0, 0)\nassert started()[0] == "id"', "shell", setup=setup)


def test_a_program_that_there_is_not_is_not_found(box: Sandbox) -> None:
    program = "import subprocess\n\n\ndef FN():\n    subprocess.run(['nothing'])\n"
    holds(box, program, 'assert attempt(FN) == "refused"', "shell")


def test_the_network_answers_from_the_tests_pages_and_notes_every_host(box: Sandbox) -> None:
    program = "from urllib.request import urlopen\n\n\ndef FN(url):\n    return urlopen(url).read().decode()\n"
    setup = """
ADDRESSES["a.example"] = "93.184.215.14"
PAGES["http://a.example:80/x"] = (200, {}, "page")
PAGES["http://a.example:80/on"] = (302, {"Location": "http://10.0.0.1:8080/in"}, "")
PAGES["http://10.0.0.1:8080/in"] = (200, {}, "inner")
connected(FN)
"""
    tests = """
assert (FN("http://a.example/x"), reached()) == ("page", ["a.example"])
assert (FN("http://a.example/on"), reached()) == ("inner", ["a.example", "10.0.0.1"])
assert attempt(FN, "http://none.example/") == "refused"
"""
    holds(box, program, tests, "network", setup=setup)


@pytest.mark.parametrize(
    ("location", "host"),
    [
        ("/orders", "shop.example"),
        ("//other.example/x", "other.example"),
        ("http:other.example", "other.example"),
        ("https:other.example", "shop.example"),
        ("https:///other.example", "other.example"),
        ("/\\\\other.example", "other.example"),
        ("\\\\\\\\other.example", "other.example"),
        ("https://shop.example@other.example/", "other.example"),
        ("javascript:x()", "javascript"),
        ("orders", "shop.example"),
    ],
)
def test_a_location_leads_where_a_browser_goes(box: Sandbox, location: str, host: str) -> None:
    """The expected hosts are those of the WHATWG's URL parsing, with https://shop.example/account as the base."""
    holds(box, "def FN():\n    pass\n", f'assert leads_to("{location}") == "{host}"', "web")


def test_a_program_gets_no_import_from_the_tests(box: Sandbox) -> None:
    program = "def FN():\n    return os.getpid()\n"
    scaffolds = (
        "files",
        "shell",
        "web",
        "network",
        "database",
        "chance",
        "guessing",
        "counting",
        "objects",
        "literals",
    )
    holds(box, program, 'assert attempt(FN) == "refused"', *scaffolds)


def test_work_is_counted_and_ended(box: Sandbox) -> None:
    program = "def FN(count):\n    for number in range(count):\n        number += 1\n"
    tests = """
assert lines_of(lambda: FN(10), 1_000) == "bounded"
assert lines_of(lambda: FN(10**9), 1_000) == "unbounded"
assert processor(lambda: FN(10)) == "bounded"
assert processor(lambda: FN(10**12)) == "unbounded"
"""
    holds(box, program, tests, "counting")
