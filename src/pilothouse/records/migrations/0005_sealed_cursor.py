"""The archive's cursor has a seal; an archive without one is of an older layout, and made anew."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("records", "0004_checksums")]

    operations = [
        migrations.AddField("archivecursor", "rows", models.JSONField(default=dict)),
        migrations.AddField("archivecursor", "seal", models.CharField(default="", max_length=64)),
    ]
