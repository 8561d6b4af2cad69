"""The reconciler's cursor has a seal; one without is forgotten, and all is compared again."""

from typing import Any

from django.db import migrations, models


def forget(apps: Any, schema_editor: Any) -> None:
    """Forget the cursor and what was compared; what differs stays."""
    apps.get_model("control", "ReconcilerCursor").objects.all().delete()
    apps.get_model("control", "Reconciled").objects.exclude(verdict="differs").delete()


class Migration(migrations.Migration):
    dependencies = [
        ("control", "0006_charged"),
    ]

    operations = [
        migrations.AddField(
            model_name="reconcilercursor",
            name="seal",
            field=models.CharField(blank=True, max_length=64),
        ),
        migrations.RunPython(forget, migrations.RunPython.noop),
    ]
