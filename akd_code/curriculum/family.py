"""The family tree of a run's prompts: what each was made from, how, and what was made of it."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from akd_code.curriculum.topics import Topic, leaves_of
from akd_code.errors import RunError
from akd_code.records import Origin, Prompt
from akd_code.run import read_items, read_labelled_prompts
from akd_code.run.stored import read_value

_FEWEST_LETTERS = 4


@dataclass(frozen=True, slots=True)
class Member:
    """A prompt of a run, or a leaf of its topic tree (`round` None), with the ids of what it was made from.

    `made` is how: `seed`, `lion-hard`, `akd opposite`, `topic`. `standing` is what the referee last found it to be.
    """

    id: str
    text: str
    made: str
    round: int | None
    parents: tuple[str, ...] = ()
    standing: str = ""
    origin: Origin | None = None


@dataclass(frozen=True, slots=True)
class Branch:
    """A line of the tree. `again`: the member has other parents too, and what follows from it was shown there."""

    depth: int
    member: Member
    again: bool


class Family:
    """The members of a run by id, in the order in which they came."""

    def __init__(self, members: Sequence[Member]) -> None:
        self.members: Mapping[str, Member] = {member.id: member for member in members}
        children: dict[str, list[str]] = {name: [] for name in self.members}
        for member in self.members.values():
            for parent in dict.fromkeys(member.parents):
                if parent in children:
                    children[parent].append(member.id)
        self.children: Mapping[str, Sequence[str]] = children

    def find(self, name: str) -> Member:
        """Return the member of an id, or of the only one that starts so. Raises RunError with near ids."""
        if name in self.members:
            return self.members[name]
        alike = [one for one in self.members if len(name) >= _FEWEST_LETTERS and one.startswith(name)]
        if len(alike) == 1:
            return self.members[alike[0]]
        near = alike or difflib.get_close_matches(name, self.members, n=3, cutoff=0.0)
        raise RunError(f"the run has no prompt {name!r}; did you mean {' or '.join(near[:3]) or 'another run'}?")

    def around(self, member: Member) -> set[str]:
        """Return the ids of a member, of all that it descends from and of all that descends from it."""
        up = self._reached(member.id, {one.id: one.parents for one in self.members.values()})
        return up | self._reached(member.id, self.children)

    def _reached(self, start: str, steps: Mapping[str, Sequence[str]]) -> set[str]:
        seen, left = {start}, [start]
        while left:
            for name in steps[left.pop()]:
                if name in self.members and name not in seen:
                    seen.add(name)
                    left.append(name)
        return seen

    def branches(self, only: set[str] | None = None) -> Iterator[Branch]:
        """Yield the tree from the top down, children below their parents; of those in `only`, where given."""
        shown = [name for name in self.members if only is None or name in only]
        inside, seen = set(shown), set[str]()
        tops = [name for name in shown if not inside & set(self.members[name].parents)]
        left = [(name, 0) for name in reversed(tops)]
        while left:
            name, depth = left.pop()
            again = name in seen
            yield Branch(depth, self.members[name], again)
            if not again:
                seen.add(name)
                left += [(child, depth + 1) for child in reversed(self.children[name]) if child in inside]

    def as_json(self, member: Member) -> dict[str, Any]:
        """Return a member as plain data, with the ids of its children."""
        origin = member.origin
        return {
            "id": member.id,
            "made": member.made,
            "round": member.round,
            "standing": member.standing,
            "parents": list(member.parents),
            "children": list(self.children[member.id]),
            "template": origin.template if origin else "",
            "mutation": origin.mutation if origin else "",
            "topic": origin.topic if origin else "",
            "subtopic": origin.subtopic if origin else "",
            "profession": origin.profession if origin else "",
            "code": origin.code if origin else "",
            "text": member.text,
        }


def read_family(path: Path) -> Family:
    """Return the family of a run directory's prompts, without locking the run; leaves without prompts are left out.

    Raises RunError if there is no run, or one that this release cannot read.
    """
    standing = {row.id: row.state for row in read_items(path, "discrimination")}
    what = f"an item in {path}"
    labelled = read_labelled_prompts(path)
    prompts = {name: read_value(Prompt, json.dumps(prompt), what) for name, prompt in labelled.items()}
    for row in read_items(path, "generation"):
        prompts.setdefault(row.id, read_value(Prompt, row.value, what))
    used = {name for prompt in prompts.values() for name in _parents(prompt)}
    topics = [read_value(Topic, row.value, what) for row in read_items(path, "topics")]
    leaves = [
        Member(leaf.id, f"{leaf.topic}: {leaf.subtopic}", "topic", None)
        for leaf in leaves_of(topics)
        if leaf.id in used
    ]
    return Family([*(_member(prompt, standing.get(prompt.id, "")) for prompt in prompts.values()), *leaves])


def _member(prompt: Prompt, standing: str) -> Member:
    origin = prompt.origin
    # what an older release made of a hard or an easy prompt came in Lion's way
    made = prompt.source if prompt.source == "seed" else f"lion-{prompt.source}"
    if origin is not None:
        made = f"{origin.way} {origin.mutation}".rstrip()
    return Member(prompt.id, prompt.text, made, prompt.round, _parents(prompt), standing, origin)


def _parents(prompt: Prompt) -> tuple[str, ...]:
    if prompt.origin is not None:
        return prompt.origin.parents
    return () if prompt.parent is None else (prompt.parent,)
