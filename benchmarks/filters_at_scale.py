"""The filters at size: ROUGE-L against rouge_score on a pool of 70,000, and 6,000 prompts added to a million.

    python benchmarks/filters_at_scale.py                       # both; the million takes some ten minutes to build
    python benchmarks/filters_at_scale.py --part rouge --json
    python benchmarks/filters_at_scale.py --part million --prompts 200000 --tiers exact,minhash,rouge

Texts are random words with the frequencies of natural text (Zipf), 6 to 400 words long; half of the queries of the
first part are texts of the pool with words left out and exchanged, so that scores lie on both sides of 0.7. rouge_score
gets its words ready made, as Lion's code does. Seconds are CPU time of this process. A score of exactly 0.7 (in whole
numbers) is new enough here; rouge_score's floating point calls half of those 0.7000000000000001, so they are counted
apart. The embedding tier has random vectors: hashing a million texts would only measure the embedder.
"""

from __future__ import annotations

import argparse
import json
import resource
import time
from collections.abc import Sequence
from typing import Any

import numpy as np
from rouge_score.rouge_scorer import _score_lcs
from rouge_score.tokenize import tokenize
from stand_ins import RandomVectors

from akd_code.filters.embedding import EmbeddingMeasure
from akd_code.filters.exact import ExactMeasure
from akd_code.filters.minhash import MinHashMeasure
from akd_code.filters.pool import Pool
from akd_code.filters.rouge import RougeMeasure
from akd_code.filters.segments import Measure

_WORDS = 200_000
_BATCH = 50_000


class Texts:
    """Random texts, the same every time."""

    def __init__(self) -> None:
        self._rng = np.random.default_rng(0)
        shares = 1.0 / (np.arange(1, _WORDS + 1) + 2.7)
        self._upto = np.cumsum(shares / shares.sum())
        self._words = np.array([f"w{number:x}" for number in range(_WORDS)])

    def draw(self, count: int) -> list[str]:
        lengths = np.clip(self._rng.lognormal(3.7, 0.6, count).astype(int), 6, 400)
        drawn = self._words[np.minimum(np.searchsorted(self._upto, self._rng.random(lengths.sum())), _WORDS - 1)]
        ends = np.cumsum(lengths)
        return [" ".join(drawn[start:end]) for start, end in zip(ends - lengths, ends, strict=True)]

    def changed(self, text: str) -> str:
        """Return a text with up to half of its words left out or exchanged."""
        words = text.split()
        share = self._rng.random() * 0.5
        kept = [word for word in words if self._rng.random() > share]
        return " ".join(kept[:1] + [w if self._rng.random() > share / 2 else "other" for w in kept[1:]]) or text


def rouge_against_the_library(size: int, queries: int, sample: int) -> dict[str, Any]:
    """Compare decisions of `sample` queries, and the time of one query."""
    texts = Texts()
    known = texts.draw(size)
    asked = [texts.changed(known[place * 7]) if place % 2 else one for place, one in enumerate(texts.draw(queries))]
    pool = Pool(RougeMeasure(0.7))
    pool.add(known)
    began = time.process_time()
    likes = [pool.likes([text])[0] for text in asked]
    ours_s = (time.process_time() - began) / queries
    known_words = [tokenize(text, None) for text in known]
    same = different = ties = refused = 0
    began = time.process_time()
    for text, like in zip(asked[:sample], likes, strict=False):
        words = tokenize(text, None)
        best = max(_score_lcs(other, words).fmeasure for other in known_words)
        refused += like is not None
        if abs(best - 0.7) < 1e-9:
            ties += 1
        elif (best > 0.7) is (like is not None):
            same += 1
        else:
            different += 1
    theirs_s = (time.process_time() - began) / sample
    print(
        f"rouge_score: {theirs_s:.3f} s a text against {size}; here {1000 * ours_s:.2f} ms: {theirs_s / ours_s:.0f} x"
    )
    print(
        f"decisions of {sample} texts: {same} the same ({refused} refused), {different} others, {ties} at exactly 0.7"
    )
    return {
        "pool": size,
        "sample": sample,
        "same": same,
        "different": different,
        "ties": ties,
        "refused": refused,
        "rouge_score_s": round(theirs_s, 4),
        "ours_s": round(ours_s, 6),
        "ratio": round(theirs_s / ours_s),
    }


def million(size: int, new: int, tiers: Sequence[str]) -> dict[str, Any]:
    """Build a pool of `size` prompts, then add `new`."""
    measures: dict[str, Measure] = {
        "exact": ExactMeasure(),
        "minhash": MinHashMeasure(),
        "rouge": RougeMeasure(),
        "embedding": EmbeddingMeasure(RandomVectors()),
    }
    pools = {tier: Pool(measures[tier]) for tier in tiers}
    texts = Texts()
    began = time.process_time()
    for first in range(0, size, _BATCH):
        some = texts.draw(min(_BATCH, size - first))
        for pool in pools.values():
            pool.add(some)
    built_s = time.process_time() - began
    drawn = texts.draw(new)
    found: dict[str, Any] = {"pool": size, "new": new, "built_cpu_s": round(built_s, 1), "tiers": {}}
    wall = time.perf_counter()
    for tier, pool in pools.items():
        began = time.process_time()
        pool.likes(drawn)
        pool.add(drawn)
        found["tiers"][tier] = round(time.process_time() - began, 2)
        print(f"{new} texts checked against {size} and added, {tier}: {found['tiers'][tier]} s of CPU")
    found["add_wall_s"] = round(time.perf_counter() - wall, 1)
    found["add_cpu_s"] = round(sum(found["tiers"].values()), 1)
    found["peak_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"all tiers: {found['add_cpu_s']} s of CPU, {found['add_wall_s']} s; {found['peak_mb']} MB at most")
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description="The filters at size.")
    parser.add_argument("--part", choices=["both", "rouge", "million"], default="both")
    parser.add_argument("--pool", type=int, default=70_000, help="texts that rouge_score compares with")
    parser.add_argument("--queries", type=int, default=500)
    parser.add_argument("--sample", type=int, default=10, help="texts that rouge_score decides, many seconds each")
    parser.add_argument("--prompts", type=int, default=1_000_000)
    parser.add_argument("--new", type=int, default=6_000)
    parser.add_argument("--tiers", default="exact,minhash,rouge,embedding")
    parser.add_argument("--json", action="store_true", help="end with the figures as one line of JSON")
    options = parser.parse_args()
    result: dict[str, Any] = {}
    if options.part != "million":
        result["rouge"] = rouge_against_the_library(options.pool, options.queries, options.sample)
    if options.part != "rouge":
        result["million"] = million(options.prompts, options.new, options.tiers.split(","))
    if options.json:
        print(json.dumps(result))


if __name__ == "__main__":
    main()
