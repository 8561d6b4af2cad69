"""The options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Home = Annotated[
    Path | None,
    typer.Option("--home", help="The exchange's folder; else PILOTHOUSE_HOME, else ./home."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print the facts as one JSON object.")]
