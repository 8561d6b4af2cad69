"""The home's secret."""

import pytest

from pilothouse.access.secret_file import SecretIsUnsafe, derive, read_secret


def test_it_is_made_once_for_its_owner_alone(tmp_path):
    first = read_secret(tmp_path / "home")
    path = tmp_path / "home" / "secret.key"
    assert path.stat().st_mode & 0o777 == 0o600 and len(first) == 64
    assert read_secret(tmp_path / "home") == first
    assert [one.name for one in path.parent.iterdir()] == ["secret.key"]


def test_a_secret_others_can_read_is_refused(tmp_path):
    read_secret(tmp_path)
    (tmp_path / "secret.key").chmod(0o644)
    with pytest.raises(SecretIsUnsafe):
        read_secret(tmp_path)


def test_half_a_secret_is_refused(tmp_path):
    (tmp_path / "secret.key").write_bytes(b"short")
    (tmp_path / "secret.key").chmod(0o600)
    with pytest.raises(SecretIsUnsafe):
        read_secret(tmp_path)


def test_purposes_do_not_share_keys(tmp_path):
    secret = read_secret(tmp_path)
    assert derive(secret, "django") != derive(secret, "api keys")
    assert derive(secret, "django") == derive(secret, "django")
