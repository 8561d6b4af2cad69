"""`pilothouse drill-end`: a drill that is over keeps its sheet and nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pilothouse.wiring.cli.says import OUT, failure
from pilothouse.wiring.drill.removing import CannotRemove, remove_drill


def drill_end(
    folder: Annotated[Path, typer.Argument(help="The drill's folder, as it was printed.")],
) -> None:
    """Remove a drill's copy of the exchange; its report stays."""
    try:
        stays = remove_drill(folder.resolve())
    except CannotRemove as error:
        failure(str(error))
    OUT.print(f"removed the copy in {folder}; what remains: {', '.join(stays)}")
