"""The options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Home = Annotated[
    Path | None,
    typer.Option("--home", help="The exchange's folder; else PILOTHOUSE_HOME, else ./home."),
]
TrustRelease = Annotated[
    list[str] | None,
    typer.Option(
        "--trust-release",
        help="Let an engine release that the folder brings run here, by its whole digest; your "
        "consent is stored. Only for folders of people you trust.",
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print the facts as one JSON object.")]
Bars = Annotated[Path, typer.Argument(help="Minute bars as CSV, also gzipped.")]
Speed = Annotated[str, typer.Option("--speed", help="Seconds of the file a second.")]
Since = Annotated[str | None, typer.Option("--from", help="First minute, UTC: 2024-04-12T17:00.")]
Until = Annotated[str | None, typer.Option("--until", help="The minute after the last, UTC.")]
