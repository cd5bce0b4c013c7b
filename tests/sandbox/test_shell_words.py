"""The programs that a line for the shell starts, as far as its text shows."""

import pytest

from akd_sandbox.guest.shell import commands


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("ls -l /tmp", ["ls"]),
        ("echo hi; cat x|grep y && wc 2>&1 >/dev/null", ["cat", "grep", "wc"]),
        ("A=1 B=2 tar cf x.tar *", ["tar"]),
        ("for x in a b; do gzip $x; done", ["gzip"]),
        ("if test -f x; then foo; else bar; fi", ["foo", "bar"]),
        ("while ! nc -z x 1; do sleep 1; done", ["nc", "sleep"]),
        ("git commit -m 'a; b'", ["git"]),
        ("(cd /tmp && make) & ps", ["make", "ps"]),
        ("> out.txt sort < in.txt", ["sort"]),
        ("ls\ncp a b\n# tar x", ["ls", "cp"]),
        ("tar \\\n  -x", ["tar"]),
        ("echo $((2*3))", []),
        ("$TOOL --version; `date`", []),
        ("go() { ls; }; go", ["ls"]),
        ("'never closed", []),
        ("", []),
    ],
)
def test_the_first_words_of_commands_are_found(line: str, expected: list[str]) -> None:
    assert commands(line) == expected
