"""Django's settings: people, changes and audit in one SQLite file of the home.

`PILOTHOUSE_HOME` names the home, `PILOTHOUSE_ENVIRONMENT` is demo, drill, staging or production.
"""

from __future__ import annotations

import base64
import os
from typing import Any, Final

from pilothouse.access.secret_file import derive, read_secret
from pilothouse.wiring.home import home_folder

PILOTHOUSE_HOME: Final = home_folder(None)
PILOTHOUSE_ENVIRONMENT: Final = os.environ.get("PILOTHOUSE_ENVIRONMENT", "demo")
DRILL: Final = PILOTHOUSE_ENVIRONMENT == "drill"
DEMO: Final = (
    os.environ.get("PILOTHOUSE_DRILL_OF") if DRILL else PILOTHOUSE_ENVIRONMENT
) == "demo"
"""A drill asks of people what the exchange asks of them that it is a copy of."""

_SECRET: Final = read_secret(PILOTHOUSE_HOME)
SECRET_KEY = base64.b64encode(derive(_SECRET, "django")).decode()
PILOTHOUSE_PSEUDONYM_KEY: Final = derive(_SECRET, "pseudonyms")
"""Hides who a client is in answers of the archive; the same for the life of the home."""
DEBUG = False
ALLOWED_HOSTS = os.environ.get("PILOTHOUSE_HOSTS", "localhost,127.0.0.1,[::1]").split(",")

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django_htmx",
    "pilothouse.console",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "pilothouse.access",
    "pilothouse.records",
    "pilothouse.control",
    "pilothouse.watch",
    "pilothouse.desk",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "pilothouse.console.security.ContentSecurityPolicy",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "pilothouse.access.sessions.SessionLimits",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "pilothouse.access.sessions.SecondFactor",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "pilothouse.console.errors.AwayMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]

ROOT_URLCONF = "pilothouse.wiring.urls"
ASGI_APPLICATION = "pilothouse.wiring.asgi.application"
TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "pilothouse.console.shell.frame",
            ]
        },
    }
]

# Writers queue at BEGIN instead of failing in the middle: a transaction that reads and then
# writes would otherwise meet SQLITE_BUSY with no way to wait.
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": PILOTHOUSE_HOME / "pilothouse.sqlite3",
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": (
                "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;"
            ),
        },
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en-gb"
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"said": {"class": "logging.StreamHandler", "level": "WARNING"}},
    "root": {"handlers": ["said"], "level": "WARNING"},
    "loggers": {"django": {"handlers": ["said"], "propagate": False}},
}
CSRF_FAILURE_VIEW = "pilothouse.console.rights.forged"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

AUTH_USER_MODEL = "access.Person"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.ScryptPasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_ADAPTER = "pilothouse.access.sessions.NoSignUp"
ACCOUNT_LOGOUT_REDIRECT_URL = "/sign-in/login/"
ACCOUNT_SESSION_REMEMBER = False
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "Pilothouse"

PILOTHOUSE_SECOND_FACTOR: Final = not DEMO
"""Outside the demonstration nobody works without a second factor."""
PILOTHOUSE_SESSION_IDLE_S: Final = 30 * 60
PILOTHOUSE_SESSION_ABSOLUTE_S: Final = 12 * 3600

SESSION_COOKIE_AGE = PILOTHOUSE_SESSION_ABSOLUTE_S
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Strict"
SESSION_COOKIE_SECURE = not DEMO and not DRILL
CSRF_COOKIE_SAMESITE = "Strict"
CSRF_COOKIE_SECURE = not DEMO and not DRILL
# A drill listens on the same address as its original: neither may sign the other's people out.
SESSION_COOKIE_NAME = "drill-sessionid" if DRILL else "sessionid"
CSRF_COOKIE_NAME = "drill-csrftoken" if DRILL else "csrftoken"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
