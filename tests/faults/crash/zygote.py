"""A process that has imported all of filiera and dbt, and forks a copy of itself for every command.

A command is then a process of its own, with its own exit code, limits and locks, that can be killed for real, but
spares the seconds that importing and compiling take. The zygote itself opens nothing and runs no thread of Python's.

It reads one request a line and answers with one line: `start` gives the process id of a new command, `wait` the exit
status of one that was started, or nothing while it runs.
"""

from __future__ import annotations

import gc
import json
import os
import resource
import sys
import tempfile
from typing import Any

# The parser in Rust keeps a pool of threads, which no forked process would have.
os.environ["DBT_STATIC_PARSER"] = "false"


def warm_up() -> None:
    """Import and compile what commands need."""
    import duckdb
    import holidays

    import filiera.cli
    import filiera.commands.serving
    import filiera.commands.showing
    import filiera.pipeline.doctor
    import filiera.serving.trace
    import filiera.sources.embedded_postgres
    import filiera.warehouse.duckdb_engine
    import filiera.warehouse.postgres_engine  # noqa: F401
    from filiera.pipeline.catalog import all_contracts
    from filiera.settings import Settings
    from filiera.warehouse.dbt import run_dbt

    with tempfile.TemporaryDirectory() as home:
        settings = Settings.model_validate({"home": home})
        all_contracts(settings)
        holidays.country_holidays(settings.country, years=settings.today().year)
        for target in ("postgres", "duckdb"):
            chosen = settings.model_copy(update={"target": target})
            profile = {"type": target, "schema": "main", "threads": 1}
            server = {"host": "-", "user": "-", "password": "-", "port": 1, "dbname": "-"}
            run_dbt(chosen, profile | (server if target == "postgres" else {"path": ":memory:"}), ["parse"])
    duckdb.close()  # the connection it opens by itself, whose threads no forked process would have
    assert len(os.listdir("/proc/self/task")) == 1
    gc.collect()
    gc.freeze()


def serve() -> list[str] | None:
    """Answer requests; in a forked process, return what the command was given."""
    for line in sys.stdin:
        request = json.loads(line)
        if "start" in request:
            process = os.fork()
            if process == 0:
                become(request)
                return [str(argument) for argument in request["start"]]
            answer: int | None = process
        else:
            ended, status = os.waitpid(request["wait"], os.WNOHANG)
            answer = status if ended else None
        sys.stdout.write(f"{json.dumps(answer)}\n")
        sys.stdout.flush()
    return None


def become(request: dict[str, Any]) -> None:
    """Take on the surroundings of the command: its environment, its output, its limits, what else the test says."""
    for name in [name for name in os.environ if name.startswith("FILIERA_")]:
        del os.environ[name]
    os.environ.update(request["environment"])
    for number, place in ((0, os.devnull), (1, request["out"]), (2, request["err"])):
        descriptor = os.open(place, os.O_RDWR | os.O_CREAT | os.O_TRUNC)
        os.dup2(descriptor, number)
        os.close(descriptor)
    for name, value in request["limits"].items():
        resource.setrlimit(getattr(resource, name), (value, value))
    exec(request["before"])  # noqa: S102 - the test's own words


def main() -> None:
    """Serve; a forked process goes on as the command and ends as that would."""
    warm_up()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    arguments = serve()
    if arguments is not None:
        from filiera.cli import main as command

        sys.argv = ["filiera", *arguments]
        command()


if __name__ == "__main__":
    main()
