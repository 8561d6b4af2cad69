"""The reconciler remembers which fee schedules markets have."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("control", "0005_reconciled"),
    ]

    operations = [
        migrations.AddField(
            model_name="reconcilercursor",
            name="charged",
            field=models.JSONField(default=list),
        ),
    ]
