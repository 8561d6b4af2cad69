"""What says how far statuses are kept has a seal; without one all are told again."""

from typing import Any

from django.db import migrations, models


def forget(apps: Any, schema_editor: Any) -> None:
    """Forget what was kept: the journal tells it again."""
    for name in ("HeardUntil", "StatusRow"):
        apps.get_model("desk", name).objects.all().delete()


class Migration(migrations.Migration):
    dependencies = [
        ("desk", "0003_statuses"),
    ]

    operations = [
        migrations.RunPython(forget, migrations.RunPython.noop),
        migrations.AddField("hearduntil", "time_us", models.BigIntegerField(default=0)),
        migrations.AddField("hearduntil", "seal", models.CharField(default="", max_length=64)),
    ]
