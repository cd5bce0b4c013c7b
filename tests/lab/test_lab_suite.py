"""The lab's held-out tasks as a suite."""

import tomllib
from importlib.metadata import EntryPoint
from pathlib import Path

from akd_code.lab.suite import depth_of, lab_suite
from akd_code.recipe import LabSection


def test_the_suite_that_the_distribution_announces_is_the_recipes_default() -> None:
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    suite = EntryPoint("lab", project["entry-points"]["akd.suites"]["lab"], "akd.suites").load()()
    assert suite.name == "lab"
    assert suite.dataset_md5 == lab_suite(LabSection().eval_per_depth).dataset_md5


def test_the_held_out_tasks_stay_those_of_earlier_releases() -> None:
    """Figures of different releases are compared on them."""
    suite = lab_suite(75)
    assert suite.dataset_md5 == "a59e2393895ad131b70e3ad028371bb2"
    assert len(suite.tasks) == 246


def test_only_a_lab_tasks_id_tells_a_depth() -> None:
    assert depth_of("lab/d3/017") == 3
    assert [depth_of(task_id) for task_id in ("HumanEval/3", "lab/dx/1", "other/d3/017")] == [None, None, None]
