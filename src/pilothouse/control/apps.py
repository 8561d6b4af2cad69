"""Django's entry for this room."""

from django.apps import AppConfig


class ControlConfig(AppConfig):
    """Changes, their steps, signatures and previews."""

    name = "pilothouse.control"
    label = "control"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Let sign-ins, changes of credentials, and the ends of keys and grants be audited.

        A grant counts if the audit has it.
        """
        from pilothouse.access.rights import judge_grants
        from pilothouse.control import credentials_noted, revocations, sign_ins, standing

        judge_grants(standing.grants_that_count)
        sign_ins.listen()
        credentials_noted.listen()
        revocations.listen()
