"""The lab's learning curve: base student, then rounds of LoRA SFT on perfect answers, measured on held-out tasks.

It simulates the loop's budget without teacher, referee or discrimination, so it shows what training alone can do:
seeds first, then each round N/2 tasks from `harder_like` of tasks the student fails and N/2 from `rarer_like` of
tasks it solves (mode `adversarial`), or N random tasks of the train split (mode `random`), at equal budget.

    python benchmarks/lab_curve.py --seeds 0 1 2 --mode adversarial
"""

from __future__ import annotations

import argparse
import os
import random
import resource
import time
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

from akd_code.lab.grammar import (
    LabTask,
    cases,
    eval_tasks,
    harder_like,
    rarer_like,
    sample_task,
    seed_tasks,
    wrong_solution,
)
from akd_code.lab.student import answer_text, base_student_path
from akd_code.recipe import SftSection
from akd_code.records import ChatRow
from akd_code.student import Student, load_student, sample_answers, train_sft
from akd_sandbox import Case, FunctionTests, Job, Limits, Sandbox, Verdict


def passes(box: Sandbox, tasks: list[LabTask], answers: list[str], seed: int) -> list[bool]:
    """Tell which answers pass ten test cases of their task, run in the sandbox."""
    rng = random.Random(f"cases {seed}")
    verdicts = [False] * len(tasks)
    jobs: list[Job] = []
    where: list[int] = []
    for index, (task, answer) in enumerate(zip(tasks, answers, strict=True)):
        code = answer.removeprefix("```python\n").partition("```")[0]
        tests = FunctionTests(tuple(Case(args, expected) for args, expected in cases(task, 10, rng)))
        if code == task.solution:
            verdicts[index] = True  # the canonical solution: the test suite shows that it passes
            continue
        jobs.append(Job(code, task.entry_point, tests, Limits(test_s=2.0)))
        where.append(index)
    for index, result in box.run_many(jobs):
        verdicts[where[index]] = result.verdict is Verdict.PASS
    return verdicts


def solve(student: Student, tasks: list[LabTask], batch: int) -> list[str]:
    """Return the student's greedy answers."""
    conversations = [[("user", task.instruction)] for task in tasks]
    return [answer.text for answer in sample_answers(student, conversations, max_new_tokens=220, batch_size=batch)]


def next_tasks(mode: str, pool: list[LabTask], solved: list[bool], n: int, rng: random.Random) -> list[LabTask]:
    """Return `n` new train tasks: like those failed and those solved (1:1), or random ones."""
    if mode == "random":
        return [sample_task(rng, rng.randint(1, 4), split="train") for _ in range(n)]
    hard = [task for task, ok in zip(pool, solved, strict=True) if not ok] or pool
    easy = [task for task, ok in zip(pool, solved, strict=True) if ok] or pool
    known = {task.composition for task in pool}
    made: list[LabTask] = []
    while len(made) < n:
        task = harder_like(rng.choice(hard), rng) if len(made) % 2 else rarer_like(rng.choice(easy), rng)
        if task.composition not in known:
            known.add(task.composition)
            made.append(task)
    return made


def report(label: str, tasks: list[LabTask], verdicts: list[bool], seconds: float) -> float:
    """Print pass@1, overall and by depth."""
    total, right = Counter(task.depth for task in tasks), Counter()
    for task, ok in zip(tasks, verdicts, strict=True):
        right[task.depth] += ok
    overall = 100 * sum(verdicts) / len(verdicts)
    depths = " ".join(f"d{depth} {100 * right[depth] / total[depth]:5.1f}" for depth in sorted(total))
    print(f"{label:36} {overall:5.1f} %   {depths}   {seconds:6.1f} s", flush=True)
    return overall


def curve(seed: int, options: argparse.Namespace, box: Sandbox) -> None:
    """Run one learning curve and print it."""
    rng = random.Random(f"curve {seed}")
    config = SftSection(
        epochs=options.epochs,
        learning_rate=options.lr,
        batch_size=options.batch,
        micro_tokens=options.micro_tokens,
        lora_r=options.r,
        lora_alpha=options.alpha or 2 * options.r,
        warmup_ratio=0.05,
    )
    held_out = eval_tasks(options.eval_per_depth, options.eval_seed)
    began = time.monotonic()
    student = load_student(options.base or base_student_path())
    verdicts = passes(box, held_out, solve(student, held_out, 128), 0)
    report(f"seed {seed} base", held_out, verdicts, time.monotonic() - began)
    train = seed_tasks(options.n, seed)
    cache = list(train)
    with TemporaryDirectory() as folder:
        for number in range(1, options.rounds + 1):
            rows = [
                ChatRow((("user", task.instruction), ("assistant", text)), task.composition)
                for task in train
                for text in [teacher_text(task, options.error, rng)]
            ]
            done = train_sft(student, rows, config, seed=seed * 100 + number, out=Path(folder) / f"{number}")
            verdicts = passes(box, held_out, solve(student, held_out, 128), 0)
            label = f"  round {number} (loss {done.first_loss:.2f} {done.last_loss:.3f}, {done.wall_s:.0f} s)"
            report(label, held_out, verdicts, time.monotonic() - began)
            if number == options.rounds:
                break
            asked = rng.sample(cache, min(len(cache), options.discriminate)) if options.discriminate else cache
            solved = [True] * len(asked)
            if options.mode == "adversarial":
                solved = passes(box, asked, solve(student, asked, 128), seed)
            rate = sum(solved) / len(solved)
            print(f"    solves {100 * rate:.0f} % of {len(asked)} asked   {time.monotonic() - began:.1f} s", flush=True)
            train = next_tasks(options.mode, asked, solved, options.n, rng)
            depths = Counter(task.depth for task in train)
            print(f"    new depths {dict(sorted(depths.items()))}", flush=True)
            cache += train
    print(f"  peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20:.2f} GiB", flush=True)


def teacher_text(task: LabTask, error: float, rng: random.Random) -> str:
    """Return the teacher's answer: wrong with probability `error` times the depth."""
    if rng.random() < error * task.depth:
        return f"```python\n{wrong_solution(task, rng)}```"
    return answer_text(task)


def main() -> None:
    """Read the options and print the curves."""
    parser = argparse.ArgumentParser(description="The lab's learning curve.")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--mode", choices=("adversarial", "random"), default="adversarial")
    parser.add_argument("--base", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--n", type=int, default=1000)
    parser.add_argument("--epochs", type=int, default=6)
    parser.add_argument("--lr", type=float, default=3e-3)
    parser.add_argument("--r", type=int, default=16)
    parser.add_argument("--alpha", type=int, default=0)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--micro-tokens", type=int, default=16384)
    parser.add_argument("--error", type=float, default=0.0)
    parser.add_argument("--discriminate", type=int, default=0, help="at most so many cached tasks are asked (0: all)")
    parser.add_argument("--eval-per-depth", type=int, default=60)
    parser.add_argument("--eval-seed", type=int, default=0)
    options = parser.parse_args()
    with Sandbox(backend="auto") as box:
        for seed in options.seeds:
            curve(seed, options, box)


if __name__ == "__main__":
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    main()
