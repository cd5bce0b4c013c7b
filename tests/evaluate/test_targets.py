"""What MODEL names."""

from pathlib import Path

import pytest
import yaml

from akd_code.evaluate import EvaluateError, find_target


def adapter(folder: Path) -> Path:
    folder.mkdir(parents=True)
    (folder / "adapter_config.json").write_text("{}")
    return folder


@pytest.fixture
def run(tmp_path: Path) -> Path:
    folder = tmp_path / "run"
    for number in (1, 2, 10):
        adapter(folder / "rounds" / str(number) / "adapter")
    (folder / "rounds" / "11").mkdir()  # not trained yet
    (folder / "recipe.yaml").write_text(yaml.safe_dump({"name": "x", "student": {"model": "org/base"}}))
    return folder


def test_a_hub_id_and_a_folder(tmp_path: Path) -> None:
    assert find_target("Qwen/Qwen2.5-Coder-0.5B").model == "Qwen/Qwen2.5-Coder-0.5B"
    assert find_target(str(tmp_path)).model == str(tmp_path)


def test_a_base_with_its_adapter(tmp_path: Path) -> None:
    folder = adapter(tmp_path / "a+b")
    (tmp_path / "c").mkdir()
    found = find_target(f"org/base+{adapter(tmp_path / 'plain')}")
    assert (found.model, found.adapter) == ("org/base", tmp_path / "plain")
    with pytest.raises(EvaluateError, match="is an adapter; give its base model too"):
        find_target(str(folder))
    with pytest.raises(EvaluateError, match="no adapter in"):
        find_target(f"org/base+{tmp_path / 'c'}")


def test_a_run_means_its_newest_trained_round(run: Path) -> None:
    found = find_target(str(run))
    assert (found.model, found.adapter) == ("org/base", run / "rounds" / "10" / "adapter")
    assert found.name == f"{run}@10"


def test_a_run_at_a_round(run: Path) -> None:
    assert find_target(f"{run}@2").adapter == run / "rounds" / "2" / "adapter"
    assert find_target(f"{run}@0").adapter is None
    with pytest.raises(EvaluateError, match=r"has no trained round 11; it has 0, 1, 2, 10"):
        find_target(f"{run}@11")
    with pytest.raises(EvaluateError, match="the round after @ is 'last'"):
        find_target(f"{run}@last")


def test_a_server_is_left_to_the_model_layer() -> None:
    assert find_target("openai:big@http://127.0.0.1:1/v1").server == "openai:big@http://127.0.0.1:1/v1"


@pytest.mark.parametrize("spec", ["./nowhere", "/no/such/model", "a/b/c", ""])
def test_what_is_no_model_lists_the_forms(spec: str) -> None:
    with pytest.raises(EvaluateError, match=r"no model at .*RUN@N"):
        find_target(spec)
