"""A step's command is named by a number of its own, given when it is sent."""

from typing import Any

from django.db import migrations, models
from django.db.models import F

STEPS_OF_A_CHANGE = 64
"""Commands were named by their change and step before: that is the number 64 change + step."""


def number_what_was_sent(apps: Any, schema_editor: Any) -> None:
    """Give the steps that were sent the numbers their names had."""
    sent = apps.get_model("control", "ChangeStep").objects.exclude(sent_at=None)
    sent.update(name_number=F("change_id") * STEPS_OF_A_CHANGE + F("number"))


class Migration(migrations.Migration):
    dependencies = [
        ("control", "0003_stages"),
    ]

    operations = [
        migrations.AddField(
            model_name="changestep",
            name="name_number",
            field=models.BigIntegerField(null=True, unique=True),
        ),
        migrations.RunPython(number_what_was_sent, migrations.RunPython.noop),
    ]
