import pytest
from hypothesis import given
from hypothesis import strategies as st

from akd_evals.extract import extract_code

PROMPT = 'def f(x):\n    """Add one."""\n'


def test_a_fenced_block_that_defines_the_entry_is_taken_whole() -> None:
    answer = "Sure!\n```python\nimport os\n\n@cache\ndef f(x):\n    return x + 1\n\nprint(f(1))\n```\nDone."
    got = extract_code(answer, "f", PROMPT)
    assert got.code == "import os\n\n@cache\ndef f(x):\n    return x + 1\n\nprint(f(1))\n"
    assert got.how == "fence"


@pytest.mark.parametrize(
    "info", ["", "python", "py", "python3", "Python", " python ", "{.python}", 'python title="a.py"']
)
def test_any_info_string_opens_a_block(info: str) -> None:
    assert extract_code(f"```{info}\ndef f(x): return x\n```", "f").code == "def f(x): return x\n"


def test_tilde_and_longer_fences_close_only_with_their_own_kind() -> None:
    answer = "~~~~python\ndef f(x):\n    '''\n    ```\n    ~~~\n    '''\n    return x\n~~~~\n"
    assert extract_code(answer, "f").code == "def f(x):\n    '''\n    ```\n    ~~~\n    '''\n    return x\n"


def test_a_usage_block_after_the_solution_is_left_out() -> None:
    answer = "```python\ndef f(x):\n    return x\n```\nUsage:\n```python\n" + "print(f(1))\n" * 9 + "```"
    assert extract_code(answer, "f").code == "def f(x):\n    return x\n"


def test_a_later_version_replaces_an_earlier_and_longer_one() -> None:
    first = "```python\ndef f(x):\n    y = x\n    y += 1\n    return y\n```\n"
    answer = first + "Simpler:\n```python\ndef f(x):\n    return x + 1\n```"
    assert extract_code(answer, "f").code == "def f(x):\n    return x + 1\n"


def test_a_signature_repeated_after_the_solution_does_not_replace_it() -> None:
    solution = "```python\ndef f(x):\n    return 1\n```\n"
    answer = solution + 'Its signature:\n```python\ndef f(x):\n    """Say\n    what."""\n    ...\n```'
    assert extract_code(answer, "f").code == "def f(x):\n    return 1\n"


def test_a_block_that_is_never_closed_runs_to_the_end() -> None:
    got = extract_code("Here:\n```python\ndef f(x):\n    return x\n", "f")
    assert (got.code, got.how) == ("def f(x):\n    return x\n\n", "fence")


def test_an_unclosed_block_ends_where_the_next_python_block_opens() -> None:
    got = extract_code("```python\nimport re\n```python\ndef f(x):\n    return x\n```", "f")
    assert got.code == "def f(x):\n    return x\n"


def test_an_indented_fence_loses_its_indentation() -> None:
    answer = "1. Solve:\n   ```python\n   def f(x):\n       return x\n   ```\n"
    assert extract_code(answer, "f", PROMPT).code == "def f(x):\n    return x\n"


def test_windows_line_ends_are_understood() -> None:
    got = extract_code("Hi\r\n```python\r\ndef f(x):\r\n    return x\r\n```\r\n", "f", PROMPT)
    assert got.code == "def f(x):\r\n    return x\r\n"


def test_an_opener_in_the_middle_of_a_line_counts_with_pythons_name() -> None:
    assert extract_code("Answer: ```python\ndef f(x):\n    return x\n```", "f").code == "def f(x):\n    return x\n"


def test_inline_code_is_no_fence() -> None:
    got = extract_code("```f``` is easy\n```python\ndef f(x): return x\n```", "f")
    assert got.code == "def f(x): return x\n"


def test_a_completion_that_continues_the_prompt_is_put_after_it() -> None:
    got = extract_code("    return x + 1\n", "f", PROMPT)
    assert (got.code, got.how) == (PROMPT + "    return x + 1\n", "prompt+completion")


def test_a_continuation_that_goes_on_to_repeat_the_function_still_continues_the_prompt() -> None:
    body = "    return x + 1\n\n\ndef f(x):\n    return 0\n"
    assert extract_code(body, "f", PROMPT).code == PROMPT + body


def test_a_continuation_ends_at_the_fence_that_the_prompt_had_opened() -> None:
    got = extract_code("    return x + 1\n```\n\nThis adds one.\n", "f", PROMPT)
    assert got.code == PROMPT + "    return x + 1"


def test_a_whole_program_is_not_put_after_its_prompt() -> None:
    program = PROMPT + "    return x + 1\n"
    got = extract_code(program, "f", PROMPT)
    assert (got.code, got.how) == (program, "text")


def test_a_program_with_a_fence_in_its_docstring_stays_whole() -> None:
    program = 'def f(x):\n    """Example:\n    ```python\n    def f(x): ...\n    ```\n    """\n    return x\n'
    assert extract_code(program, "f", "# prompt\n").code == program


def test_a_program_that_is_followed_by_a_stray_fence_and_prose_ends_before_it() -> None:
    got = extract_code("def f(x):\n    return x\n```\nIt returns x.", "f", "# prompt\n")
    assert (got.code, got.how) == ("def f(x):\n    return x", "before-fence")


def test_a_block_with_the_body_alone_is_put_after_the_prompt() -> None:
    got = extract_code("Complete it:\n```python\n    return x + 1\n```", "f", PROMPT)
    assert got.code == PROMPT + "    return x + 1\n"


def test_without_a_defining_block_the_longest_is_taken() -> None:
    got = extract_code("```\na = 1\n```\n```\ndef g(x):\n    return x\n```", "f", PROMPT)
    assert (got.code, got.how) == ("def g(x):\n    return x\n", "fence-without-entry")


@pytest.mark.parametrize(
    "binding",
    [
        "f = lambda x: x",
        "async def f(x): ...",
        "class f: ...",
        "f: object = abs",
        "from math import floor as f",
        "from m import g, f",
    ],
)
def test_every_way_to_bind_the_entry_counts(binding: str) -> None:
    assert extract_code(binding, "f", PROMPT).how == "text"


@pytest.mark.parametrize("other", ["def ff(x): ...", "f == 1", "import f2", "g = f", "    def f(x): ..."])
def test_what_does_not_bind_the_entry_continues_the_prompt(other: str) -> None:
    assert extract_code(other, "f", PROMPT).how == "prompt+completion"


@pytest.mark.parametrize("nothing", ["", " \n\t\r\n"])
def test_nothing_gives_no_code(nothing: str) -> None:
    assert extract_code(nothing, "f", PROMPT).code is None


def test_an_empty_block_gives_an_empty_program_not_an_error() -> None:
    assert (extract_code("```python\n```", "f").code or "").strip() == ""


@given(
    st.text(alphabet="`~ \tpydef():\n\r\"'\\f=#", max_size=60),
    st.sampled_from([None, "f"]),
    st.sampled_from([None, PROMPT]),
)
def test_whatever_the_text_code_comes_from_prompt_and_text_alone(
    text: str, entry: str | None, prompt: str | None
) -> None:
    got = extract_code(text, entry, prompt)
    if got.code is None:
        assert not text.strip()
        return
    assert all(line in (prompt or "") + text for line in got.code.split("\n"))


@pytest.mark.parametrize(
    "hostile",
    [
        "`" * 2_000_000,
        "```" + " " * 2_000_000 + "`",
        "```python\n" * 200_000,
        '"""' * 500_000 + "\n```\n",
        "import " + "f " * 500_000,
        " " * 2_000_000 + "x",
        "\\" * 2_000_001,
    ],
)
def test_huge_hostile_text_is_read_in_linear_time(hostile: str) -> None:
    extract_code(hostile, "f", PROMPT)  # would take hours if any search were quadratic


def test_of_a_method_the_block_with_its_class_is_taken_not_the_longest() -> None:
    answer = (
        "```python\nclass Solution:\n    def f(self, x):\n        return x\n```\nUsage:\n```python\n"
        + "print(1)\n" * 9
        + "```"
    )
    found = extract_code(answer, "Solution().f")
    assert (found.how, found.code) == ("fence", "class Solution:\n    def f(self, x):\n        return x\n")
