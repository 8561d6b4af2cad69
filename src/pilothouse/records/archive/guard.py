"""What may be asked: one SELECT over the archive's own tables with the functions that are listed.

A statement is judged twice. Its parse tree names every function and every kind of source. Then the
database itself binds it to empty tables that have the views' names and columns, and its bound plan
says what each name means, by the database's own scopes: whatever is read there has to be one of
the archive's tables. Neither opens a file, and both run in the process that answers.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Set
from typing import Any, Final

import duckdb

from pilothouse.records.archive.definitions import TABLES
from pilothouse.records.archive.functions import FUNCTIONS, TABLE_FUNCTIONS
from pilothouse.records.archive.parameters import bare
from pilothouse.records.archive.refusals import (
    FUNCTION_IS_NOT_OPEN,
    IS_TOO_DEEP,
    NOT_ONE_SELECT,
    SQL_IS_WRONG,
    TABLE_IS_NOT_OPEN,
    Refused,
)
from pilothouse.records.archive.views import open_tables

SOURCES: Final = frozenset(
    {"BASE_TABLE", "SUBQUERY", "JOIN", "TABLE_FUNCTION", "EXPRESSION_LIST", "EMPTY", "PIVOT"}
)
"""What may stand behind FROM."""
READS: Final = {"seq_scan", "unnest", "range", "generate_series"}
"""What a bound plan may read: a table, or what it was given."""
_PLAN: Final = """
    PROJECTION FILTER AGGREGATE_AND_GROUP_BY WINDOW UNNEST LIMIT ORDER_BY TOP_N DISTINCT SAMPLE
    PIVOT GET CHUNK_GET DELIM_GET EXPRESSION_GET DUMMY_SCAN EMPTY_RESULT CTE_REF JOIN DELIM_JOIN
    COMPARISON_JOIN ANY_JOIN CROSS_PRODUCT POSITIONAL_JOIN ASOF_JOIN DEPENDENT_JOIN UNION EXCEPT
    INTERSECT RECURSIVE_CTE MATERIALIZED_CTE
    """
OPERATORS: Final = frozenset(f"LOGICAL_{one}" for one in _PLAN.split())
"""What a bound plan may do."""
_NO_TABLE: Final = (
    "Table with name",
    "Catalog with name",
    "Schema with name",
    "Cannot access file",
)
DEPTH_MAX: Final = 400
"""Levels of a parse tree: a level of SQL is two or three of them."""


def check(sql: str, shapes: duckdb.DuckDBPyConnection, given: Mapping[str, Any]) -> None:
    """Raise Refused unless `sql` is one SELECT over the tables of `shapes`, and over no other."""
    if "\0" in sql:
        raise Refused(NOT_ONE_SELECT, "it contains a zero character")
    nodes = _parsed(shapes, sql)
    names = open_tables() | _named(nodes)
    for node in nodes:
        _check_source(node, names)
        _check_function(node)
    constant = bare(sql, given)
    if constant != sql and _sources(_parsed(shapes, constant)) != _sources(nodes):
        raise Refused(NOT_ONE_SELECT, "a parameter stands where none can")
    plan = _json(shapes, "json_serialize_plan", constant, SQL_IS_WRONG)
    for node in _nodes(plan["plans"]):
        _check_bound(node)


def _parsed(shapes: duckdb.DuckDBPyConnection, sql: str) -> list[dict[str, Any]]:
    read = _json(shapes, "json_serialize_sql", sql, NOT_ONE_SELECT)
    if len(read["statements"]) != 1:
        raise Refused(NOT_ONE_SELECT)
    return list(_nodes(read["statements"][0]))


def _named(nodes: list[dict[str, Any]]) -> set[str]:
    return {one["key"].lower() for node in nodes for one in _ctes(node)}


def _sources(nodes: list[dict[str, Any]]) -> list[str]:
    tables = [node["table_name"] for node in nodes if node.get("type") == "BASE_TABLE"]
    return sorted([*tables, *_named(nodes)])


def _json(shapes: duckdb.DuckDBPyConnection, function: str, sql: str, otherwise: Any) -> Any:
    try:
        row = shapes.execute(f"SELECT {function}(?::VARCHAR)", [sql]).fetchone()
        read = json.loads(row[0]) if row else {"error": True, "error_message": "nothing is read"}
    except RecursionError:
        raise Refused(IS_TOO_DEEP) from None
    except duckdb.Error as error:
        raise Refused(otherwise, first_line(error)) from None
    if read["error"]:
        said = str(read["error_message"])
        if said.startswith(_NO_TABLE):
            raise Refused(TABLE_IS_NOT_OPEN, first_line(said))
        raise Refused(IS_TOO_DEEP if "depth" in said else otherwise, first_line(said))
    return read


def first_line(error: object) -> str:
    """Return the line that names the fault; what stands below may quote what is behind a view."""
    lines = str(error).splitlines()
    return lines[0] if lines else ""


def _nodes(value: Any) -> Iterator[dict[str, Any]]:
    waiting = [(value, 0)]
    while waiting:
        one, depth = waiting.pop()
        if depth > DEPTH_MAX:
            raise Refused(IS_TOO_DEEP)
        if isinstance(one, dict):
            yield one
        inner = one.values() if isinstance(one, dict) else one
        waiting += [(each, depth + 1) for each in inner if isinstance(each, dict | list)]


def _ctes(node: dict[str, Any]) -> list[dict[str, Any]]:
    found = node.get("cte_map")
    return list(found["map"]) if isinstance(found, dict) else []


def _check_source(node: dict[str, Any], names: Set[str]) -> None:
    kind = node.get("type")
    if not isinstance(kind, str) or not {"alias", "sample"} <= node.keys():
        return
    if kind not in SOURCES:
        raise Refused(TABLE_IS_NOT_OPEN, kind.lower())
    if kind == "BASE_TABLE":
        name = node["table_name"]
        qualified = node["schema_name"] or node["catalog_name"] or node["at_clause"]
        if qualified or name.lower() not in names:
            raise Refused(TABLE_IS_NOT_OPEN, name)
    if kind == "TABLE_FUNCTION":
        name = str(node["function"].get("function_name", "")).lower()
        if name not in TABLE_FUNCTIONS:
            raise Refused(FUNCTION_IS_NOT_OPEN, name)


def _check_function(node: dict[str, Any]) -> None:
    name = node.get("function_name")
    if isinstance(name, str) and name.lower() not in FUNCTIONS:
        raise Refused(FUNCTION_IS_NOT_OPEN, name)


def _check_bound(node: dict[str, Any]) -> None:
    kind = node.get("type")
    if not isinstance(kind, str) or not kind.startswith("LOGICAL_"):
        return
    if kind not in OPERATORS:
        raise Refused(NOT_ONE_SELECT, kind.lower())
    if kind == "LOGICAL_GET":
        name = str(node.get("name"))
        data = node.get("function_data")
        table = data.get("table") if isinstance(data, dict) else None
        if name not in READS or (name == "seq_scan" and table not in TABLES):
            raise Refused(TABLE_IS_NOT_OPEN, str(table or name))
