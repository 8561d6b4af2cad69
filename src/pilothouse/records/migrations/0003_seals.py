"""Each row of the audit carries a seal from now on."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("records", "0002_archive")]

    operations = [
        migrations.AddField("auditrow", "seal", models.CharField(default="", max_length=64)),
    ]
