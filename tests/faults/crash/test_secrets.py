"""Secrets: a password is in no file of the home and in nothing a command says, whether a run went well or not."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

import pytest
from tests.faults.crash.commands import Zygote
from tests.faults.crash.deliveries import FIRST_ROWS, Server

pytestmark = pytest.mark.slow

SECRET = "s3cr3t 'Grüße' #7"
SPELLINGS = [SECRET, quote(SECRET), "s3cr3t", "Gr%C3%BC"]
LOOKS = (["status"], ["runs"], ["doctor"], ["rejects"], ["quality"])


def places_of_the_secret(home: Path) -> list[str]:
    """Files in which it stands, in whatever spelling."""
    known = [spelling.encode() for spelling in SPELLINGS]
    files = [path for path in home.rglob("*") if path.is_file() and "postgres" not in path.parts]
    return [str(path) for path in files if any(spelling in path.read_bytes() for spelling in known)]


def said_by(filiera: Zygote, home: Path, environment: dict[str, str]) -> list[str]:
    """What the commands say that only look."""
    said = []
    for words in LOOKS:
        for form in ([], ["--json"]):
            done = filiera.run(*words, *form, home=home, before=_set(environment))
            said.append(f"{done.out}{done.err}")
    return said


def _set(environment: dict[str, str]) -> str:
    named = {f"FILIERA_{name.upper()}": value for name, value in environment.items()}
    return f"import os; os.environ.update({named!r})"


def with_password(url: str) -> str:
    """The same URL, with a password in it."""
    return url.replace("@", f":{quote(SECRET)}@", 1)


def test_no_password_is_kept_or_said_by_runs_that_go_well(filiera: Zygote, server: Server, new_home: Path) -> None:
    environment = {
        "factory_url": with_password(server.database(*FIRST_ROWS)),
        "warehouse_url": with_password(server.database()),
        "ledger_url": with_password(server.database()),
        "target": "postgres",
    }
    said = []
    for _ in range(2):
        done = filiera.run("run", home=new_home, before=_set(environment)).expect(0)
        said += [done.out, done.err]
    said += said_by(filiera, new_home, environment)
    assert [text for text in said if any(spelling in text for spelling in SPELLINGS)] == []
    assert places_of_the_secret(new_home) == []


@pytest.mark.parametrize(
    ("failing", "debug"), [("factory_url", "1"), ("warehouse_url", ""), ("ledger_url", "1"), ("s3", "")]
)
def test_no_password_is_kept_or_said_by_runs_that_fail(
    filiera: Zygote, new_home: Path, failing: str, debug: str
) -> None:
    nowhere = f"postgresql://plant:{quote(SECRET)}@127.0.0.1:1/plant"
    s3 = {
        "lake_url": "s3://plant/lake",
        "s3_endpoint": "http://127.0.0.1:1",
        "s3_access_key": SECRET,
        "s3_secret_key": SECRET,
    }
    environment = {"retries": "0", "target": "postgres" if failing == "warehouse_url" else "duckdb", "debug": debug}
    environment |= s3 if failing == "s3" else {failing: nowhere}
    done = filiera.run("run", home=new_home, before=_set(environment))
    assert done.code != 0
    said = [done.out, done.err, *said_by(filiera, new_home, environment)]
    assert [text for text in said if any(spelling in text for spelling in SPELLINGS)] == []
    assert places_of_the_secret(new_home) == []
