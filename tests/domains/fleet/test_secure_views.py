"""Sales and operations see what is theirs, and nothing else, after every kind of build.

The warehouse is built by a user who may not make roles, as a careful administrator would have it: first without the
roles, then with them, then with new data, then from scratch.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import duckdb
import psycopg
import pytest
from psycopg import sql as pg
from pydantic import SecretStr
from tests.domains.fleet.conftest import LAST_DAY

from filiera.domains.fleet.generator import generate
from filiera.pipeline.doctor import examine
from filiera.settings import Settings
from filiera.sources import embedded_postgres
from filiera.warehouse import readers

SALES, OPERATIONS = "sales_analyst", "operations_analyst"
VIEWS = {SALES: "v_sales_deliveries", OPERATIONS: "v_operations_deliveries"}
LEAK = (
    "CREATE FUNCTION pg_temp.leak(name text) RETURNS boolean LANGUAGE plpgsql COST 0.0000001"
    " AS $$ BEGIN RAISE NOTICE 'seen: %', name; RETURN true; END $$"
)

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@dataclass
class Place:
    """A fleet, and the warehouse that is built from it."""

    settings: Settings
    fleet: str
    warehouse: str
    owner: str
    """The warehouse's URL for the user who builds it."""

    def run(self, *arguments: str, target: str = "postgres") -> str:
        """Run the pipeline; what it said."""
        chosen = {"FILIERA_FLEET_URL": self.fleet, "FILIERA_WAREHOUSE_URL": self.owner, "FILIERA_TARGET": target}
        command = [sys.executable, "-m", "filiera", "run", "--home", str(self.settings.home), *arguments]
        command += ["--date", str(LAST_DAY)]
        done = subprocess.run(command, env=os.environ | chosen, check=False, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    def examine(self) -> list[tuple[str, str]]:
        """What the doctor says of roles."""
        chosen = {"warehouse_url": SecretStr(self.owner), "target": "postgres"}
        found = examine(self.settings.model_copy(update=chosen))
        return [(finding.state, finding.detail) for finding in found if finding.what == "roles"]

    def ask(self, question: str, *, role: str = "postgres") -> list[tuple[Any, ...]]:
        """What the warehouse answers to a role."""
        with psycopg.connect(self.warehouse) as connection:
            connection.execute(pg.SQL("SET ROLE {}").format(pg.Identifier(role)))
            return connection.execute(question).fetchall()  # type: ignore[arg-type, unused-ignore]

    def change(self, statement: str) -> None:
        """Write to the fleet's own database."""
        with psycopg.connect(self.fleet) as connection:
            connection.execute(statement)  # type: ignore[arg-type, unused-ignore]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """A server of its own, since roles belong to a whole server; there are none at first."""
    settings = Settings(home=tmp_path_factory.mktemp("views"))
    fleet, warehouse = (embedded_postgres.database_url(settings, name) for name in ("fleet", "built"))
    with psycopg.connect(warehouse, autocommit=True) as connection:
        connection.execute("CREATE ROLE builder LOGIN NOCREATEROLE; ALTER DATABASE built OWNER TO builder")
    generate(settings.model_copy(update={"fleet_url": SecretStr(fleet)}), as_of=LAST_DAY, scale=0.02)
    yield Place(settings, fleet, warehouse, warehouse.replace("postgres@", "builder@"))
    embedded_postgres.stop(settings)


@pytest.fixture(scope="module")
def without_roles(place: Place) -> str:
    """What the first build said, which found no roles and could make none."""
    return place.run()


@pytest.fixture(scope="module")
def built(place: Place, without_roles: str) -> Place:
    """The warehouse after a build of one changed customer, with the roles."""
    with psycopg.connect(place.warehouse, autocommit=True) as administrator:
        administrator.execute(f"CREATE ROLE {SALES} NOLOGIN; CREATE ROLE {OPERATIONS} NOLOGIN")
    place.change(
        "UPDATE customers SET customer_type = 'Gobierno', updated_at = '2026-01-31 19:00'"
        " WHERE customer_id = (SELECT min(customer_id) FROM customers WHERE customer_type = 'Empresa'"
        " AND customer_id IN (SELECT customer_id FROM deliveries))"
    )
    assert "1 new batches" in place.run()
    return place


def readable(place: Place, role: str) -> list[tuple[str, str]]:
    """Relations that a role can read, found by reading."""
    relations = place.ask(
        "SELECT schemaname, tablename FROM pg_tables WHERE schemaname !~ '^(pg_|information_schema)'"
        " UNION ALL SELECT schemaname, viewname FROM pg_views WHERE schemaname !~ '^(pg_|information_schema)'"
    )
    assert len(relations) > 40
    found = []
    for schema, name in relations:
        try:
            place.ask(f'SELECT 1 FROM "{schema}"."{name}" LIMIT 1', role=role)
        except psycopg.errors.InsufficientPrivilege:
            continue
        found.append((schema, name))
    return found


def test_a_build_without_roles_says_what_to_do_and_grants_nothing(place: Place, without_roles: str) -> None:
    for role, view in VIEWS.items():
        assert f'CREATE ROLE "{role}" NOLOGIN' in without_roles
        assert place.ask(f"SELECT count(*) FROM fleet.{view}")[0][0] > 0


def test_the_doctor_says_which_roles_are_missing(place: Place, without_roles: str) -> None:
    found = place.examine()
    assert [state for state, _ in found] == ["warning"] * 2
    for (_, detail), role in zip(found, VIEWS, strict=True):
        assert f'CREATE ROLE "{role}" NOLOGIN' in detail
    place.owner, owner = place.warehouse, place.owner
    try:
        assert all("filiera run --full" in detail for _, detail in place.examine())
    finally:
        place.owner = owner


def test_the_doctor_finds_the_roles_once_they_are_there(built: Place) -> None:
    assert built.examine() == [("ok", f"{SALES}, {OPERATIONS}")]


@pytest.mark.parametrize("role", VIEWS)
def test_a_role_reads_its_view_and_no_other_relation(built: Place, role: str) -> None:
    assert readable(built, role) == [("fleet", VIEWS[role])]


@pytest.mark.parametrize(
    "statement", ["DELETE FROM fleet.{}", "UPDATE fleet.{} SET delivery_id = 0", "DROP VIEW fleet.{}"]
)
@pytest.mark.parametrize("role", VIEWS)
def test_a_role_changes_nothing(built: Place, role: str, statement: str) -> None:
    with pytest.raises((psycopg.errors.InsufficientPrivilege, psycopg.errors.ObjectNotInPrerequisiteState)):
        built.ask(statement.format(VIEWS[role]), role=role)


def test_sales_sees_every_delivery_but_those_to_who_is_or_was_a_government_customer(built: Place) -> None:
    seen = built.ask("SELECT delivery_id, customer_type FROM fleet.v_sales_deliveries", role=SALES)
    with psycopg.connect(built.fleet) as connection:
        expected = connection.execute(
            "SELECT delivery_id FROM deliveries JOIN customers USING (customer_id) WHERE customer_type <> 'Gobierno'"
        ).fetchall()
        hidden = connection.execute(
            "SELECT count(*) FROM deliveries JOIN customers USING (customer_id) WHERE customer_type = 'Gobierno'"
        ).fetchone()
    assert hidden
    assert hidden[0] > 0
    assert {number for number, _ in seen} == {number for (number,) in expected}
    assert {kind for _, kind in seen} == {"Individual", "Empresa"}


def test_a_customer_who_became_government_is_hidden_with_all_the_past(built: Place) -> None:
    became = built.ask(
        "SELECT customer_name FROM fleet.customer_history GROUP BY customer_id, customer_name"
        " HAVING count(DISTINCT customer_type) > 1"
    )
    assert len(became) == 1
    before = built.ask(
        "SELECT count(*) FROM fleet.fact_deliveries JOIN fleet.customer_history USING (customer_key)"
        " WHERE customer_type = 'Empresa' AND customer_id IN"
        " (SELECT customer_id FROM fleet.customer_history GROUP BY 1 HAVING count(DISTINCT customer_type) > 1)"
    )
    assert before[0][0] > 0
    names = {name for (name,) in built.ask("SELECT customer_name FROM fleet.v_sales_deliveries", role=SALES)}
    assert became[0][0] not in names


def test_operations_sees_every_delivery_and_no_price(built: Place) -> None:
    ((count,),) = built.ask("SELECT count(*) FROM fleet.v_operations_deliveries", role=OPERATIONS)
    assert count == built.ask("SELECT count(*) FROM fleet.fact_deliveries")[0][0]
    columns = built.ask("SELECT attname FROM pg_attribute WHERE attrelid = 'fleet.v_operations_deliveries'::regclass")
    assert not [name for (name,) in columns if "cost" in name or "revenue" in name]


def names_seen(connection: psycopg.Connection[Any], view: str) -> set[str]:
    """Names that a function in the reader's own condition is shown, whatever the answer shows."""
    seen: set[str] = set()
    connection.add_notice_handler(lambda notice: seen.add(str(notice.message_primary).removeprefix("seen: ")))
    connection.execute(LEAK)
    connection.execute(f"SELECT count(*) FROM {view} WHERE pg_temp.leak(customer_name)")  # type: ignore[arg-type, unused-ignore]
    return seen


def test_a_cheap_function_in_a_condition_is_shown_no_hidden_row(built: Place) -> None:
    secret = {
        name
        for (name,) in built.ask("SELECT customer_name FROM fleet.customer_history WHERE customer_type = 'Gobierno'")
    }
    public = {name for (name,) in built.ask("SELECT customer_name FROM fleet.v_sales_deliveries")}
    with psycopg.connect(built.warehouse) as connection:
        connection.execute(f"SET ROLE {SALES}")
        seen = names_seen(connection, "fleet.v_sales_deliveries")
    assert seen == public
    assert not seen & (secret - public)

    # The same view without its barrier shows them: the function would have been a way in.
    with psycopg.connect(built.warehouse) as connection:
        connection.execute("ALTER VIEW fleet.v_sales_deliveries SET (security_barrier = false)")
        connection.execute(f"SET ROLE {SALES}")
        assert names_seen(connection, "fleet.v_sales_deliveries") & (secret - public)
        connection.rollback()


def test_a_grant_too_many_stops_the_next_build(built: Place) -> None:
    with psycopg.connect(built.warehouse, autocommit=True) as connection:
        connection.execute("GRANT SELECT (customer_name) ON fleet.customer_history TO PUBLIC")
        built.change("UPDATE customers SET updated_at = '2026-01-31 19:30' WHERE customer_id = 2")
        with pytest.raises(AssertionError, match="is_all_that_is_readable"):
            built.run()
        connection.execute("REVOKE SELECT (customer_name) ON fleet.customer_history FROM PUBLIC")


def test_a_build_from_scratch_grants_anew(built: Place) -> None:
    built.run("--full")
    assert {role: readable(built, role) for role in VIEWS} == {role: [("fleet", view)] for role, view in VIEWS.items()}
    secured = built.ask(
        "SELECT reloptions FROM pg_class WHERE relname IN ('v_sales_deliveries', 'v_operations_deliveries')"
    )
    assert secured == [(["security_barrier=true"],)] * 2


def test_duckdb_has_the_views_without_grants(built: Place) -> None:
    built.run(target="duckdb")
    with duckdb.connect(str(built.settings.warehouse_file), read_only=True) as connection:
        kinds = connection.execute("SELECT DISTINCT customer_type FROM fleet.v_sales_deliveries ORDER BY 1").fetchall()
        counted = connection.execute(
            "SELECT (SELECT count(*) FROM fleet.v_operations_deliveries) = (SELECT count(*) FROM fleet.fact_deliveries)"
        ).fetchone()
    assert kinds == [("Empresa",), ("Individual",)]
    assert counted == (True,)


def test_roles_are_made_by_who_may_and_once(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readers, "reader_roles", lambda: ('a "quoted" role',))
    said: list[str] = []
    with psycopg.connect(place.warehouse, autocommit=True) as connection:
        for _ in range(2):
            readers.make_roles(connection, said.append)
        assert readers.missing_roles(connection) == []
        found = connection.execute("SELECT rolcanlogin FROM pg_roles WHERE rolname = 'a \"quoted\" role'").fetchall()
        connection.execute('DROP ROLE "a ""quoted"" role"')
    assert found == [(False,)]
    assert not said
