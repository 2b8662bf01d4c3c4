"""The dbt project as dbt understands it: parsed once for all homes of a machine, and kept in the user's cache.

Parsing takes dbt longer than building a small warehouse does, and gives the same whenever the project, dbt and the
names of the database are the same. What is kept may be deleted at any time; where it cannot be read, dbt parses anew.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from filiera.errors import FilieraError
from filiera.log import log
from filiera.settings import Settings

if TYPE_CHECKING:
    from dbt.contracts.graph.manifest import Manifest

_KEPT = 20
"""Projects, one per engine and version: a megabyte each."""


def parsed(settings: Settings, project: str, profile: dict[str, Any], options: Sequence[str]) -> Manifest:
    """The project whose fingerprint this is, for the database of a profile."""
    kept = settings.cache / f"models-{_key(project, profile, options)}"
    if (found := _read(kept)) is not None:
        return found
    from dbt.cli.main import dbtRunner  # noqa: PLC0415 - takes a second to import

    outcome = dbtRunner().invoke(["parse", "--no-write-json", "--no-partial-parse", *options])
    manifest: Manifest = outcome.result  # type: ignore[assignment]
    if not outcome.success or not manifest.nodes:
        raise FilieraError(f"dbt cannot read its project: {outcome.exception or 'it found no models'}")
    _keep(kept, manifest)
    return manifest


def describe(manifest: Manifest, target: Path) -> None:
    """Write down what the models are, for whoever publishes them."""
    models = [
        {
            "schema": node.schema,
            "name": node.alias,
            "folder": node.fqn[1],
            "description": " ".join(node.description.split()),
            "meta": node.config.meta,
        }
        for node in manifest.nodes.values()
        if node.unique_id.startswith("model.")
    ]
    _replace(target, json.dumps(models).encode())


def standing_on(manifest: Manifest, changed: Iterable[str]) -> list[str]:
    """Names of the tables to build anew and of the tests to repeat when these tables of the lake have changed.

    A view says the same as before; a test that looks through one is repeated like any other.
    """
    children: dict[str, list[str]] = {}
    for node in manifest.nodes.values():
        for parent in node.depends_on_nodes:
            children.setdefault(parent, []).append(node.unique_id)
    names = set(changed)
    waiting = [source.unique_id for source in manifest.sources.values() if source.name in names]
    found: set[str] = set()
    while waiting:
        new = set(children.get(waiting.pop(), ())) - found
        found |= new
        waiting += new
    nodes = (manifest.nodes[name] for name in sorted(found))
    return [node.name for node in nodes if node.config.materialized not in ("view", "ephemeral")]


def _key(project: str, profile: dict[str, Any], options: Sequence[str]) -> str:
    names = {name: profile.get(name) for name in ("type", "schema", "dbname", "database")}
    names["path"] = Path(profile.get("path", "")).stem
    installed = [version(package) for package in ("dbt-core", "dbt-adapters", f"dbt-{profile['type']}")]
    place = options[options.index("--project-dir") + 1]
    return hashlib.sha256(repr((project, names, installed, place)).encode()).hexdigest()[:32]


def _read(kept: Path) -> Manifest | None:
    if not kept.is_file():
        return None
    from dbt.contracts.graph.manifest import Manifest  # noqa: PLC0415 - takes a second to import
    from dbt.parser.manifest import extended_mashumuro_decoder  # noqa: PLC0415

    try:
        manifest = Manifest.from_msgpack(kept.read_bytes(), decoder=extended_mashumuro_decoder)
        if not manifest.nodes:
            raise ValueError("it holds no models")  # noqa: TRY301 - one place says what is wrong
    except Exception as error:  # noqa: BLE001 - whatever is wrong with it, parsing is the remedy
        log().warning("kept project cannot be read, it is parsed anew", file=kept.name, reason=str(error)[:200])
        return None
    manifest.build_flat_graph()  # type: ignore[no-untyped-call]
    return manifest


def _keep(kept: Path, manifest: Manifest) -> None:
    from dbt.parser.manifest import extended_mashumaro_encoder  # noqa: PLC0415

    try:
        kept.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        for other in sorted(kept.parent.glob("models-*"), key=_age)[:-_KEPT]:
            other.unlink(missing_ok=True)
        _replace(kept, manifest.to_msgpack(extended_mashumaro_encoder))
    except OSError as error:
        log().debug("the parsed project cannot be kept", folder=str(kept.parent), reason=str(error))


def _age(path: Path) -> float:
    return path.stat().st_mtime if path.exists() else 0.0


def _replace(target: Path, content: bytes) -> None:
    aside = target.with_name(f".{target.name}.{os.getpid()}")
    aside.write_bytes(content)
    aside.replace(target)
