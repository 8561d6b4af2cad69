"""Doors: a sender that starts anew asks the journal for the number its names begin with."""

from pilothouse.language.schema import Command, command


@command(191, "The door of its sender is opened")
class OpenDoor(Command):
    """Open the sender's door. The receipt's `made` is the `hi` of its names from now on.

    It is above every `hi` the sender ever used. From then on only names with this `hi` are taken,
    so the previous holder of the door is shut out. Sent again it opens the door again: the
    command itself has no name that is remembered.
    """
