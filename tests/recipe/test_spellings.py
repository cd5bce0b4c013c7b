"""What YAML makes of words that people write in recipes."""

from __future__ import annotations

from pathlib import Path

from akd_code.recipe import load_recipe


def test_off_is_off_as_yaml_writes_it(tmp_path: Path) -> None:
    path = tmp_path / "recipe.yaml"
    path.write_text("name: x\ndecontaminate: off\n", encoding="utf-8")
    assert load_recipe(path).decontaminate == "off"
    assert load_recipe(path, ["decontaminate=off"]).decontaminate == "off"
