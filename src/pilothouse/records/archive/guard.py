"""What may be asked: one SELECT over the archive's own tables, judged on its syntax tree.

The connection is locked and opens nothing but the archive's files. This is the lock before it: it
keeps a question from the raw files, from the masks behind the views, and from settings.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

import duckdb

from pilothouse.records.archive.refusals import (
    FUNCTION_IS_NOT_OPEN,
    NOT_ONE_SELECT,
    TABLE_IS_NOT_OPEN,
    Refused,
)

TABLE_FUNCTIONS: Final = frozenset({"range", "generate_series", "unnest"})
SOURCES: Final = frozenset(
    {"BASE_TABLE", "SUBQUERY", "JOIN", "TABLE_FUNCTION", "EXPRESSION_LIST", "EMPTY", "PIVOT"}
)
"""What may stand behind FROM."""
CLOSED: Final = (
    "read_", "write_", "duckdb_", "pragma_", "parquet_", "sniff_", "current_setting",
    "getvariable", "getenv", "which_secret", "set_config", "nextval", "currval", "query", "glob",
    "checkpoint", "force_checkpoint", "current_database", "current_schema", "current_catalog",
    "in_search_path", "json_serialize", "json_execute", "json_deserialize", "add_parquet_key",
    "mask_", "has_", "pg_", "txid", "sleep", "error", "stats", "write_log", "vector_type",
)  # fmt: skip
"""Functions whose name begins so read or write something else than their arguments."""


def check(sql: str, tables: frozenset[str]) -> None:
    """Raise Refused unless `sql` is one SELECT over these tables."""
    with duckdb.connect(":memory:") as parser:
        row = parser.execute("SELECT json_serialize_sql(?::VARCHAR)", [sql]).fetchone()
    assert row is not None
    read = json.loads(row[0])
    if read["error"]:
        raise Refused(NOT_ONE_SELECT, read["error_message"].splitlines()[0])
    if len(read["statements"]) != 1:
        raise Refused(NOT_ONE_SELECT)
    nodes = list(_nodes(read["statements"][0]))
    named = {one["key"].lower() for node in nodes for one in _ctes(node)}
    for node in nodes:
        _check_source(node, tables | named)
        _check_function(node)


def _nodes(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
        value = list(value.values())
    if isinstance(value, list):
        for one in value:
            yield from _nodes(one)


def _ctes(node: dict[str, Any]) -> list[dict[str, Any]]:
    found = node.get("cte_map")
    return list(found["map"]) if isinstance(found, dict) else []


def _check_source(node: dict[str, Any], tables: frozenset[str] | set[str]) -> None:
    kind = node.get("type")
    if not isinstance(kind, str) or not {"alias", "sample"} <= node.keys():
        return
    if kind not in SOURCES:
        raise Refused(TABLE_IS_NOT_OPEN, kind.lower())
    if kind == "BASE_TABLE":
        name = node["table_name"].lower()
        if node["schema_name"] or node["catalog_name"] or node["at_clause"] or name not in tables:
            raise Refused(TABLE_IS_NOT_OPEN, node["table_name"])
    if kind == "TABLE_FUNCTION":
        name = str(node["function"].get("function_name", "")).lower()
        if name not in TABLE_FUNCTIONS:
            raise Refused(FUNCTION_IS_NOT_OPEN, name)


def _check_function(node: dict[str, Any]) -> None:
    name = node.get("function_name")
    if not isinstance(name, str):
        return
    if node.get("schema") or node.get("catalog") or name.lower().startswith(CLOSED):
        raise Refused(FUNCTION_IS_NOT_OPEN, name)
