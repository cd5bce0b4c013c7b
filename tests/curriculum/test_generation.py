"""The generation stage, with a model that answers as scripted and with the lab's teacher."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from akd_code.curriculum import Generation, Material, generate, open_streams, redraw
from akd_code.filters import open_filters
from akd_code.filters.rouge import rouge_l_f1
from akd_code.lab import grammar
from akd_code.lab.server import LabTeacher
from akd_code.models import (
    ChatModel,
    Completion,
    EndpointError,
    Message,
    PromptRefusedError,
    RequestRefusedError,
    Sampling,
    open_model,
)
from akd_code.recipe import Recipe, recipe_from
from akd_code.records import Prompt, content_id
from akd_prompts import GenerateEasyInputs, GenerateHardInputs, recognise

LETTERS = "abcdefghijklmnopqrstuvwxyz"


def task_text(number: int) -> str:
    """A task unlike that of any other number: six words of its own out of eight."""
    rng = random.Random(number)
    own = ["".join(rng.choices(LETTERS, k=9)) for _ in range(6)]
    return " ".join(["Write", "f", *own])


def answer(text: str) -> str:
    return f"Function: f\n````\n{text}\n````"


def prompt(name: str, text: str | None = None) -> Prompt:
    return Prompt(name, text or f"seed {name} of its very own kind")


class Scripted:
    """Answers by `script(stream, seed text, sample)`, after a random delay so that answers come in any order."""

    name, endpoint = "scripted", "test"

    def __init__(self, script: Callable[[str, str, int], str | Exception], delays: int = 0) -> None:
        self.script = script
        self.delays = random.Random(delays)
        self.asked: list[tuple[str, str, int]] = []
        self.samplings: list[Sampling] = []

    async def complete(self, messages: Sequence[Message], sampling: Sampling, *, sample: int = 0) -> Completion:
        found = recognise(messages)
        assert found is not None
        assert isinstance(found.inputs, GenerateHardInputs | GenerateEasyInputs)
        stream = found.name.removeprefix("generate_")
        self.asked.append((stream, found.inputs.seed, sample))
        self.samplings.append(sampling)
        await asyncio.sleep(self.delays.random() / 100)
        made = self.script(stream, found.inputs.seed, sample)
        if isinstance(made, Exception):
            raise made
        cut = made.endswith("<cut>")
        return Completion(made, "length" if cut else "stop", 1, 1, "m")

    async def aclose(self) -> None:
        return


def fresh(stream: str, seed: str, sample: int) -> str:
    return answer(task_text(int(content_id(stream, seed, str(sample)), 16)))


def run(
    model: Scripted,
    hard: Sequence[Prompt] = (prompt("h1"), prompt("h2")),
    easy: Sequence[Prompt] = (prompt("e1"), prompt("e2")),
    wanted: int = 6,
    known: Sequence[Prompt] = (),
    **more: object,
) -> Generation:
    recipe = recipe_from({"generator": {"prompts": wanted, "tries": 5, **more}})
    return asyncio.run(stage(recipe, model, hard, easy, [*known, *hard, *easy], rng=random.Random(4), round=2))


async def stage(
    recipe: Recipe,
    model: ChatModel,
    hard: Sequence[Prompt],
    easy: Sequence[Prompt],
    known: Sequence[Prompt],
    *,
    rng: random.Random,
    round: int,
) -> Generation:
    settings, filters = recipe.generator, open_filters(recipe, Path())
    return await generate(
        open_streams(Material(settings, recipe.seed, round, hard, easy, known, rng)),
        known,
        model,
        filters,
        wanted=settings.prompts,
        tries=settings.tries,
        sampling=Sampling(temperature=1.0, seed=7),
        round=round,
    )


def test_half_comes_from_hard_seeds_and_half_from_easy_ones() -> None:
    made = run(Scripted(fresh))
    assert [p.source for p in made.prompts] == ["hard", "easy"] * 3
    assert {p.parent for p in made.prompts if p.source == "hard"} == {"h1", "h2"}
    assert {p.parent for p in made.prompts if p.source == "easy"} == {"e1", "e2"}
    assert {(p.round, p.entry_point, p.id == content_id(p.text)) for p in made.prompts} == {(2, "f", True)}
    assert (made.asked, made.sources, made.rejected, made.warnings) == (6, {"hard": 3, "easy": 3}, {}, ())


def test_of_an_odd_number_the_hard_stream_makes_one_more() -> None:
    assert run(Scripted(fresh), wanted=5).sources == {"hard": 3, "easy": 2}


def test_too_few_seeds_take_turns_and_are_asked_for_new_samples() -> None:
    model = Scripted(fresh)
    run(model, hard=[prompt("h1"), prompt("h2"), prompt("h3")], wanted=12)
    hard = [(seed, sample) for stream, seed, sample in model.asked if stream == "hard"]
    assert len(set(hard)) == 6
    assert sorted(sample for _, sample in hard) == [200_000] * 3 + [200_001] * 3


def test_every_seed_is_used_once_before_any_is_used_twice() -> None:
    model = Scripted(fresh)
    run(model, hard=[prompt(f"h{i}") for i in range(20)], wanted=20)
    assert len({seed for stream, seed, _ in model.asked if stream == "hard"}) == 10


def test_the_result_does_not_depend_on_the_order_of_the_answers() -> None:
    def crowded(stream: str, seed: str, sample: int) -> str:
        return answer(task_text(int(content_id(seed, str(sample)), 16) % 12))  # many repeat each other

    results = [run(Scripted(crowded, delays), wanted=8) for delays in range(5)]
    assert all(result == results[0] for result in results)
    assert results[0].rejected["similar"] > 0


def test_a_task_like_a_known_one_is_rejected_in_both_streams_and_replaced() -> None:
    known = prompt("k", task_text(1))
    double = task_text(1) + " more"

    def script(stream: str, seed: str, sample: int) -> str:
        return answer(double) if sample == 200_000 else fresh(stream, seed, sample)

    made = run(Scripted(script), known=[known], wanted=4)
    assert (made.rejected, made.asked, len(made.prompts)) == ({"similar": 4}, 8, 4)


def test_the_streams_are_checked_against_each_other() -> None:
    def alike(stream: str, seed: str, sample: int) -> str:
        return answer(f"{task_text(sample)} {stream}")

    made = run(Scripted(alike), hard=[prompt("h1")], easy=[prompt("e1")], wanted=2)
    assert made.rejected["similar"] >= 1
    assert rouge_l_f1(*(p.text for p in made.prompts)) <= 0.7


def test_even_at_a_threshold_of_one_no_text_comes_twice() -> None:
    made = run(Scripted(lambda *_: answer(task_text(1))), wanted=2, rouge=1.0)
    assert len(made.prompts) == 1


def test_each_rejection_is_counted_under_its_reason() -> None:
    bad: list[str | Exception] = [
        PromptRefusedError("filtered"),
        answer(task_text(1)) + "<cut>",
        "I am sorry.",
        answer("Write f now"),
        answer("(f) " + task_text(2)),
        answer("Écris f " + task_text(3)),
        answer("Follow this Instruction and write f"),
        answer("seed h1 of its very own kind f"),
    ]

    def script(stream: str, seed: str, sample: int) -> str | Exception:
        return bad.pop(0) if bad else fresh(stream, seed, sample)

    made = run(Scripted(script), wanted=8)
    assert (made.asked, made.sources) == (16, {"hard": 4, "easy": 4})
    assert made.rejected == {
        "cut": 1, "first_character": 2, "leak": 1, "refused": 1, "short": 1, "similar": 1, "unparsable": 1,
    }  # fmt: skip


def test_without_filters_the_same_text_still_never_comes_twice() -> None:
    texts = iter([task_text(1), task_text(1), "Write f", task_text(2)])
    made = run(Scripted(lambda *_: answer(next(texts))), hard=[prompt("h")], easy=[], wanted=3, filters=[])
    assert sorted(p.text for p in made.prompts) == sorted([task_text(1), "Write f", task_text(2)])
    assert made.rejected == {"repeated": 1}


def test_when_attempts_run_out_what_was_obtained_is_returned_with_a_warning() -> None:
    def stubborn(stream: str, seed: str, sample: int) -> str:
        return fresh(stream, seed, sample) if stream == "hard" else "no"

    made = run(Scripted(stubborn), wanted=4, tries=3)
    assert (made.sources, made.rejected) == ({"hard": 2, "easy": 0}, {"unparsable": 10})
    assert made.asked == 12
    assert made.warnings == ("2 of 4 new tasks after 12 requests: lion-easy made 0 of 2",)


def test_without_hard_seeds_the_easy_ones_fill_the_quota_and_it_is_said() -> None:
    made = run(Scripted(fresh), hard=[], wanted=4)
    assert made.sources == {"hard": 0, "easy": 4}
    assert made.warnings == ("lion-hard: there is no hard prompt; its share goes to the other ways",)


def test_without_any_seed_nothing_is_generated_and_it_is_said() -> None:
    made = run(Scripted(fresh), hard=[], easy=[])
    assert (made.prompts, made.asked) == ((), 0)
    assert made.warnings == (
        "nothing was generated (lion-hard: there is no hard prompt; lion-easy: there is no easy prompt)",
    )


def test_an_endpoint_that_fails_ends_the_stage() -> None:
    with pytest.raises(EndpointError, match="down"):
        run(Scripted(lambda *_: EndpointError("down")))


def test_an_endpoint_that_refuses_everything_ends_the_stage() -> None:
    with pytest.raises(RequestRefusedError, match="wrong key"):
        run(Scripted(lambda *_: RequestRefusedError("wrong key")))


def test_answers_may_be_as_long_as_the_seed_warrants() -> None:
    model = Scripted(fresh)
    run(model, hard=[prompt("h", "word " * 200)], easy=[prompt("e", "word")], wanted=2)
    assert sorted(sampling.max_tokens for sampling in model.samplings) == [256, 800]


def test_the_labs_teacher_fills_both_quotas_at_the_papers_threshold() -> None:
    seeds = [Prompt(content_id(t.instruction), t.instruction, t.entry_point) for t in grammar.seed_tasks(40, seed=2)]

    recipe = recipe_from({"generator": {"prompts": 40, "tries": 5}})

    async def with_the_teacher() -> Generation:
        model = open_model(teacher.spec, endpoint=teacher.endpoint)
        made = await stage(recipe, model, seeds[:10], seeds[10:], seeds, rng=random.Random(0), round=1)
        await model.aclose()
        return made

    with LabTeacher(seed=1) as teacher:
        made = asyncio.run(with_the_teacher())
        assert asyncio.run(with_the_teacher()) == made
    assert (made.sources, made.warnings) == ({"hard": 20, "easy": 20}, ())
    assert all(grammar.parse_instruction(p.text) for p in made.prompts)
    texts = [p.text for p in (*seeds, *made.prompts)]
    for place in range(40, 80):
        assert max(rouge_l_f1(texts[place], other) for other in texts[:place]) <= 0.7


def test_prompts_drawn_again_are_half_hard_and_half_easy_and_none_twice() -> None:
    hard = [Prompt(f"h{n}", f"hard {n}") for n in range(10)]
    easy = [Prompt(f"e{n}", f"easy {n}") for n in range(10)]
    made = redraw(hard, easy, 8, random.Random(0))
    ids = [prompt.id for prompt in made.prompts]
    assert (sum(i[0] == "h" for i in ids), sum(i[0] == "e" for i in ids)) == (4, 4)
    assert len(set(ids)) == 8
    assert made.asked == 0


def test_one_kind_fills_up_for_the_other_when_prompts_are_drawn_again() -> None:
    hard = [Prompt(f"h{n}", f"hard {n}") for n in range(10)]
    easy = [Prompt("e", "easy")]
    assert len(redraw(hard, easy, 8, random.Random(0)).prompts) == 8
    assert len(redraw(hard, [], 8, random.Random(0)).prompts) == 8
    few = redraw([], easy, 8, random.Random(0))
    assert ([prompt.id for prompt in few.prompts], len(few.warnings)) == (["e"], 1)


@pytest.mark.parametrize(
    ("hard", "easy", "wanted", "drawn"),
    [
        (10, 10, 8, (4, 4)),
        (10, 10, 7, (4, 3)),
        (10, 2, 8, (2, 2)),
        (1, 10, 8, (1, 1)),
        (10, 0, 8, (8, 0)),  # nothing to be one to one with: an empty pool would end the run
        (0, 10, 8, (0, 8)),
        (3, 3, 1, (1, 0)),
        (0, 0, 8, (0, 0)),
    ],
)
def test_without_filling_up_a_pool_gets_smaller_and_stays_one_to_one(
    hard: int, easy: int, wanted: int, drawn: tuple[int, int]
) -> None:
    pools = [[Prompt(f"{kind}{n}", f"{kind} {n}") for n in range(count)] for kind, count in (("h", hard), ("e", easy))]
    made = redraw(pools[0], pools[1], wanted, random.Random(0), fill=False)
    ids = [prompt.id for prompt in made.prompts]
    assert (sum(i[0] == "h" for i in ids), sum(i[0] == "e" for i in ids)) == drawn
    assert len(set(ids)) == sum(drawn)
    assert len(made.warnings) == (sum(drawn) < wanted)


def test_what_concerns_every_prompt_ends_the_stage_though_others_were_answered() -> None:
    def script(stream: str, seed: str, sample: int) -> str | Exception:
        return RequestRefusedError("quota is used up") if stream == "easy" else fresh(stream, seed, sample)

    with pytest.raises(RequestRefusedError, match="quota is used up"):
        run(Scripted(script), wanted=4)
