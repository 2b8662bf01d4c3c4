"""The roles that may read a secure view each, and nothing else.

A view is granted to its role by the macro `secure_view`, in the transaction that makes the view; here the roles
themselves are made. They cannot log in: an administrator grants them to those who can.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import psycopg
import yaml
from psycopg import sql as pg

from filiera.log import log
from filiera.warehouse.dbt import PROJECT


@cache
def reader_roles() -> tuple[str, ...]:
    """Names of the roles, as the project's variable has them."""
    project = yaml.safe_load((PROJECT / "dbt_project.yml").read_text(encoding="utf-8"))
    return tuple(project["vars"]["reader_roles"].values())


def missing_roles(connection: psycopg.Connection[Any]) -> list[str]:
    """Roles that the server does not have."""
    known = connection.execute(
        "SELECT rolname FROM pg_roles WHERE rolname = ANY(%s)", [list(reader_roles())]
    ).fetchall()
    return [role for role in reader_roles() if (role,) not in known]


def make_roles(connection: psycopg.Connection[Any], progress: Callable[[str], None]) -> None:
    """Make the roles that are missing, where this user may; a build does without, and its views are nobody else's."""
    for role in missing_roles(connection):
        statement = pg.SQL("CREATE ROLE {} NOLOGIN").format(pg.Identifier(role))
        try:
            connection.execute(statement)
        except psycopg.errors.DuplicateObject:
            continue  # made by another run on the same server meanwhile
        except psycopg.errors.InsufficientPrivilege:
            progress(_to_administrator(role))
            log().warning("a role is missing", role=role, advice=_to_administrator(role))


def advice(connection: psycopg.Connection[Any]) -> list[str]:
    """What is to be done for each role that is missing."""
    (may_make,) = connection.execute(
        "SELECT rolsuper OR rolcreaterole FROM pg_roles WHERE rolname = current_user"
    ).fetchone() or (False,)
    return [_to_builder(role) if may_make else _to_administrator(role) for role in missing_roles(connection)]


def _to_builder(role: str) -> str:
    return f"Role {role} is missing, so nobody is granted its view. Make it and grant the view: filiera run --full"


def _to_administrator(role: str) -> str:
    return (
        f"Role {role} is missing and this user may not make roles, so nobody is granted its view."
        f' Let an administrator run CREATE ROLE "{role}" NOLOGIN; the next build grants the view to it.'
    )
