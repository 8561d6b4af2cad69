"""Each part of the archive has the checksums of its files from now on."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("records", "0003_seals")]

    operations = [
        migrations.AddField("archivepart", "files", models.JSONField(default=dict)),
    ]
