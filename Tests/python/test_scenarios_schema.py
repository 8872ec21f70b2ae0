"""Every catalogue file and scenario that ships obeys its JSON Schema."""

import json
import pathlib
import re

import pytest

jsonschema = pytest.importorskip("jsonschema")
yaml = pytest.importorskip("yaml")

SCENARIOS = pathlib.Path(__file__).resolve().parents[2] / "Scenarios"
SCHEMAS = {"runs": "scenario", "devices": "device", "links": "link", "clusters": "cluster", "models": "model",
           "sweeps": "sweep"}
FILES = [
    (folder, path.name) for folder in SCHEMAS for path in sorted((SCENARIOS / folder).glob("*"))
    if path.suffix in {".yaml", ".yml", ".json"}
]


class Loader(yaml.SafeLoader):
    """YAML 1.2 core schema as the tool reads it: `on` is a text, not a truth."""


Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag not in {
        "tag:yaml.org,2002:bool", "tag:yaml.org,2002:timestamp"}]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
Loader.add_implicit_resolver(
    "tag:yaml.org,2002:bool", re.compile("^(?:true|True|TRUE|false|False|FALSE)$"), list("tTfF"))


def schema(name):
    """A schema by its name."""
    return json.loads((SCENARIOS / "schema" / f"{name}.schema.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", SCHEMAS.values())
def test_schema_is_one(name):
    kind = jsonschema.validators.validator_for(schema(name))
    kind.check_schema(schema(name))


@pytest.mark.parametrize("folder", SCHEMAS)
def test_folder_is_not_empty(folder):
    assert any(found == folder for found, _ in FILES)


@pytest.mark.parametrize(("folder", "name"), FILES, ids=lambda value: value)
def test_file_obeys_its_schema(folder, name):
    document = yaml.load((SCENARIOS / folder / name).read_text(encoding="utf-8"), Loader)
    rules = schema(SCHEMAS[folder])
    validator = jsonschema.validators.validator_for(rules)(rules)
    problems = [f"{error.json_path}: {error.message}" for error in validator.iter_errors(document)]
    assert not problems, "\n".join(problems)


@pytest.mark.parametrize("name", SCHEMAS.values())
def test_schema_refuses_what_it_does_not_know(name):
    rules = schema(name)
    validator = jsonschema.validators.validator_for(rules)(rules)
    assert not validator.is_valid({"no such key": 1})
