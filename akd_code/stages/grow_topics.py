"""The topic tree: subtopics of our root topics, asked of the generator once in a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from akd_code.curriculum import ways_of
from akd_code.curriculum.topics import Topic, ask_subtopics
from akd_code.gather import in_order
from akd_code.lists import root_topics
from akd_code.recipe import Recipe, Section
from akd_code.stages.estimate import Estimate, Outlook, asked, model_of
from akd_code.stages.stage import Keep, NoFacts, Stage, StageResult
from akd_code.stages.workbench import Workbench

_TOPIC_TOKENS = 5


class GrowTopics(Stage[NoFacts, Topic]):
    """Every root topic with its subtopics, each kept as it comes."""

    name: ClassVar[str] = "topics"
    item_kind = Topic

    def __init__(self, bench: Workbench, number: int) -> None:
        super().__init__(bench, number)
        self.topics = root_topics()

    @staticmethod
    def wanted(recipe: Recipe) -> bool:
        """Return whether a way of the recipe's needs the tree."""
        return recipe.generator.model != "none" and any(way.topic_tree for way in ways_of(recipe.generator).values())

    @property
    def inputs(self) -> tuple[Any, ...]:
        """Who is asked, how, and for how many subtopics of what; not the other settings of generation."""
        generator = self.bench.recipe.generator
        how = (generator.temperature, generator.top_p, generator.max_tokens, generator.seed, generator.extra_body)
        return (model_of(self.bench.recipe, "generator"), how, generator.subtopics, self.topics)

    @property
    def settings(self) -> tuple[Section, ...]:
        """The lab's teacher."""
        return (self.bench.recipe.lab,)

    def work(self, kept: Mapping[int, Topic], keep: Keep[Topic]) -> StageResult[NoFacts, Topic]:
        """Ask for the topics that an interrupted attempt did not get to."""
        bench, role = self.bench, self.bench.roles.generator
        if role is None:
            return StageResult(NoFacts())
        model, sampling, count = role.model, role.sampling, bench.recipe.generator.subtopics
        done = 0
        bench.watcher.progress(done, len(self.topics))

        async def one(place: int) -> Topic:
            nonlocal done
            topic = kept.get(place) or await ask_subtopics(self.topics[place], count, model, sampling)
            if place not in kept:
                keep({place: topic})
            done += 1
            bench.watcher.progress(done, len(self.topics))
            return topic

        return StageResult(NoFacts(), tuple(bench.ask(in_order([one(place) for place in range(len(self.topics))]))))

    def described(self, item: Topic) -> tuple[str, str]:
        """Return the topic and whether it has subtopics."""
        return item.name, "grown" if item.subtopics else "bare"

    def note(self, result: StageResult[NoFacts, Topic]) -> Sequence[str]:
        """Return the size of the tree, and which topics have no subtopics."""
        bare = [topic.name for topic in result.items if not topic.subtopics]
        said = f"{len(result.items)} topics with {sum(len(topic.subtopics) for topic in result.items)} subtopics"
        return (said, *([f"warning: no subtopics of {', '.join(bare)}"] if bare else []))

    def figures(self, result: StageResult[NoFacts, Topic]) -> dict[str, Any]:
        """Return topics, subtopics and requests."""
        return {
            "topics": len(result.items),
            "subtopics": sum(len(topic.subtopics) for topic in result.items),
            "requests": sum(topic.requests for topic in result.items),
        }

    @classmethod
    def estimate(cls, recipe: Recipe, outlook: Outlook) -> Estimate:
        """Return a request for each root topic, in the first round."""
        if outlook.last or outlook.number > 1 or not cls.wanted(recipe):
            return Estimate()
        topics = len(root_topics())
        return asked(recipe, "generator", topics, _TOPIC_TOKENS) + Estimate(ways={"topic tree": topics})
