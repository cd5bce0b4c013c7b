"""What a model thought before it answered is no part of the answer."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from akd_evals.extract import extract_code
from akd_evals.reasoning import after_reasoning

ANSWER = "```python\ndef f(x):\n    return x + 1\n```"
CODE = "def f(x):\n    return x + 1\n"
DRAFT = "```python\ndef f(x):\n    return 0  # a draft\n```"


@pytest.mark.parametrize(
    "thought",
    [
        f"<think>\nMaybe:\n{DRAFT}\nNo.\n</think>\n\n",
        f"<think>{DRAFT}</think>",
        f"  \n<think>\n{DRAFT}\n</think>\n",
        f"<thinking>\n{DRAFT}\n</thinking>\n",
        f"<reasoning>\n{DRAFT}\n</reasoning>\n",
        f"<thought>\n{DRAFT}\n</thought>\n",
        f"<THINK>\n{DRAFT}\n</THINK>\n",
        f"<Thinking>\n{DRAFT}\n</think>\n",
        f"[THINK]\n{DRAFT}\n[/THINK]\n",
        f"<|begin_of_thought|>\n{DRAFT}\n<|end_of_thought|>\n",
        f"<|START_THINKING|>{DRAFT}<|END_THINKING|>",
        f"◁think▷{DRAFT}◁/think▷",
        f"<seed:think>{DRAFT}</seed:think>",
        f"<|channel>thought\n{DRAFT}\n<channel|>",
        f"<|channel|>analysis<|message|>{DRAFT}<|end|><|start|>assistant<|channel|>final<|message|>",
        f"<|channel|>analysis<|message|>{DRAFT}<|end|><|start|>assistant<|channel|>commentary<|message|>{DRAFT}"
        "<|end|><|start|>assistant<|channel|>final <|constrain|>python<|message|>",
        f"<|start|>assistant<|channel|>analysis<|message|>{DRAFT}<|end|><|start|>assistant<|channel|>final<|message|>",
        f"{DRAFT}<|end|><|start|>assistant<|channel|>final<|message|>",  # the template had opened the first channel
        f"analysisMaybe {DRAFT}\nassistantfinal",
    ],
)
def test_only_what_follows_the_reasoning_counts(thought: str) -> None:
    got = extract_code(thought + ANSWER, "f")
    assert (got.code, got.how) == (CODE, "fence")


@pytest.mark.parametrize(
    "thought",
    [
        f"{DRAFT}\nThat is wrong.\n</think>\n",  # the chat template had opened it
        f"Let me see. {DRAFT}\nNo.</think>",
        "```python\ndef f(x):\n    return 0\n</think>\n",  # the draft's fence was never closed
        f"Okay, <think>first {DRAFT}\nNo.\n</think>\n",
        f"<think>a <think>{DRAFT}</think> b\n{DRAFT}</think>\n",
        f"<think>I would open <think> again\n{DRAFT}\n</think>\n",
        f"<think>one {DRAFT}</think>\n<think>two {DRAFT}</think>\n",
        f"<think>one</think> still\n{DRAFT}\nthinking\n</think>\n",
        f"Here is my plan.\n<think>\n{DRAFT}\n</think>\n",
        f"<think>The tag `</think>` ends it. {DRAFT}\n</think>\n",
    ],
)
def test_reasoning_is_found_however_it_is_opened_and_closed(thought: str) -> None:
    assert after_reasoning(thought + ANSWER) == ANSWER


@pytest.mark.parametrize(
    "answer",
    [
        f"<think>\nFirst a draft:\n{DRAFT}\nThen",
        f"<thinking>{DRAFT}",
        f"[THINK]{DRAFT}",
        f"<|channel|>analysis<|message|>{DRAFT}",
        f"<|channel|>analysis<|message|>{DRAFT}<|end|>",
        "analysisWe need f. ```python\ndef f(x): return 0\n```",
        f"Sure, I will think first.\n<think>\n{DRAFT}",
        f"<think>{DRAFT}</think>",
        f"<think>{DRAFT}</think>\n \n",
        f"{DRAFT}</think>",
    ],
)
def test_an_answer_that_is_cut_inside_its_reasoning_or_ends_with_it_is_none(answer: str) -> None:
    assert after_reasoning(answer) is None
    got = extract_code(answer, "f", "def f(x):\n")
    assert (got.code, got.how) == (None, "reasoning-only")


BLANKS = ("<think>hm</think>\n", "<think>hm</think>\n\n", "hm</think>\n \n", "[THINK]hm[/THINK]\n")


@pytest.mark.parametrize("thought", BLANKS)
def test_an_answer_that_continues_the_prompt_after_reasoning_keeps_its_indentation(thought: str) -> None:
    got = extract_code(f"{thought}    return x + 1\n", "f", "def f(x):\n")
    assert (got.code, got.how) == ("def f(x):\n    return x + 1\n", "prompt+completion")


def test_an_answer_on_the_line_where_reasoning_ends_is_not_indented() -> None:
    assert extract_code(f"<think>hm</think> {CODE}", "f", "def f(x):\n").code == CODE


def test_an_answer_that_is_thought_over_afterwards_stands() -> None:
    assert extract_code(f"{ANSWER}\n<think>\nIt is right.\n</think>\n", "f").code == CODE


@pytest.mark.parametrize(
    "text",
    [
        "```python\nimport re\n\ndef f(t):\n    return re.sub(r'<think>.*?</think>', '', t)\n```",
        "```python\ndef f(t):\n    return t.split('</think>')[-1]\n```",
        'def f(t):\n    return f"<think>{t}</think>"\n',
        'PROMPT = """\n<think>\nwhy\n</think>\n"""\n\n\ndef f(x):\n    return PROMPT\n',
        '```python\nPROMPT = """\n<think>\nwhy\n</think>\n"""\n\ndef f(x):\n    return PROMPT\n```',
        "def f(x):\n    return x  # <think> of a number\n",
        "Use the <think> tag if you like.\n```python\ndef f(x):\n    return x\n```",
        "The `<think>` and `</think>` tags are for me.\n```python\ndef f(x):\n    return x\n```",
        "analysis = 3\n\n\ndef f(x):\n    return analysis\n",
        "think = [1]\nthought = [think]\n\n\ndef f(x):\n    return thought\n",
        '```python\ndef f(t):\n    return t.split("<|channel|>final<|message|>")[-1]\n```',
    ],
)
def test_a_program_that_speaks_of_such_tags_is_left_whole(text: str) -> None:
    assert after_reasoning(text) == text


def test_a_program_about_tags_is_left_whole_after_real_reasoning_too() -> None:
    program = '```python\nPROMPT = """\n</think>\n"""\n\ndef f(x):\n    return PROMPT\n```'
    assert after_reasoning(f"<think>hm</think>\n{program}") == program


@given(st.text(alphabet="ab \n`'\"<>/think|[]THINK", max_size=80))
def test_what_is_left_is_a_part_of_the_answer(text: str) -> None:
    left = after_reasoning(text)
    assert left is None or left in text


@pytest.mark.parametrize(
    "hostile",
    [
        "<think>" * 300_000,
        "</think>" * 300_000,
        "<think></think>" * 150_000,
        "<|channel|>" * 200_000,
        "<|channel|>analysis" * 100_000,
        "<|channel|>a" + " " * 2_000_000,
        "<" + " " * 2_000_000,
        "analysis" * 300_000,
        "</s>" * 500_000 + "x",
        "x" + " </s>" * 500_000,
    ],
)
def test_huge_hostile_text_is_read_in_linear_time(hostile: str) -> None:
    extract_code(hostile, "f", "def f(x):\n")  # would take hours if any search were quadratic
