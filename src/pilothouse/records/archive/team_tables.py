"""The tables of the team's own rows: changes, alerts, incidents, and what was measured.

The rooms that own those rows fill them; a room that is not there leaves its table empty. They
come behind the tables of the exchange wherever tables are listed.
"""

from __future__ import annotations

from typing import Final

from pilothouse.records.archive import exchange_tables as _first  # noqa: F401 - defined before
from pilothouse.records.archive.definitions import define, integer, moment, of_words, text

CHANGES: Final = define(
    "changes",
    "The changes of operators, as they stand now.",
    (
        integer("id", "its number"),
        text("kind", "which operator power"),
        text("title", "what it is called"),
        of_words("state", "where it stands"),
        text("change_class", "its class, A to C"),
        of_words("direction", "whom it protects: tightening or loosening"),
        integer("market", "the market it touches, 0 for none"),
        integer("incident", "the incident it is for, 0 for none"),
        text("proposer", "who proposed it"),
        moment("when it was proposed", "proposed"),
        moment("when it was approved; null before", "approved"),
        moment("when its first step was applied; null before", "applied"),
        moment("when its last step was verified; null before", "verified"),
        integer("position", "position in the journal of its first applied step, 0 before"),
        integer("waited_for_signature_s", "how long it waited for a signature", "seconds"),
        integer("predicted_below_initial", "accounts newly below initial, as signed"),
        integer("predicted_below_maintenance", "accounts newly below maintenance, as signed"),
    ),
    picture=True,
)
ALERTS: Final = define(
    "alerts",
    "The alerts that were raised, as they stand now.",
    (
        integer("id", "its number"),
        text("rule", "which rule raised it"),
        text("severity", "how bad"),
        integer("market", "the market it is about, 0 for none"),
        integer("source", "the source of the market's index it is about, 0 for none"),
        moment("when it was raised", "raised"),
        moment("when somebody acknowledged it; null before", "acknowledged"),
        moment("when it was resolved; null before", "resolved"),
        integer("incident", "the incident it belongs to, 0 for none"),
    ),
    picture=True,
)
INCIDENTS: Final = define(
    "incidents",
    "The incidents and their clocks, as they stand now.",
    (
        integer("id", "its number"),
        text("title", "what it is called"),
        text("severity", "how bad"),
        text("state", "where it stands"),
        moment("when it began", "occurred"),
        moment("when a machine noticed", "detected"),
        moment("when a person knew", "aware"),
        moment("when somebody took it", "acknowledged"),
        moment("when the harm stopped", "mitigated"),
        moment("when it was over", "resolved"),
    ),
    picture=True,
)
MEASURES: Final = define(
    "measures",
    "What was measured, each second. A measure that could not be taken has no row.",
    (
        moment("when it was taken, by the console's clock"),
        text("measure", "its name"),
        text("scope", "exchange, market:SYMBOL, or market:SYMBOL/N for source N of its index"),
        integer("value", "the number, in the unit of the measure"),
    ),
)
