"""The recipe: the whole configuration of a run.

`Recipe` and its sections are the only definition of every setting; `load_recipe` reads one from YAML and refuses what
it does not know; `deciding` and `differences` say which settings decide what comes out. Nothing here opens a model, a
suite or a run.
"""

from akd_code.recipe.identity import deciding, differences
from akd_code.recipe.load import load_recipe, recipe_from, to_yaml
from akd_code.recipe.rules import VARIABLE, names_a_secret
from akd_code.recipe.sections import (
    EvalSection,
    EvolveSection,
    GeneratorSection,
    HardenSection,
    KeepSection,
    LabelSection,
    LabSection,
    ModelSection,
    PreferSection,
    PriceSection,
    Recipe,
    RefereeSection,
    SandboxSection,
    SeedsSection,
    SftSection,
    StudentSection,
    TeacherSection,
    TrainSection,
)
from akd_code.recipe.setting import Section

__all__ = [
    "VARIABLE",
    "EvalSection",
    "EvolveSection",
    "GeneratorSection",
    "HardenSection",
    "KeepSection",
    "LabSection",
    "LabelSection",
    "ModelSection",
    "PreferSection",
    "PriceSection",
    "Recipe",
    "RefereeSection",
    "SandboxSection",
    "Section",
    "SeedsSection",
    "SftSection",
    "StudentSection",
    "TeacherSection",
    "TrainSection",
    "deciding",
    "differences",
    "load_recipe",
    "names_a_secret",
    "recipe_from",
    "to_yaml",
]
