"""Prompts, plans and samples of `akd eval`."""

import pytest
from tiny_students import CHATML, save_tiny

from akd_code.evaluate import EvalSampling, EvaluateError, TaskPrompts, decide_style
from akd_code.evaluate.sampling import Drawn, sample_here
from akd_code.student import Student, load_student
from akd_evals.suites import Suite, Task, load_suite
from akd_sandbox import FunctionTests


def task(name: str, prompt: str) -> Task:
    return Task(name, prompt, "f", FunctionTests(()))


SUITE = Suite("toy", "d", tuple(task(f"t{i}", "def f ( x ) : " + "please " * i) for i in range(5)))


@pytest.fixture(scope="module")
def chat(tmp_path_factory: pytest.TempPathFactory) -> Student:
    return load_student(save_tiny(tmp_path_factory.mktemp("eval") / "chat", template=CHATML))


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Student:
    return load_student(save_tiny(tmp_path_factory.mktemp("eval") / "plain", template=None))


def test_what_is_done_is_not_drawn_again_and_the_rest_stays_the_same(chat: Student) -> None:
    prompts, sampling = TaskPrompts(SUITE, "chat"), EvalSampling(n=2, temperature=1.5, max_tokens=6, batch_size=4)

    def drawn(done: set[tuple[str, int]]) -> dict[tuple[str, int], str]:
        answers: list[Drawn] = []
        sample_here(chat, prompts, sampling, done.__contains__, answers.append)
        return {(one.task_id, one.sample): one.text for one in answers}

    everything = drawn(set())
    assert len(everything) == 10
    kept = {("t4", 0), ("t4", 1), ("t3", 0), ("t1", 1)}
    assert drawn(kept) == {key: text for key, text in everything.items() if key not in kept}


def test_chat_models_are_told_from_base_models_that_carry_a_template(chat: Student, plain: Student) -> None:
    assert decide_style("auto", plain) == "completion"
    assert decide_style("auto", chat) == "completion"  # its turns end with <|im_end|>, its own end is <|end|>
    ends = chat.tokenizer.convert_tokens_to_ids("<|im_end|>")
    before = chat.model.generation_config.eos_token_id
    chat.model.generation_config.eos_token_id = ends
    try:
        assert decide_style("auto", chat) == "chat"
    finally:
        chat.model.generation_config.eos_token_id = before
    assert decide_style("completion", chat) == "completion"


def test_the_prompt_of_each_style_as_the_model_sees_it(chat: Student) -> None:
    humaneval = load_suite("humaneval")
    first = humaneval.tasks[0]
    asked = TaskPrompts(humaneval, "chat").shown(chat, first)
    assert asked.startswith("<|im_start|>user\n")
    assert asked.endswith("```<|im_end|>\n<|im_start|>assistant\n")
    continued = TaskPrompts(humaneval, "completion")
    assert continued.shown(chat, first) == first.prompt
    assert "\ndef " in continued.stops(first)
    assert TaskPrompts(humaneval, "chat").stops(first) == ()
    docstring = task("Mbpp/2", '"""\nWrite it.\nassert f(1) == 2\n"""\n')
    assert "\ndef " not in continued.stops(docstring)  # there the program begins with the answer
    assert TaskPrompts(humaneval, "completion", ("END",)).stops(first) == ("END",)


@pytest.mark.parametrize(
    "keys", [{"n": 0}, {"n": 2}, {"temperature": -1}, {"top_p": 0}, {"max_tokens": 0}, {"batch_size": 0}]
)
def test_settings_out_of_range_are_refused(keys: dict[str, float]) -> None:
    with pytest.raises(EvaluateError):
        EvalSampling(**keys)  # type: ignore[arg-type]


def test_mbpp_is_asked_for_a_whole_program_in_a_conversation() -> None:
    asked = TaskPrompts(Suite("mbpp+", "d", SUITE.tasks), "chat").text(task("Mbpp/2", '"""\nWrite it.\n"""\n'))
    wanted = "Write a Python program for this task. Answer with the whole program in one fenced block."
    assert asked == f'{wanted}\n\n"""\nWrite it.\n"""'
