"""Django's settings: people, changes and audit in one SQLite file of the home.

`PILOTHOUSE_HOME` names the home, and the home says which environment it is. One that does not
say it gets the strictest settings.
"""

from __future__ import annotations

import base64
import os
from typing import Any, Final

from pilothouse.access.secret_file import derive, read_secret
from pilothouse.records import seals
from pilothouse.wiring import environment
from pilothouse.wiring.home import home_folder

PILOTHOUSE_HOME: Final = home_folder(None)
_FOUNDING: Final = environment.holding(PILOTHOUSE_HOME)
PILOTHOUSE_ENVIRONMENT: Final = _FOUNDING.environment
DRILL: Final = PILOTHOUSE_ENVIRONMENT == environment.DRILL
DEMO: Final = _FOUNDING.asks_like == environment.DEMO
"""A drill asks of people what the exchange asks of them that it is a copy of."""

_SECRET: Final = read_secret(PILOTHOUSE_HOME)
SECRET_KEY = base64.b64encode(derive(_SECRET, "django")).decode()
PILOTHOUSE_PSEUDONYM_KEY: Final = derive(_SECRET, "pseudonyms")
"""Hides who a client is in answers of the archive; the same for the life of the home."""
PILOTHOUSE_AUDIT_KEY: Final = derive(_SECRET, seals.AUDIT)
"""Seals the rows of the audit."""
PILOTHOUSE_CURSOR_KEYS: Final = {
    "archive": derive(_SECRET, seals.ARCHIVE),
    "comparison": derive(_SECRET, "cursor of the comparison"),
    "statuses": derive(_SECRET, "cursor of the statuses"),
}
"""Seal what says how far each of these parts has read the journal."""
PILOTHOUSE_SESSION_KEY: Final = derive(_SECRET, "keys of sessions")
"""Hides the cookies of people in the table of sessions."""
DEBUG = False
ALLOWED_HOSTS = os.environ.get("PILOTHOUSE_HOSTS", "localhost,127.0.0.1,[::1]").split(",")
ALLOWED_HOSTS += ["127.0.0.1"]  # what watches the process asks there, whatever people type

PILOTHOUSE_CONSOLE_URL: Final = os.environ.get("PILOTHOUSE_CONSOLE_URL", "").rstrip("/")
"""Where people reach the console, for the links in notices; empty if nobody said."""

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
    "pilothouse.console.known.Known",
    "pilothouse.console.busy.WaitsLess",
    "django.middleware.security.SecurityMiddleware",
    "pilothouse.console.security.ContentSecurityPolicy",
    "pilothouse.console.shown_text.ShownText",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "pilothouse.console.return_address.ReturnAddress",
    "pilothouse.access.sessions.SessionLimits",
    "pilothouse.access.guesses.KnownBrowser",
    "pilothouse.console.signed_out.SignedOut",
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
                # The console's own thread brings the log in, and nobody else: see decision 0046.
                "PRAGMA wal_autocheckpoint=0;"
                # A log that grew under a long reader is cut to 16 MiB when it begins anew.
                "PRAGMA journal_size_limit=16777216;"
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
    "filters": {"not_busy": {"()": "pilothouse.console.busy.NotBusy"}},
    # What fails at each request writes no traceback for each of them.
    "handlers": {"said": {"class": "pilothouse.console.tracebacks.Bounded", "level": "WARNING"}},
    "root": {"handlers": ["said"], "level": "WARNING"},
    "loggers": {
        "django": {"handlers": ["said"], "propagate": False},
        # Anybody may ask for pages that are not there: what is refused writes no line of the log.
        "django.request": {"level": "ERROR", "filters": ["not_busy"]},
        "django.security": {"level": "CRITICAL"},
    },
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
    {"NAME": "pilothouse.access.passwords.MaximumLength"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_FORMS = {
    "login": "pilothouse.access.passwords.SignIn",
    "reauthenticate": "pilothouse.access.passwords.Again",
}
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
# Wrong passwords are counted by access.guesses: a limit of a name, or of an address that many
# people share, lets anybody keep them out.
ACCOUNT_RATE_LIMITS = {"login": "", "login_failed": ""}
ACCOUNT_ADAPTER = "pilothouse.access.entrance.NoSignUp"
ACCOUNT_LOGOUT_REDIRECT_URL = "/sign-in/login/"
ACCOUNT_SESSION_REMEMBER = False
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_ADAPTER = "pilothouse.access.factors.SealedFactors"
MFA_TOTP_ISSUER = "Pilothouse"

PILOTHOUSE_SECOND_FACTOR: Final = not DEMO
"""Outside the demonstration nobody works without a second factor."""
PILOTHOUSE_SESSION_IDLE_S: Final = 30 * 60
PILOTHOUSE_SESSION_ABSOLUTE_S: Final = 12 * 3600

SESSION_ENGINE = "pilothouse.access.session_store"
SESSION_COOKIE_AGE = PILOTHOUSE_SESSION_ABSOLUTE_S
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Strict"
SESSION_COOKIE_SECURE = not DEMO
CSRF_COOKIE_SAMESITE = "Strict"
CSRF_COOKIE_SECURE = not DEMO
# A drill listens on the same address as its original: neither may sign the other's people out.
SESSION_COOKIE_NAME = "drill-sessionid" if DRILL else "sessionid"
CSRF_COOKIE_NAME = "drill-csrftoken" if DRILL else "csrftoken"
PILOTHOUSE_BROWSER_COOKIE: Final = "drill-known-browser" if DRILL else "known-browser"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
