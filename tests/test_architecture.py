"""The rule that keeps the code in order: arrows run one way, and every module says what it is for.

Modules are read, not imported, so an import inside a function counts like one at the top.
"""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import pytest

SOURCE = Path(__file__).parent.parent / "src"

# From the bottom up. A module may import what stands below it, and its neighbours in its own package.
LAYERS: tuple[frozenset[str], ...] = tuple(
    frozenset(f"filiera.{name}" for name in layer.split())
    for layer in (
        "errors",
        "settings",
        "console crashpoint log registry sql",
        "duck",
        "contracts",
        "sources",
        "intake",
        "warehouse",
        "quality serving",
        "pipeline",
        "web",
        "commands",
        "cli",
        "__main__",
    )
)
DOMAINS = "filiera.domains"
PAGES_MAY_IMPORT = "filiera.web"


def modules() -> dict[str, Path]:
    """Every module of the package by its dotted name."""
    found = {}
    for path in sorted((SOURCE / "filiera").rglob("*.py")):
        parts = path.relative_to(SOURCE).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


@cache
def imports(name: str) -> frozenset[str]:
    """Modules of the package that a module imports, wherever in it the import stands."""
    known = modules()
    tree = ast.parse(known[name].read_text(encoding="utf-8"))
    wanted: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            wanted |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            assert node.level == 0, f"{name} imports relatively; this house writes imports out"
            wanted |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    # `from filiera.web.page import Page` names the module and its package; the package is only passed through.
    reached = {module for module in wanted if module in known and module != "filiera"}
    return frozenset(
        module for module in reached if not any(other.startswith(f"{module}.") for other in reached - {module})
    )


def is_within(name: str, package: str) -> bool:
    return name == package or name.startswith(f"{package}.")


def placed(name: str) -> tuple[int, str]:
    """Number of a module's layer, and the name by which it stands there."""
    fitting = [(entry, place) for place, layer in enumerate(LAYERS) for entry in layer if is_within(name, entry)]
    assert fitting, f"{name} has no place in LAYERS; give it one"
    ((entry, place),) = fitting
    return place, entry


def outside_domains() -> list[str]:
    return [name for name in modules() if name != "filiera" and not is_within(name, DOMAINS)]


@pytest.mark.parametrize("name", outside_domains())
def test_a_module_imports_only_what_stands_below_it(name: str) -> None:
    place, entry = placed(name)
    wrong = [
        module
        for module in imports(name)
        if not is_within(module, DOMAINS) and placed(module)[1] != entry and placed(module)[0] >= place
    ]
    assert not wrong, f"{name} imports {', '.join(sorted(wrong))}, which stands beside or above it"


@pytest.mark.parametrize("name", outside_domains())
def test_no_stage_imports_a_domain(name: str) -> None:
    assert not [module for module in imports(name) if is_within(module, DOMAINS)]


@pytest.mark.parametrize("name", [name for name in modules() if is_within(name, DOMAINS)])
def test_a_domain_touches_the_web_only_in_its_pages_and_never_another_domain(name: str) -> None:
    own = ".".join(name.split(".")[:3])
    for module in imports(name):
        assert not is_within(module, "filiera.cli"), f"{name} imports {module}"
        assert not is_within(module, "filiera.commands"), f"{name} imports {module}"
        assert not is_within(module, DOMAINS) or is_within(module, own), f"{name} imports another domain: {module}"
        if is_within(module, PAGES_MAY_IMPORT):
            assert is_within(name, f"{own}.pages"), f"{name} is no page and imports {module}"


def test_every_name_in_the_layers_exists() -> None:
    known = modules()
    gone = [entry for layer in LAYERS for entry in layer if entry not in known and entry != "filiera.__main__"]
    assert not gone


def test_no_package_imports_another_that_imports_it_back() -> None:
    arrows = {
        (placed(name)[1], placed(module)[1])
        for name in outside_domains()
        for module in imports(name)
        if placed(name)[1] != placed(module)[1]
    }
    assert not [arrow for arrow in arrows if arrow[::-1] in arrows]


@pytest.mark.parametrize("name", modules())
def test_a_module_opens_with_a_sentence_that_says_what_it_is_for(name: str) -> None:
    text = ast.get_docstring(ast.parse(modules()[name].read_text(encoding="utf-8")))
    assert text, f"{name} has no docstring"
    assert text.split("\n\n")[0].rstrip().endswith((".", "?", ":")), f"{name}: its first paragraph is no sentence"


def test_layers_are_named_once() -> None:
    names = [entry for layer in LAYERS for entry in layer]
    assert len(names) == len(set(names))
