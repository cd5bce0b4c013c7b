"""The recipe's sections: the only definition of every setting, its default, its meaning, and whether it matters."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, Field

from akd_code.recipe.setting import NotNegative, Positive, Section, Share, Temperature, Texts, TopP, off, setting


class SeedsSection(Section):
    """Where the first prompts come from."""

    source: str = setting("lab", "`lab`, or a JSONL file with `prompt` and, where known, `entry_point`, `tests`")
    limit: Positive | None = setting(
        None, "use at most this many, drawn with the recipe's seed; null: all of a file, 400 of the lab's"
    )


class PriceSection(Section):
    """US dollars per million tokens; the project keeps no price table."""

    prompt: float = Field(ge=0)
    completion: float = Field(ge=0)


class ModelSection(Section):
    """A model that is called: teacher, referee or generator."""

    model: str | None = setting(None, "openai:NAME@URL, recorded:FILE.jsonl, hf:ID, lab; null: the teacher's")
    temperature: Temperature = setting(0.7, "null: none is sent; the endpoint's default holds")
    top_p: TopP = setting(1.0, "null: none is sent")
    max_tokens: Positive | None = setting(1024, "tokens of an answer at most; null: none is sent")
    seed: Annotated[int, Field(ge=0)] | Literal["recipe"] | None = setting(
        "recipe", "sent with every request; recipe: the recipe's; null: none is sent"
    )
    extra_body: dict[str, Any] | None = setting(
        None, "fields added to every request; null: the teacher's where the model is the teacher's, else none"
    )
    extra_headers: Texts | None = setting(
        None,
        "headers of every request, such as api-key: ${MY_KEY}, an environment variable: no key is in a recipe",
        matters=False,
    )
    extra_query: Texts | None = setting(
        None, "query of every request, such as api-version: 2024-10-21; ${NAME} as in headers", matters=False
    )
    concurrency: Positive = setting(16, "requests under way at once", matters=False)
    timeout_s: float = setting(120.0, "seconds for one attempt of one request", matters=False, gt=0)
    price: PriceSection | None = setting(
        None,
        "to show what a run costs; null: the teacher's where the model is, else unknown, which is not zero",
        matters=False,
    )


class TeacherSection(ModelSection):
    """The teacher (Lion: temperature 0.7, 1,024 tokens)."""

    model: str = setting("lab", "openai:NAME@URL, recorded:FILE.jsonl, hf:ID, or lab")
    refused_share: Share = setting(
        0.05,
        "stop when its endpoint refuses more than this share of the prompts (one is always put up with, unless 0)",
        matters=False,
    )


class LabelSection(Section):
    """How a teacher's answer becomes a training row."""

    method: str = setting(
        "direct",
        "direct, best-of-n, or AMR-Evol (amr), its baselines (cot, ansrepair) and its ablations (amr-no-md, "
        "amr-no-are); see docs/amr-evol.md",
    )
    keep_reasoning: bool = setting(False, "train on what a reasoning model thinks before it answers, too")
    verify: bool = setting(True, "leave out answers that fail a valid suite (after asking again)")
    attempts: Positive = setting(3, "answers asked for one prompt at most, until one passes")
    samples: Positive = setting(4, "answers that best-of-n draws for each prompt")
    tests: int = setting(8, "tests the teacher is asked to write where a prompt has none; 0: none", ge=0)
    min_tests: Positive = setting(5, "a written suite is valid with at least this many tests left (AceCoder)")
    agreement: int = setting(
        0,
        "answers that written tests are held to, by dual agreement (CodeT); fewer than 3: to the answers at hand",
        ge=0,
    )
    strengthen: tuple[Literal["differential", "properties"], ...] = setting(
        (),
        "tests added to every suite: what most of label.agreement answers return on new inputs (differential), and "
        "properties that most of them have (properties); see docs/referee.md",
    )


class EvolveSection(Section):
    """AMR-Evol and its baselines (arXiv 2410.00558: temperature 0, 3,000 tokens); direct and best-of-n ignore it."""

    temperature: Temperature = setting(0.0, "of everything but direct answers")
    max_tokens: Positive | None = setting(3000, "tokens of an answer at most")
    stubs: Positive = setting(5, "stubs of a decomposition at most")
    top_k: Positive = setting(1, "modules retrieved for each stub")
    min_similarity: Share = setting(0.5, "cosine below which no module is shown")
    novelty: Share = setting(0.85, "a module is new while its cosine to every stored one is below this")
    module_tests: Positive = setting(5, "tests the teacher writes for a new module; all must pass")
    min_module_tests: Positive = setting(3, "fewer readable ones admit nothing")
    embedder: str = setting("hashed", "hashed (offline), hf:ID_OR_PATH, st:ID_OR_PATH, openai:NAME@URL")
    embedder_price: float | None = setting(
        None,
        "US dollars per million tokens that an embeddings endpoint reads; unknown stays unknown",
        matters=False,
        ge=0,
    )
    embedder_headers: Texts = setting({}, "headers of its requests; ${NAME} is a variable", matters=False)
    embedder_query: Texts = setting({}, "query of its requests; ${NAME} is a variable", matters=False)
    store: str | None = setting(None, "an exported module store to start from; null: an empty one")
    wave: Positive = setting(32, "prompts labelled together; the next wave can retrieve what they added")


class RefereeSection(ModelSection):
    """The hybrid referee: tests decide where a valid suite exists, the judge where none does."""

    temperature: Temperature = setting(0.2)
    max_tokens: Positive | None = setting(512, "tokens of an answer at most")
    judge: Literal["always", "needed", "never"] = setting("needed", "when the LLM judge is asked")
    tau: float = setting(1.0, "hard when the judge's mean score gap is at least this (of 9)", ge=0)
    gap: Share = setting(0.5, "hard when the pass-rate gap is at least this")
    hardness: Literal["tests", "judge", "pass-rate"] = setting(
        "tests",
        "what makes a prompt hard: tests, and the judge where there are none; the judge alone; or how many of "
        "student.samples pass every test",
    )
    hard_below: Share = setting(1 / 3, "pass-rate: hard when a smaller share of the samples passes")
    easy_above: Share = setting(2 / 3, "pass-rate: easy when a larger share of the samples passes")
    structured: bool = setting(True, "hold the judge's reply to a JSON schema where its endpoint can")


class CheckerSection(ModelSection):
    """A second model that holds the tests the teacher writes to a solution of its own."""

    model: str | None = setting(None, "as for the teacher; null: nobody checks")
    temperature: Temperature = setting(0.0)


class GeneratorSection(ModelSection):
    """New prompts, in one way or several; unless told otherwise Lion's two, one to one (Lion: temperature 1.0)."""

    model: str | None = setting(
        None, "as for the teacher; null: the teacher's; none: draw the next round from the cache pool itself"
    )
    temperature: Temperature = setting(1.0)
    prompts: Positive = setting(200, "N: new prompts a round; they replace the train pool, join the cache pool")
    fill: bool = setting(
        True,
        "drawing from the cache pool: where hard or easy prompts are too few, the other kind fills up; false: the pool "
        "gets smaller and stays one to one",
    )
    filters: tuple[str, ...] = setting(("text", "rouge"), "what refuses a new prompt, in this order")
    rouge: Share = setting(0.7, "reject a prompt whose ROUGE-L to any known one is above this")
    tries: Positive = setting(4, "requests per wanted prompt at most, before a stream is left short")
    retired: bool = setting(True, "make new prompts like those that the student passes whole, too")
    streams: dict[str, NotNegative] = setting(
        {"lion-hard": 0.5, "lion-easy": 0.5},
        "ways to make prompts, each with its share of N: lion-hard, lion-easy, akd, evol, oss, self-instruct, topics, "
        "mix, stress (docs/curriculum.md)",
    )
    references: Positive = setting(70, "akd: prompts that are mutated in a round, at most (AKD's code: 70)")
    per_reference: Positive = setting(5, "akd: new prompts of each reference (AKD's code: 5)")
    per_subtopic: Positive = setting(2, "akd: references of one subtopic, or of one seed's family, at most")
    mutations: tuple[str, ...] = setting(
        ("complexity", "opposite", "deceptive", "shift", "pitfalls"),
        "akd: what is asked of a reference, in turns; security is a sixth",
    )
    drawn_by: Literal["difficulty", "margin"] = setting(
        "difficulty",
        "akd: hard prompts by a softmax of their standardised difficulty, or practised prompts by exp(-margin)",
    )
    softness: float = setting(
        1.0, "akd: temperature of the softmax of difficulty; above 1 the draw is more even, below 1 less", gt=0
    )
    subtopics: Positive = setting(10, "topics, mix: subtopics that the generator is asked for, of each root topic")
    examples: Positive = setting(8, "self-instruct: known prompts that each request shows (Self-Instruct: 8)")
    code: str | None = setting(None, "oss: folder of source code, from which a few lines at a time are shown")


class StudentSection(Section):
    """The model that learns."""

    model: str = setting("lab", "a causal LM: hub id, folder or GGUF file; `lab` for the shipped one")
    temperature: float = setting(0.7, "of its answers in discrimination; evaluation is greedy", ge=0)
    max_tokens: Positive = setting(512, "tokens of an answer at most, in discrimination")
    samples: Positive = setting(1, "answers to each prompt, in discrimination; their pass rates are averaged")
    batch_size: Positive = setting(64, "answers written at once")
    device: str = setting("auto", "auto, cpu, cuda, cuda:1, mps")
    dtype: Literal["auto", "float32", "bfloat16", "float16"] = setting("auto")
    sampling_dtype: Literal["float32", "bfloat16", "float16"] | None = setting(
        None,
        "type of the weights that its own answers are written with, but for examinations: bfloat16 is faster, and now "
        "and then writes another token; null: that of `dtype`",
    )


class TrainSection(Section):
    """LoRA fine-tuning: what every loss is trained with."""

    epochs: Positive = setting(3)
    learning_rate: float = setting(2e-4, gt=0)
    batch_size: Positive = setting(16, "rows an optimiser step")
    micro_tokens: Positive | Literal["auto"] = setting(
        "auto", "tokens through the model at once; auto: what the free memory holds, at most what is fastest", was=8192
    )
    max_length: Positive = setting(2048, "longer rows are left out and counted: cut, they would teach not to stop")
    warmup_ratio: Share = setting(0.03)
    weight_decay: float = setting(0.0, ge=0)
    max_grad_norm: float = setting(1.0, gt=0)
    lora_r: Positive = setting(16)
    lora_alpha: Positive = setting(32)
    lora_dropout: Share = setting(0.0)
    gradient_checkpointing: bool | Literal["auto"] = setting(
        "auto",
        "on: layers are computed again on the way back, slower and in less memory; off; auto: on if memory asks for it",
        was=False,
    )
    compile: bool = setting(
        False, "compile each layer first (torch.compile): minutes at the start, faster steps on an accelerator"
    )


class SftSection(TrainSection):
    """LoRA fine-tuning of one round; loss on completion tokens only."""

    replay: Share = setting(0.0, "rows of earlier rounds drawn again beside a round's own, as a share of these")
    adversarial: Share | Literal["gap"] | None = setting(
        None,
        "share of the loss on rows that were generated from hard prompts, the rest on all others; gap: the share of "
        "prompts that the last round found hard, between 0.1 and 0.9; null: every token counts alike",
    )


class PreferSection(TrainSection):
    """Training on the student's own answers after imitation, each against what the referee knows; off by default.

    dpo (arXiv 2305.18290) on pairs: chosen is the teacher's verified answer, or the student's own that passes the tests
    (arXiv 2404.19733); rejected is the student's own that fails them. kto (arXiv 2402.01306): single answers, right or
    wrong. self: self-distillation (SDFT, arXiv 2601.19897, and SDPO, arXiv 2601.20802), where the same student, shown
    what the referee knows, is the teacher.
    """

    method: Literal["none", "dpo", "kto", "self"] = setting("none", "none, dpo, kto, or self")
    prompts: Positive | None = setting(
        None, "verified prompts of a round that it practises on, at most, drawn with the recipe's seed; null: all"
    )
    samples: Positive = setting(4, "answers of the student to each of them")
    temperature: float = setting(0.7, "of these answers", gt=0)
    pairs: Positive = setting(1, "pairs of a prompt at most (kto: answers of each kind; self: answers)")
    chosen: Literal["label", "own"] = setting(
        "label", "dpo: label: the verified answer; own: the student's right ones (prompts without one make no pair)"
    )
    gap: float = setting(0.4, "dpo: the chosen answer's pass rate is above the rejected one's by this", gt=0, le=1)
    beta: float = setting(0.1, "weight of staying near the student before the training (AKD's code: 0.01)", gt=0)
    nll: float = setting(0.2, "dpo: weight of the chosen answer's own loss per token; 0: pairs alone", ge=0)
    desirable: float = setting(1.0, "kto: weight of right answers", gt=0)
    undesirable: float = setting(1.0, "kto: weight of wrong answers", gt=0)
    context: Literal["solution", "feedback", "other", "none"] = setting(
        "solution",
        "self: what the teaching student is shown: the verified answer; the failing tests; another prompt's answer or "
        "nothing, which are controls",
    )
    direction: Literal["reverse", "forward"] = setting("reverse", "self: KL(student || teacher), or the other way")
    top_k: Positive = setting(64, "self: likeliest tokens that are told apart, the others are one")
    epochs: Positive = setting(1)
    learning_rate: float = setting(5e-5, "AKD's code: 5e-6 for all weights of larger models", gt=0)
    warmup_ratio: Share = setting(0.1)


class HardenSection(TrainSection):
    """Training away weaknesses that the student writes into its code (docs/distil.md); off by default.

    The student answers stress prompts. An answer that does what is asked, and of which an exploit works in the sandbox,
    is rejected against one that is right and safe, by dpo. `only`, `exercises`, `held_out` and `references` hold for
    the way `stress` too.
    """

    prompts: int = setting(0, "stress prompts of a round; 0: the student is not hardened", ge=0)
    benign: Share = setting(
        0.5,
        "prompts on which nothing can be exploited beside them, as a share of them: half benign controls of the "
        "catalogue, half the round's own verified prompts",
    )
    samples: Positive = setting(4, "answers of the student to each prompt")
    temperature: float = setting(0.8, "of these answers", gt=0)
    per_prompt: Positive = setting(3, "pairs of a prompt at most")
    max_change: float = setting(
        0.6,
        "share of tokens that may differ between chosen and rejected; pairs further apart are left out",
        gt=0,
        le=1,
    )
    ask: bool = setting(True, "ask the teacher where none of the student's answers to a prompt is right and safe")
    references: bool = setting(
        False, "where no answer is right and safe, the catalogue's own program is the label or the chosen answer"
    )
    exam: int = setting(40, "held-out stress prompts that are asked before and after, greedily; 0: none", ge=0)
    only: tuple[str, ...] = setting((), "weaknesses, such as CWE-089; none named: all")
    exercises: tuple[str, ...] = setting((), "exercises of the catalogue by name; none named: all")
    held_out: tuple[str, ...] = setting(
        (), "exercises that are never trained on, for the examination; none named: about every fifth, by its name"
    )
    beta: float = setting(0.1, "weight of staying near the student before the training", gt=0)
    nll: float = setting(0.2, "weight of the chosen answer's own loss per token; 0: pairs alone", ge=0)
    epochs: Positive = setting(1)
    learning_rate: float = setting(5e-5, gt=0)
    warmup_ratio: Share = setting(0.1)


class KeepSection(Section):
    """Which round the next one goes on from, and when the loop ends early."""

    suite: str | None = setting(None, "the suite that decides; null: the first of `eval.suites`")
    best: bool = setting(False, "roll a round back that measures worse than the best so far: the next starts there")
    min_gain: float | None = setting(
        None, "end after a round that gains less pass@1 than this (0.01: a point) over where it started; null: never"
    )


class EvalSection(Section):
    """What every round is measured on, greedily, before the first and after each."""

    suites: tuple[str, ...] = setting(("lab",), "lab, humaneval, humaneval+, mbpp, mbpp+, or a JSONL file")
    limit: Positive | None = setting(None, "use only the first tasks of each suite; null: all")
    max_tokens: Positive = setting(512, "tokens of an answer at most")
    style: Literal["auto", "chat", "completion"] = setting(
        "auto", "ask in a conversation or let the prompt be continued; auto: whichever fits the model"
    )


class SandboxSection(Section):
    """Where untrusted code runs. The isolation obtained is recorded: a run is not continued under another."""

    backend: str = setting("auto", "auto, docker, namespace, or process (no boundary)", matters=False)
    min_isolation: str | None = setting(None, "refuse a weaker backend than this", matters=False)
    workers: Positive | None = setting(None, "samples at once; null: the cores", matters=False)
    test_s: float = setting(4.0, "seconds that a test may take at least", gt=0)
    memory_mb: Positive = setting(1024, "memory of one program")


class LabSection(Section):
    """The lab's teacher: probabilities, stated wherever a lab figure is; and the lab's tasks."""

    tasks: ClassVar[frozenset[str]] = frozenset({"eval_per_depth", "seed_depths", "seed_skew"})
    """The settings that are not the teacher's."""

    error_base: Share = setting(0.02, "share of wrong direct answers at depth 1")
    error_per_depth: Share = setting(0.04, "added for every further step")
    judge_noise: Share = setting(0.05)
    test_error: Share = setting(0.05)
    garbled: Share = setting(0.02)
    stub_error: float = setting(0.7, "factor on the error of a step whose stub is shown", ge=0)
    module_error: float = setting(0.4, "factor on the error of a step whose verified module is shown", ge=0)
    cot_error: float = setting(0.9, "factor on the error of an answer after thinking aloud", ge=0)
    repair_error: Share = setting(0.6, "share of wrong answers that a repair leaves wrong")
    misled: Share = setting(0.3, "share of right answers that a wrong test makes wrong")
    stubborn: Share = setting(0.3, "share of draws that are the same however a task is asked")
    eval_per_depth: Positive = setting(75, "held-out tasks at each depth from 1 to 4")
    seed_depths: tuple[NotNegative, NotNegative, NotNegative, NotNegative] = setting(
        (1.0, 2.0, 2.0, 0.0), "how often a seed has depth 1, 2, 3 and 4, relative to one another"
    )
    seed_skew: float = setting(
        0.6, "how unevenly the seeds use the operations: the frequency of the one at place n is n to the power -skew"
    )


class Recipe(Section):
    """One run of the loop."""

    name: str = setting("run", "the run directory is runs/NAME", pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")
    seed: int = setting(0, "everything random comes from it", ge=0)
    rounds: Positive = setting(3, "rounds of imitation (Lion: 4, counting its first)", matters=False)
    seeds: SeedsSection = SeedsSection()
    teacher: TeacherSection = TeacherSection()
    label: LabelSection = LabelSection()
    evolve: EvolveSection = EvolveSection()
    referee: RefereeSection = RefereeSection()
    checker: CheckerSection = CheckerSection()
    generator: GeneratorSection = GeneratorSection()
    student: StudentSection = StudentSection()
    sft: SftSection = SftSection()
    prefer: PreferSection = PreferSection()
    harden: HardenSection = HardenSection()
    keep: KeepSection = KeepSection()
    eval: EvalSection = EvalSection()
    sandbox: SandboxSection = SandboxSection()
    lab: LabSection = LabSection()
    decontaminate: Annotated[Literal["remove", "report", "off"], BeforeValidator(off)] = setting(
        "remove",
        "rows that share a task with a benchmark: leave them out, or train on them and split the figures into seen and "
        "unseen tasks (docs/data.md)",
    )
    cache: str | None = setting(
        None, "file of paid answers shared by runs; null: answers.db in the run directory", matters=False
    )
