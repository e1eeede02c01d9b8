"""Every setting, in one table. Read once from the environment (or a file named by AMPARO_ENV_FILE).

``deploy/env.example`` is held equal to this table by a test. An error names the setting and what it
must look like, never the value that was given.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from bot.errors import SettingsError

PREFIX = "AMPARO_"
SQLITE_FILE = "amparo.sqlite3"
PACKAGED = Path(__file__).parent / "data"
CHECKOUT = Path(__file__).parent.parent

_TOKEN = re.compile(r"[0-9]{1,20}:[A-Za-z0-9_-]{20,100}", re.ASCII)
_MAIL = re.compile(r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9.-]{1,253}", re.ASCII)
_BIND = re.compile(r"(?P<host>\[[0-9a-fA-F:]+\]|[A-Za-z0-9.-]+):(?P<port>[0-9]{1,5})", re.ASCII)


def _content(name: str) -> Path:
    """The content of a checkout, or the copy inside the installed package."""
    packaged = PACKAGED / name
    return packaged if packaged.is_dir() else CHECKOUT / name


class Settings(BaseSettings):
    """The settings; frozen once read."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, frozen=True, extra="ignore", hide_input_in_errors=True
    )

    telegram_token: SecretStr | None = Field(None, description="the bot's token from BotFather; secret")
    telegram_api: str = Field(
        "https://api.telegram.org", description="root address of the Bot API; /bot<token>/… is added to it"
    )
    data_dir: Path = Field(
        Path("data"), description="folder for the SQLite file, the trained model and keys made on first start"
    )
    database_url: SecretStr | None = Field(
        None,
        description="postgresql://user:password@host/name, or sqlite:///path; default: a file in DATA_DIR",
    )
    keys: SecretStr | None = Field(
        None,
        description="encryption keys, newest first, separated by commas; default: made in DATA_DIR; secret",
    )
    pepper: SecretStr | None = Field(
        None, description="secret that names chats, never changed; default: made in DATA_DIR; secret"
    )
    console_bind: str = Field("127.0.0.1:8600", description="address and port of the staff console")
    public_url: str = Field("", description="address under which staff reach the console, if behind a proxy")
    matcher_url: str = Field(
        "", description="address of a Rasa server that is to name the intents; default: none"
    )
    rasa_url: str = Field(
        "",
        description="address of the Rasa server that “amparo actions” tells when something waits for a person",
    )
    actions_bind: str = Field("127.0.0.1:5055", description="address and port of “amparo actions”")
    actions_token: SecretStr | None = Field(
        None,
        description="what Rasa sends to “amparo actions” as “Authorization: Bearer …”; needed where that "
        "listens beyond this machine; secret",
    )
    rasa_token: SecretStr | None = Field(
        None, description="JSON Web Token for the Rasa server, if it asks for one; secret"
    )
    metrics_bind: str = Field(
        "", description="address and port where a Prometheus server reads counts and times; default: none"
    )
    oidc_issuer: str = Field(
        "", description="address of an OpenID Connect provider through which staff may sign in; default: none"
    )
    oidc_client_id: str = Field("", description="the console's name at that provider")
    oidc_client_secret: SecretStr | None = Field(
        None, description="the console's secret at that provider; secret"
    )
    oidc_name: str = Field("OpenID Connect", description="what the sign-in page calls that provider")
    smtp_host: str = Field("", description="mail server for alerts to the staff; default: no e-mail is sent")
    smtp_port: int = Field(587, ge=1, le=65535, description="its port")
    smtp_security: str = Field(
        "starttls", description="starttls, tls (from the first byte, port 465), or none (this machine only)"
    )
    smtp_user: str = Field("", description="name to sign in with at the mail server; default: no signing in")
    smtp_password: SecretStr | None = Field(None, description="password at the mail server; secret")
    smtp_from: str = Field("", description="address that alerts by e-mail come from")
    webhooks_inside: bool = Field(
        False, description="True: alerts may be posted to addresses of one's own network, over http too"
    )
    intents_dir: Path = Field(default_factory=lambda: _content("intents"), description="folder of intents/")
    responses_dir: Path = Field(
        default_factory=lambda: _content("responses"), description="folder of responses/"
    )
    workers: int = Field(2, ge=1, le=64, description="updates worked on side by side in one process")
    log_level: str = Field("info", description="debug, info, warning or error")
    log_format: str = Field("text", description="text for people, json for machines")

    @field_validator("telegram_token")
    @classmethod
    def _token(cls, value: SecretStr | None) -> SecretStr | None:
        if value is None or not value.get_secret_value().strip():
            return None
        if not _TOKEN.fullmatch(value.get_secret_value().strip()):
            raise ValueError("is not a bot token: digits, a colon, then letters")
        return SecretStr(value.get_secret_value().strip())

    @field_validator("telegram_api", "public_url", "matcher_url", "rasa_url")
    @classmethod
    def _address(cls, value: str) -> str:
        if value:
            parts = urlsplit(value)
            if parts.scheme not in ("http", "https") or not parts.hostname:
                raise ValueError("must be an address that begins with http:// or https://")
            if parts.username is not None or parts.password is not None:
                raise ValueError("must not hold a name or a password")
        return value.rstrip("/")

    @field_validator(
        "database_url", "keys", "pepper", "rasa_token", "actions_token", "oidc_client_secret", "smtp_password"
    )
    @classmethod
    def _empty_is_unset(cls, value: SecretStr | None) -> SecretStr | None:
        return None if value is None or not value.get_secret_value().strip() else value

    @field_validator("console_bind", "actions_bind", "metrics_bind")
    @classmethod
    def _bind(cls, value: str, info: ValidationInfo) -> str:
        if not value and info.field_name == "metrics_bind":
            return value
        match = _BIND.fullmatch(value)
        if match is None or not 0 <= int(match["port"]) <= 65535:
            raise ValueError("must be an address and a port, such as 127.0.0.1:8600")
        return value

    @field_validator("oidc_issuer")
    @classmethod
    def _issuer(cls, value: str) -> str:
        if value and not value.startswith("https://"):
            raise ValueError("must be an address that begins with https://")
        return value

    @field_validator("smtp_security")
    @classmethod
    def _security(cls, value: str) -> str:
        if value.lower() not in ("starttls", "tls", "none"):
            raise ValueError("must be starttls, tls or none")
        return value.lower()

    @field_validator("smtp_from")
    @classmethod
    def _mail_address(cls, value: str) -> str:
        if value and not _MAIL.fullmatch(value):
            raise ValueError("must be an e-mail address, such as amparo@example.org")
        return value

    @field_validator("log_level")
    @classmethod
    def _level(cls, value: str) -> str:
        if value.lower() not in ("debug", "info", "warning", "error"):
            raise ValueError("must be debug, info, warning or error")
        return value.lower()

    @field_validator("log_format")
    @classmethod
    def _format(cls, value: str) -> str:
        if value not in ("text", "json"):
            raise ValueError("must be text or json")
        return value

    @property
    def database(self) -> str:
        """Where the database is; the SQLite file of the data folder by default."""
        if self.database_url is not None:
            return self.database_url.get_secret_value()
        return f"sqlite:///{(self.data_dir / SQLITE_FILE).resolve()}"

    @property
    def model_path(self) -> Path:
        return self.data_dir / "model.npz"


def read_settings(**given: object) -> Settings:
    """The settings from the environment; ``given`` (from the command line) wins.

    Raises `SettingsError` naming each setting that is wrong.
    """
    env_file = os.environ.get(f"{PREFIX}ENV_FILE")
    if env_file and not Path(env_file).is_file():
        raise SettingsError(f"{PREFIX}ENV_FILE names a file that does not exist")
    values = {name: value for name, value in given.items() if value is not None}
    try:
        return Settings(_env_file=env_file or None, **values)  # type: ignore[call-arg, arg-type]
    except ValidationError as error:
        raise SettingsError(
            "; ".join(_problem(item["loc"], item["msg"]) for item in error.errors())
        ) from None


def bind(value: str) -> tuple[str, int]:
    """Host and port of an address such as ``127.0.0.1:8600``."""
    host, _, port = value.rpartition(":")
    return host.strip("[]"), int(port)


def _problem(place: tuple[int | str, ...], message: str) -> str:
    name = f"{PREFIX}{place[0]}".upper() if place else "the settings"
    return f"{name} {message.removeprefix('Value error, ')}"
