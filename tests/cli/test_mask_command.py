"""`akd data mask`: what of a row is trained, as text and as JSON."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from tiny_students import CHATML, save_tiny

from akd_code.cli.data_command import command

TURNS = [{"role": "user", "content": "add"}, {"role": "assistant", "content": "def f(x): return 'é😀'"}]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny(tmp_path_factory.mktemp("mask") / "m", template=CHATML)


def run(tmp_path: Path, model: Path, *options: str, rows: str | None = None) -> Result:
    path = tmp_path / "rows.jsonl"
    path.write_text(rows or json.dumps({"messages": TURNS}) + "\n", encoding="utf-8")
    return CliRunner().invoke(command, ["mask", str(path), "--model", str(model), *options])


def test_the_answer_and_its_stop_token_stand_between_marks(tmp_path: Path, model: Path) -> None:
    done = run(tmp_path, model)
    assert done.exit_code == 0, done.output
    lines = done.output.splitlines()
    assert lines[:3] == [
        "<|im_start|>user",
        "add<|im_end|>",
        "<|im_start|>assistant",
    ]
    assert lines[3] == "[[def f(x): return 'é😀'<|im_end|>]]"
    assert lines[4].endswith("trained, the stop token among them")


def test_json_has_every_token_with_its_mask(tmp_path: Path, model: Path) -> None:
    told = json.loads(run(tmp_path, model, "--json").output)
    mask = told["mask"]
    text = "<|im_start|>user\nadd<|im_end|>\n<|im_start|>assistant\ndef f(x): return 'é😀'<|im_end|>"
    assert "".join(token["text"] for token in mask) == text
    assert "".join(token["text"] for token in mask if token["trained"]) == "def f(x): return 'é😀'<|im_end|>"
    assert told["trained"] == sum(token["trained"] for token in mask) < told["tokens"] == len(mask)
    assert mask[-1]["text"] == "<|im_end|>" and mask[-1]["trained"] and mask[-1]["stops"]


def test_a_long_row_is_shown_whole(tmp_path: Path, model: Path) -> None:
    answer = "".join(f"x{n} = '😀{n}'\n" for n in range(60))
    turns = [TURNS[0], {"role": "assistant", "content": answer}]
    told = json.loads(run(tmp_path, model, "--json", rows=json.dumps({"messages": turns})).output)
    assert "".join(token["text"] for token in told["mask"] if token["trained"]) == answer + "<|im_end|>"


@pytest.mark.parametrize(
    ("rows", "options", "message"),
    [
        (None, ("--row", "2"), "has 1 rows, so there is no row 2"),
        ('{"prompt": "x"}', (), "row 1 of .* has no messages"),
        ("not json", (), "has no messages"),
        (json.dumps({"messages": TURNS[:1]}), (), "must end with an assistant turn"),
    ],
)
def test_what_cannot_be_shown_is_told_in_one_line(
    tmp_path: Path, model: Path, rows: str | None, options: tuple[str, ...], message: str
) -> None:
    import re

    done = run(tmp_path, model, *options, rows=rows)
    assert done.exit_code == 2
    assert re.search(message, done.output) and len(done.output.splitlines()) == 1


def test_a_template_that_never_stops_is_refused(tmp_path: Path) -> None:
    silent = save_tiny(tmp_path / "silent", template=CHATML.replace("<|im_end|>", ""))
    done = run(tmp_path, silent)
    assert done.exit_code == 2 and "would never stop" in done.output


OPENED = "{{ '<|im_start|>assistant\n' }}"


@pytest.mark.parametrize("opens", ["<think>\n\n</think>\n\n", "<think>\n"])
@pytest.mark.parametrize("answer", ["def f(x): return x", "a", "<t", "  leading and trailing  \n"])
def test_what_a_template_opens_an_answer_with_comes_before_it_as_when_it_is_asked(
    tmp_path: Path, opens: str, answer: str
) -> None:
    assert OPENED in CHATML
    template = CHATML.replace(OPENED, OPENED[:-4] + opens.replace("\n", "\\n") + "' }}")
    thinks = save_tiny(tmp_path / "thinks", template=template)
    turns = [TURNS[0], {"role": "assistant", "content": answer}]
    done = run(tmp_path, thinks, rows=json.dumps({"messages": turns}))
    assert done.exit_code == 0, done.output
    shown = f"<|im_start|>user\nadd<|im_end|>\n<|im_start|>assistant\n{opens}[[{answer}<|im_end|>]]\n"
    assert done.output.startswith(shown)


def test_only_the_last_answer_is_trained_and_what_a_template_trims_is_not(tmp_path: Path) -> None:
    trims = save_tiny(tmp_path / "trims", template=CHATML.replace("m['content']", "m['content'] | trim"))
    said = [("system", "be brief"), ("user", "a"), ("assistant", "first"), ("user", " b "), ("assistant", "second \n")]
    row = json.dumps({"messages": [{"role": role, "content": content} for role, content in said]})
    done = run(tmp_path, trims, rows=row)
    assert done.output.startswith(
        "<|im_start|>system\nbe brief<|im_end|>\n"
        "<|im_start|>user\na<|im_end|>\n<|im_start|>assistant\nfirst<|im_end|>\n"
        "<|im_start|>user\nb<|im_end|>\n<|im_start|>assistant\n[[second<|im_end|>]]\n"
    )


@pytest.mark.parametrize(
    ("content", "kind"), [(None, "NoneType"), ([{"type": "text", "text": "x"}], "list"), (5, "int")]
)
def test_what_is_not_text_is_not_trained_as_pythons_words_for_it(
    tmp_path: Path, model: Path, content: object, kind: str
) -> None:
    done = run(tmp_path, model, rows=json.dumps({"messages": [TURNS[0], {"role": "assistant", "content": content}]}))
    assert done.exit_code == 2
    assert f"the content of a message is not text but {kind}; make it a text" in done.stderr
