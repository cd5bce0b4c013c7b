"""Programs in tags, before special tokens and after sentences are read, each under a rule of its own."""

import ast

import pytest

from akd_evals.extract import extract_code
from akd_evals.wrapping import after_prose

PROMPT = 'def f(x):\n    """Add one."""\n'
CODE = "def f(x):\n    return x + 1\n"
FENCED = f"```python\n{CODE}```"


@pytest.mark.parametrize(
    "token",
    [
        "<|endoftext|>",
        "<|im_end|>",
        "</s>",
        "<|eot_id|>",
        "<end_of_turn>",
        "<|EOT|>",
        "<｜end▁of▁sentence｜>",
        "<|return|>",
    ],
)
def test_a_special_token_at_the_end_is_cut(token: str) -> None:
    assert extract_code(f"    return x + 1\n{token}", "f", PROMPT).code == PROMPT + "    return x + 1\n"
    assert extract_code(f"{CODE}{token}{token}\n", "f", PROMPT).code == CODE
    assert extract_code(token, "f", PROMPT).how == "empty"


def test_a_turn_that_the_model_went_on_to_write_is_cut() -> None:
    answer = f"{CODE}<|im_end|>\n<|im_start|>user\nThanks!<|im_end|>"
    assert extract_code(answer, "f", PROMPT).code == CODE


@pytest.mark.parametrize(
    "text", [CODE + "# </s> ends it\n", 'END = "</s>"\n' + CODE, 'def f(x):\n    return "<|im_end|>"\n']
)
def test_a_program_that_speaks_of_special_tokens_is_left_whole(text: str) -> None:
    got = extract_code(text, "f", PROMPT)
    assert (got.code, got.how) == (text, "text")


@pytest.mark.parametrize(
    ("answer", "rule"),
    [
        (f"[PYTHON]\n{CODE}[/PYTHON]", "python-tag"),
        (f"[PYTHON]\n{CODE}", "python-tag"),
        (f"{CODE}[/PYTHON]\n[TESTS]\nassert f(1) == 2\n[/TESTS]", "python-tag"),
        (f"Here it is:\n[PYTHON]\n{CODE}[/PYTHON]\nIt adds one.", "python-tag"),
        (f"<code>\n{CODE}</code>", "code-tag"),
        (f"<code>{CODE}</code>", "code-tag"),
        (f"Sure.\n<code>\n{CODE}</code>\nDone.", "code-tag"),
        (f"<answer>\n{CODE}</answer>", "answer-tag"),
        (f"<answer>{CODE}", "answer-tag"),
        (f"{CODE}</answer>", "answer-tag"),
        (f"{CODE}</code>\nIt adds one.", "code-tag"),
        (f"<solution>\n{CODE}</solution>", "answer-tag"),
        (f"<answer>\n{FENCED}\n</answer>", "fence"),
        (f"```python\ndef f(x): return 0\n```\nNo:\n<answer>\n{CODE}</answer>", "answer-tag"),
        (f"<think>hm</think>\n<answer>\n{CODE}</answer><|im_end|>", "answer-tag"),
        ("<answer>\n    return x + 1\n</answer>", "answer-tag"),
    ],
)
def test_what_stands_between_tags_is_the_program(answer: str, rule: str) -> None:
    got = extract_code(answer, "f", PROMPT)
    program = got.code or ""
    assert got.how == rule
    names: dict[str, object] = {}
    exec(compile(ast.parse(program), "answer", "exec"), names)  # noqa: S102 -- written in this file
    assert names["f"](1) == 2  # type: ignore[operator]


@pytest.mark.parametrize(
    ("answer", "rule"),
    [
        (f"Write <code>x</code> for that.\n{FENCED}", "fence"),
        (f"<code>f</code> adds one.\n{FENCED}", "fence"),
        ('```python\ndef f(x):\n    """\n    <code>\n    f\n    </code>\n    """\n    return x\n```', "fence"),
        ('def f(x):\n    """\n    <code>f</code>\n    """\n    return x\n', "text"),
    ],
)
def test_tags_that_hold_no_program_are_text(answer: str, rule: str) -> None:
    assert extract_code(answer, "f", PROMPT).how == rule


@pytest.mark.parametrize(
    "prose",
    [
        "Here is the solution:\n\n",
        "Sure!\n\n",
        "Sure! Here's how I'd do it:\n",
        "Solution:\n",
        "To add one, we can use `+`.\n\nThe function looks like this:\n\n",
        "We can solve this so:\n  1. Take x\n  2. Add one\n\n",
        "下面是代码：\n",
    ],
)
@pytest.mark.parametrize("program", [CODE, f"import os\n\n\n{CODE}", f"@cache\n{CODE}", f"LIMIT = 3\n\n\n{CODE}"])
def test_sentences_before_unfenced_code_are_left_out(prose: str, program: str) -> None:
    got = extract_code(prose + program, "f", "# Add one.\n")
    assert (got.code, got.how) == (program, "after-prose")


@pytest.mark.parametrize(
    "program",
    [
        "A, B, C = 1, 2, 3\n",
        "# Here is the solution\n",
        '"""Here is the solution."""\n',
        "x = 1 if True else 2\n",
        "print(1)\n",
        "lambda: 0\n",
        "not_a, b = 1, 2\n",
        "for i in range(3): pass\n",
        "try:\n    import numpy\nexcept ImportError:\n    pass\n",
        "type Alias = int\n",
    ],
)
def test_no_line_of_a_program_is_taken_for_a_sentence(program: str) -> None:
    assert after_prose(program + CODE) is None
    assert extract_code(program + CODE, "f", PROMPT).how == "text"
