"""Every DIKLAT_* setting with its meaning. Nothing else reads the environment."""

import os
import secrets
import sys
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from diklat_lti.errors import Kind, Problem, say

Origins = Annotated[tuple[str, ...], NoDecode]


class Settings(BaseSettings):
    """Read from the environment, or from a `.env` file in the working folder."""

    model_config = SettingsConfigDict(env_prefix="DIKLAT_", env_file=".env", extra="ignore", frozen=True)

    public_url: str = "http://localhost:8000"
    """Where browsers and platforms reach the tool. Anything but localhost must be https."""
    former_urls: Origins = ()
    """What `public_url` was before, separated by spaces: links in an LMS keep the address that they were made with."""
    database_url: str = "sqlite:///./var/diklat.db"
    """A SQLAlchemy URL; `postgresql+psycopg://…` at scale."""
    storage_url: str = "file:./var/files"
    """Where assets lie."""
    secret_key: SecretStr | None = None
    """Signs tickets, stamps, form and device tokens, encrypts private keys; several separated by commas, newest first."""
    embedded_worker: bool | None = None
    """Whether `serve` also runs the background work; by default with SQLite only."""
    allow_private_platforms: bool = False
    """Whether platforms on http, loopback and private addresses may be registered."""
    frame_ancestors: Origins = ()
    """Further origins that may frame pages, separated by spaces."""
    trusted_proxies: str = "127.0.0.1"
    """Whose X-Forwarded-* is believed."""
    log_format: Literal["console", "json"] | None = None
    """`console` on a terminal, else `json`."""

    @field_validator("frame_ancestors", "former_urls", mode="before")
    @classmethod
    def split_origins(cls, value: object) -> object:
        return tuple(value.split()) if isinstance(value, str) else value

    @field_validator("public_url")
    @classmethod
    def check_public_url(cls, value: str) -> str:
        parts = urlsplit(value)
        local = parts.hostname in ("localhost", "127.0.0.1", "::1")
        if not parts.hostname or not (parts.scheme == "https" or (parts.scheme == "http" and local)):
            raise ValueError("must be https://… (plain http only for localhost)")
        if parts.path not in ("", "/") or parts.query or parts.fragment:
            raise ValueError("must be an origin without a path, such as https://diklat.example.id")
        return value.rstrip("/")

    @field_validator("former_urls")
    @classmethod
    def check_former_urls(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(cls.check_public_url(url) for url in value)

    @field_validator("database_url")
    @classmethod
    def check_database_url(cls, value: str) -> str:
        try:
            url = make_url(value.replace("postgres://", "postgresql://", 1))
        except ArgumentError as e:
            raise ValueError("is not a database URL, such as sqlite:///./var/diklat.db") from e
        if url.get_backend_name() not in ("sqlite", "postgresql"):
            raise ValueError("must begin with sqlite:// or postgresql+psycopg://")
        if url.drivername == "postgresql":  # as hosters write it; we bring one driver
            url = url.set(drivername="postgresql+psycopg")
        return url.render_as_string(hide_password=False)

    @field_validator("storage_url")
    @classmethod
    def check_storage_url(cls, value: str) -> str:
        if not value.startswith("file:"):
            raise ValueError("must begin with file: (a folder)")
        return value

    @property
    def is_sqlite(self) -> bool:
        return self.database_url.startswith("sqlite")

    @property
    def runs_worker(self) -> bool:
        return self.is_sqlite if self.embedded_worker is None else self.embedded_worker

    @property
    def logs_json(self) -> bool:
        return not sys.stderr.isatty() if self.log_format is None else self.log_format == "json"

    @property
    def storage_folder(self) -> Path:
        return Path(self.storage_url.removeprefix("file:").removeprefix("//"))

    @cached_property
    def secret_keys(self) -> tuple[str, ...]:
        """Newest first. Made on first use and kept beside the SQLite file where none is set."""
        if self.secret_key is not None:
            keys = tuple(k.strip() for k in self.secret_key.get_secret_value().split(",") if k.strip())
            if not keys or min(len(k) for k in keys) < 32:
                raise wrong_setting("DIKLAT_SECRET_KEY", "each key needs at least 32 characters")
            return keys
        if not self.is_sqlite:
            raise wrong_setting("DIKLAT_SECRET_KEY", "is required with PostgreSQL: 32 random characters or more")
        return (kept_secret(Path(make_url(self.database_url).database or "diklat.db").with_suffix(".key")),)


def kept_secret(file: Path) -> str:
    """The key in `file`, made there if it is missing; two processes that start at once end with the same one."""
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_name(f"{file.name}.{secrets.token_hex(4)}")
    if not file.exists():
        draft.touch(mode=0o600)
        draft.write_text(secrets.token_urlsafe(48))
        with suppress(FileExistsError):
            os.link(draft, file)
        draft.unlink()
    return file.read_text().strip()


def wrong_setting(name: str, why: str) -> Problem:
    return Problem(Kind.BAD_INPUT, "wrong_setting", say("The setting %(name)s %(why)s.", name=name, why=why))


def load() -> Settings:
    """The settings, or a `Problem` that names the variable: also a mistyped DIKLAT_ name, which pydantic lets pass."""
    known = {f"DIKLAT_{name}".upper() for name in Settings.model_fields}
    for name in os.environ:
        if name.startswith("DIKLAT_") and name not in known:
            raise wrong_setting(name, "is unknown; README.md lists all of them")
    try:
        return Settings()
    except ValidationError as e:
        first = e.errors()[0]
        why = first["msg"].removeprefix("Value error, ")
        raise wrong_setting(f"DIKLAT_{first['loc'][0]}".upper(), why) from e


def environment(**changed: str) -> dict[str, str]:
    """For a process of ours: this one's environment, with only these settings."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("DIKLAT_")}
    return kept | changed


def configured_database() -> str | None:
    """DIKLAT_DATABASE_URL where somebody set it; None where the default would be used."""
    chosen = load()
    return chosen.database_url if "database_url" in chosen.model_fields_set else None
