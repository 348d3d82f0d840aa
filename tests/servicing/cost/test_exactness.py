"""No binary float is anywhere in the figures."""

import ast
from pathlib import Path

import pytest

DOMAIN = Path(__file__).parents[3] / "services" / "servicing" / "domain"
MODULES = sorted(path for folder in ("calendar", "cost", "impairment") for path in (DOMAIN / folder).glob("*.py"))


@pytest.mark.parametrize("path", MODULES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_module_has_no_float_and_no_function_that_makes_one(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    floats = [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, float)]
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    assert not floats
    assert not names & {"float", "math", "numpy"}
    assert not imported & {"math", "numpy", "random"}
