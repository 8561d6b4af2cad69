"""Whether a key may repeat a futures request without a nonce."""

from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    """The change of the tables."""

    dependencies: ClassVar = [("access", "0001_initial")]

    operations: ClassVar = [
        migrations.AddField(
            model_name="storedkey",
            name="nonce_optional",
            field=models.BooleanField(default=False),
        ),
    ]
