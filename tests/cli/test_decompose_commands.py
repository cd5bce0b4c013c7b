"""`akd decompose` and `akd modules` on the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from akd_code.cli import main
from akd_code.modules import HashedEmbedder, ModuleStore, VerifiedModule


def akd(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def test_a_file_is_shown_as_a_tree_and_as_json(tmp_path: Path) -> None:
    path = tmp_path / "shapes.py"
    path.write_text("class Box:\n    def open(self):\n        return key()\n\ndef key():\n    return 1\n")
    assert [line.split("  lines")[0] for line in akd("decompose", path).output.splitlines()] == [
        "class Box",
        "  method Box.open",
        "function key",
    ]
    found = json.loads(akd("decompose", path, "--json").output)
    assert [module["qualname"] for module in found["modules"]] == ["Box", "Box.open", "key"]
    assert found["call_graph"] == [[1, 2]]


def test_the_language_is_told_by_the_files_name_or_by_an_option(tmp_path: Path) -> None:
    path = tmp_path / "f.mjs"
    path.write_text("function f() { return 1; }\n")
    assert "function f" in akd("decompose", path).output
    other = path.rename(tmp_path / "f.txt")
    assert akd("decompose", other).exit_code == 2
    assert "function f" in akd("decompose", other, "--language", "javascript").output


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (("decompose", "none.py"), "cannot read none.py"),
        (("decompose", "f.cobol"), "f.cobol: no language for .cobol"),
        (("modules", "export", "none.db", "out.jsonl"), "there is no module store none.db"),
        (("modules", "search", "none.db", "text"), "there is no module store none.db"),
        (("modules", "import", "new.db", "none.jsonl"), "cannot read the exported modules none.jsonl"),
    ],
)
def test_wrong_input_is_one_line(
    arguments: tuple[str, ...], part: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = akd(*arguments)
    assert result.exit_code in (2, 3)
    assert result.stderr.startswith(f"akd: error: {part}")
    assert len(result.stderr.splitlines()) == 1


def test_a_store_is_searched_exported_and_imported(tmp_path: Path) -> None:
    store = ModuleStore(tmp_path / "a.db", HashedEmbedder())
    code = 'def keep_even(xs):\n    """Keep the even numbers."""\n    return [x for x in xs if x % 2 == 0]\n'
    store.admit(VerifiedModule("keep_even", "def keep_even(xs)", "Keep the even numbers.", code, ()))
    store.close()
    row = json.loads(akd("modules", "search", tmp_path / "a.db", "even numbers", "--json").output)
    assert (row["signature"], row["uses"], row["code"]) == ("def keep_even(xs)", 0, code)
    assert "1 modules written" in akd("modules", "export", tmp_path / "a.db", tmp_path / "m.jsonl").output
    assert "1 of 1 modules added" in akd("modules", "import", tmp_path / "b.db", tmp_path / "m.jsonl").output
    assert "def keep_even(xs)" in akd("modules", "search", tmp_path / "b.db", "even").output
