"""Writes what can be told from the code: the pages on commands, settings, datasets, relations, and dbt's source files.

`make docs` writes them; with `--check` nothing is written, and the exit code says whether they are as they should be.
A test does the same, so a page cannot go stale.
"""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import typer
import yaml
from pydantic import SecretStr
from pydantic_core import PydanticUndefined

from filiera.cli import app
from filiera.contracts.load import load_contracts
from filiera.contracts.model import Contract, Rule
from filiera.registry import domains
from filiera.settings import Settings
from filiera.warehouse.lake_sources import SOURCE_FILE, source_files

DOCS = Path(__file__).parent
ROOT = DOCS.parent
MODELS = ROOT / "src" / "filiera" / "warehouse" / "project" / "models"

_OUTCOMES = {
    "reject": "the row is rejected",
    "nullify": "the value becomes NULL, the row stays",
    "flag": "the row is marked and stays",
}
_COMMANDS_INTRO = """\
Every command takes `--home`, or the variable `FILIERA_HOME`; without either it works on the folder it is called in, if
that is a home, and else on `./filiera-home`. Commands that print data take `--json`.

| exit code | means |
|---:|---|
| 0 | done |
| 1 | failed: the sentence on standard error says what, where, and what to do |
| 2 | wrong use: an unknown option, a setting or a contract that makes no sense |
| 3 | another run is under way in this home |
| 130, 143 | stopped, with Ctrl+C or by SIGTERM; the next run finishes what was begun |

Progress and warnings go to standard error, data to standard output, so `filiera query … --json | …` is safe. With
`FILIERA_DEBUG=1` an unexpected failure shows its traceback.
"""
_SETTINGS_INTRO = """\
A setting comes from the first of these that names it: an option of the command, where there is one; a variable
`FILIERA_<NAME>`; the file `filiera.toml` in the home; the default. A value that makes no sense, or a name in the file
that does not exist, stops the command with exit code 2. Secrets are better given as variables than written into the
file.
"""
_DATASETS_INTRO = """\
One page per dataset, made from its contract: columns, rules, and where its rows come from.
"""
_RELATIONS_INTRO = """\
What a run publishes, and `filiera query`, the API and the pages read. Each relation's description ends with its grain:
what one row stands for.
"""


def generated() -> dict[Path, str]:
    """Every generated file, by where it goes."""
    contracts = load_contracts([domain.contracts for domain in domains().values()])
    return _pages(contracts) | source_files(contracts.values())


def _pages(contracts: dict[str, Contract]) -> dict[Path, str]:
    found = {
        DOCS / "commands.md": _page("Commands", _COMMANDS_INTRO, _commands()),
        DOCS / "settings.md": _page("Settings", _SETTINGS_INTRO, _settings()),
        DOCS / "relations.md": _page("Published relations", _RELATIONS_INTRO, _relations()),
        DOCS / "datasets" / "index.md": _page("Datasets", _DATASETS_INTRO, _dataset_list(contracts)),
    }
    for name, contract in contracts.items():
        found[DOCS / "datasets" / f"{name}.md"] = _page(f"`{name}`", contract.description, _dataset(contract))
    return found


def _page(title: str, intro: str, lines: Iterator[str]) -> str:
    note = "<!-- Made by `make docs`; change what it is made from, not this page. -->"
    return "\n".join([f"# {title}", "", note, "", intro.strip(), "", *lines]).rstrip() + "\n"


def _table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(columns)} |"
    yield "|" + "---|" * len(columns)
    for row in rows:
        yield f"| {' | '.join(' '.join(cell.split()).replace('|', chr(92) + '|') for cell in row)} |"
    yield ""


def _paragraph(*parts: str) -> Iterator[str]:
    yield textwrap.fill(" ".join(parts), 120, break_long_words=False, break_on_hyphens=False)
    yield ""


def _commands() -> Iterator[str]:
    for name, command in _every_command():
        arguments = [param for param in command.params if not param.opts[0].startswith("-")]
        options = [param for param in command.params if param.opts[0].startswith("-")]
        usage = " ".join(["filiera", name, *map(_shown_argument, arguments), *(["[OPTIONS]"] if options else [])])
        yield from [f"## `{name}`", "", command.help, "", "```text", usage, "```", ""]
        rows = [(f"`{_name(param)}`", param.help or "", "required" if param.required else "") for param in arguments]
        rows += [(f"`{_shown_option(param)}`", param.help or "", _default(param)) for param in options]
        yield from _table(["", "what it does", "default"], rows)


def _every_command() -> Iterator[tuple[str, Any]]:
    """Each command by what is typed: filiera's own, then those of the domains."""
    group: Any = typer.main.get_command(app)
    yield from group.commands.items()
    for domain in domains().values():
        if domain.commands:
            own: Any = typer.main.get_command(domain.load("commands"))
            yield from ((f"{domain.name} {name}", command) for name, command in own.commands.items())


def _name(argument: Any) -> str:
    return str(argument.metavar or argument.name.upper()).strip("[]")


def _shown_argument(argument: Any) -> str:
    text = _name(argument) + (" …" if argument.nargs == -1 else "")
    return text if argument.required else f"[{text}]"


def _shown_option(option: Any) -> str:
    if option.is_flag:
        return " / ".join([*option.opts, *option.secondary_opts])
    return f"{option.opts[0]} {option.name.strip('_').upper()}"


def _default(option: Any) -> str:
    if option.default is None or (option.is_flag and not option.secondary_opts):
        return ""
    if option.is_flag:
        return f"`{(option.opts if option.default else option.secondary_opts)[0]}`"
    return f"`{option.default}`"


def _settings() -> Iterator[str]:
    rows = []
    for name, field in Settings.model_fields.items():
        if name == "home":
            continue
        default = "" if field.default in (None, PydanticUndefined, ()) else f"`{field.default}`"
        rows.append(
            (f"`{name}`", f"`FILIERA_{name.upper()}`", _kind(field.annotation), default, field.description or "")
        )
    yield from _table(["setting", "variable", "kind", "default", "what it does"], rows)
    yield from _paragraph(
        "The home itself is no setting of the file: it is `--home` or `FILIERA_HOME`.",
        "In a variable, several values of a list are separated by blanks;",
        'in `filiera.toml` they are a list: `alert_urls = ["…", "…"]`.',
    )


def _kind(annotation: Any) -> str:
    kinds = [kind for kind in get_args(annotation) if kind is not type(None)] or [annotation]
    if get_origin(annotation) is Literal:
        return " or ".join(f"`{value}`" for value in get_args(annotation))
    if get_origin(annotation) is tuple:
        return "list of texts"
    words = {SecretStr: "secret text", str: "text", int: "whole number", float: "number", Path: "path"}
    return words.get(kinds[0], "moment, ISO 8601")


def _dataset_list(contracts: dict[str, Contract]) -> Iterator[str]:
    rows = [
        (
            f"[`{name}`]({name}.md)",
            contract.version,
            str(len(contract.columns)),
            str(len(contract.rules)),
            contract.grain,
        )
        for name, contract in contracts.items()
    ]
    yield from _table(["dataset", "version", "columns", "rules", "grain"], rows)


def _dataset(contract: Contract) -> Iterator[str]:
    place = contract.path.relative_to(ROOT).as_posix()
    yield from _paragraph(contract.grain, f"Contract version {contract.version}, in `{place}`.")
    yield from ["## Columns", ""]
    rows = [
        (
            f"`{column.name}`",
            column.sql_type,
            "required" if column.required else "optional column" if column.optional else "",
            str(column.key_position or ""),
            column.description,
        )
        for column in contract.columns
    ]
    yield from _table(["column", "type", "", "key", "meaning"], rows)
    yield from ["## Rules", ""]
    yield from _table(["rule", "when it is broken", "dimension", "what must hold"], list(map(_rule, contract.rules)))
    yield from ["## Where its rows come from", ""]
    yield from _sources(contract)


def _rule(rule: Rule) -> tuple[str, str, str, str]:
    return f"`{rule.id}`", _OUTCOMES[rule.outcome], rule.dimension, rule.description


def _sources(contract: Contract) -> Iterator[str]:
    dialect = contract.dialect
    nulls = " or ".join(f"`{token}`" if token else "an empty field" for token in dialect.null_values)
    thousands = f" and `{dialect.thousands}` between thousands" if dialect.thousands else ""
    yield from _paragraph(
        f"**Files** put into `drop/{contract.dataset}/` or named to `filiera ingest {contract.dataset} FILE …`:",
        f"text with the delimiter `{dialect.delimiter}`, the quote `{dialect.quote}`, in {dialect.encoding.upper()},",
        f"with the decimal sign `{dialect.decimal}`{thousands}; {nulls} stands for a missing value.",
        "JSON lines and Parquet are read too; text also as `.gz`.",
    )
    for source in contract.tables:
        yield from _paragraph(
            f"**Table** `{source.schema}.{source.table}` of the database in the setting `{source.setting}`",
            f"(the embedded database `{source.database}` where the setting is empty),",
            f"new rows told by `{source.watermark}`, rows told apart by `{', '.join(source.key)}`.",
        )
    sentences = [
        f"A batch of which more than {contract.rejected_share_limit:.0%} is rejected is held out of the warehouse."
    ]
    if contract.version_column:
        sentences.append(
            f"Of several rows with the same key the one with the latest `{contract.version_column}` counts."
        )
    yield from _paragraph(*sentences)


def _relations() -> Iterator[str]:
    for (schema, name), model in sorted(_published(), key=lambda item: item[0]):
        yield from [f"## `{schema}.{name}`", "", " ".join(model["description"].split()), ""]
        rows = [(f"`{column['name']}`", column.get("description", "")) for column in model["columns"]]
        yield from _table(["column", "meaning"], rows)


def _published() -> Iterator[tuple[tuple[str, str], dict[str, Any]]]:
    for path in sorted(MODELS.rglob("*.yml")):
        layer, *domain = path.parent.relative_to(MODELS).parts
        if layer not in ("core", "marts"):
            continue
        for model in yaml.safe_load(path.read_text(encoding="utf-8")).get("models", ()):
            if (model.get("meta") or model.get("config", {}).get("meta") or {}).get("publish", True):
                name = model.get("config", {}).get("alias", model["name"])
                yield ((domain or [layer])[0], name), model


def main(arguments: Sequence[str]) -> int:
    """Write the files, or with `--check` say which are not as they should be."""
    made = generated()
    stale = [path for path, text in made.items() if not path.is_file() or path.read_text(encoding="utf-8") != text]
    gone = sorted({*(DOCS / "datasets").glob("*.md"), *MODELS.rglob(SOURCE_FILE)} - set(made))
    for path in (*stale, *gone):
        print(
            f"{path.relative_to(DOCS.parent)} is stale; run: make docs"
            if "--check" in arguments
            else f"· {path.relative_to(DOCS.parent)}"
        )
    if "--check" in arguments:
        return 1 if stale or gone else 0
    for path in stale:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(made[path], encoding="utf-8")
    for path in gone:
        path.unlink()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
