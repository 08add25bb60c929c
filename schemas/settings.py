"""What comes from the environment: secrets, and where this installation keeps its things. Listed in .env.example."""

from datetime import date
from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class Environment(BaseSettings):
    """The `ESSAIM_…` variables. Built where they are needed and never passed as a parameter: parameters are shown."""

    model_config = SettingsConfigDict(env_prefix="ESSAIM_", env_ignore_empty=True, frozen=True)

    programme: Path = Field(default=Path(), description="The programme folder, where --programme does not name it.")
    author: str | None = Field(default=None, description="Who decides, in essaim waive, snooze and leave.")
    limesurvey_url: str | None = Field(default=None, description="Takes the place of sources.limesurvey.url.")
    limesurvey_username: str | None = Field(default=None, description="User of the LimeSurvey interface.")
    limesurvey_password: SecretStr | None = Field(default=None, description="That user's password.")
    warehouse_url: SecretStr | None = Field(
        default=None,
        description="A PostgreSQL database to keep the warehouse in, postgresql://user:password@host:port/database. "
        "Without it, the warehouse is a DuckDB file in var/.",
    )
    transformer_role: str | None = Field(
        default=None,
        description="A role of that database that builds the views: it reads the schema raw, and owns what dbt makes. "
        "The user of the address must be a member. Without it, the user builds them.",
    )
    analyst_role: str | None = Field(
        default=None,
        description="A role of that database that may read the schemas analytics and marts, and nothing else. "
        "Each build grants it.",
    )
    landing_key: SecretStr | None = Field(
        default=None,
        description="Key that originals are encrypted with (32 bytes, URL-safe base64). "
        "Without it, one is made in var/landing.key.",
    )
    pseudonym_key: SecretStr | None = Field(
        default=None,
        description="Key that pseudonyms of participants are made with (at least 64 hexadecimal digits). "
        "Without it, one is made in var/pseudonym.key.",
    )
    pseudonym_key_version: int = Field(
        default=1, ge=1, description="Version of that key: a new key needs a new version, and starts new pseudonyms."
    )
    smtp_url: str | None = Field(
        default=None,
        description="Mail server: smtp:// (STARTTLS), smtps:// (TLS), smtp+plain:// (neither). "
        "Without it, mails are files in var/mails.",
    )
    smtp_username: str | None = Field(default=None, description="User of the mail server.")
    smtp_password: SecretStr | None = Field(default=None, description="That user's password.")
    mail_from: str = Field(default="essaim@example.org", description="The address that mails come from.")
    pages_url: str | None = Field(
        default=None,
        description="Address under which a web server of yours shows var/reports and var/data_docs, for the links in "
        "Prefect's pages. Without it, essaim serve shows them itself.",
    )
    apprise_urls: SecretStr | None = Field(
        default=None,
        description="Apprise addresses (chats, webhooks), told a line of each mail. They hold secrets.",
    )


class ProjectPaths:
    """Where a programme's things lie: everything that a run produces is below `var/`, unless told otherwise.

    With `in_file`, the warehouse is the file below `var/`, whatever the environment says: a dry run's is.
    """

    def __init__(self, folder: Path, var: Path | None = None, *, in_file: bool = False) -> None:
        self.folder = folder.resolve()
        self.var = var or self.folder / "var"
        self.in_file = in_file
        self.warehouse = self.var / "warehouse.duckdb"
        self.published = self.var / "published.duckdb"
        self.as_of = self.var / "as-of"
        self.landing = self.var / "landing"
        self.landing_key = self.var / "landing.key"
        self.pseudonym_key = self.var / "pseudonym.key"
        self.annotated = self.var / "annotated"
        self.data_docs = self.var / "data_docs"
        self.mails = self.var / "mails"
        self.reports = self.var / "reports"
        self.dbt = self.var / "dbt"
        self.error_log = self.var / "errors.log"
        self.prefect_log = self.var / "prefect.log"
        self.prefect_database = self.var / "prefect.db"

    def built_as_of(self, day: date) -> Path:
        """The warehouse as it was known at the end of a day, where somebody built it again."""
        return self.as_of / f"{day}.duckdb"

    def report(self, day: date, locale: str, *, is_rebuilt: bool = False) -> Path:
        """The report of a day. One that was built again later has a name of its own: it takes the place of none."""
        return self.reports / f"{day}{'-rebuilt' if is_rebuilt else ''}.{locale}.html"
