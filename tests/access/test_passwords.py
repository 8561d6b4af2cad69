"""Passwords are stored as scrypt's hash; tests alone do with less of its work (`conftest.py`)."""

import subprocess
import sys

WORK_LEAST = 1 << 14
ASKED = """
import django
django.setup()
from django.contrib.auth.hashers import make_password
print(make_password("a long enough password"))
"""


def test_the_product_hashes_with_all_of_scrypts_work():
    done = subprocess.run([sys.executable, "-c", ASKED], capture_output=True, text=True)
    name, work, *_ = done.stdout.split("$")
    assert name == "scrypt" and int(work) >= WORK_LEAST, done.stderr
