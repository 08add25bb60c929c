"""The settings of an installation, from the environment, and the paths of a programme.

`.env.example` lists the settings.
"""

from datetime import date
from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class Environment(BaseSettings):
    """The `ESSAIM_…` variables.

    Never pass them as the parameter of a flow: Prefect shows parameters.
    """

    model_config = SettingsConfigDict(env_prefix="ESSAIM_", env_ignore_empty=True, frozen=True)

    programme: Path = Field(default=Path(), description="The programme folder, if --programme is not given.")
    author: str | None = Field(
        default=None,
        description="Author of the decisions of essaim waive, nothing, snooze, extend, leave. "
        "Defaults to the system's user.",
    )
    limesurvey_url: str | None = Field(default=None, description="Overrides sources.limesurvey.url of programme.yaml.")
    limesurvey_username: str | None = Field(
        default=None, description="User of the LimeSurvey RemoteControl API, with the rights to read and export."
    )
    limesurvey_password: SecretStr | None = Field(default=None, description="Password of the LimeSurvey user.")
    warehouse_url: SecretStr | None = Field(
        default=None,
        description="PostgreSQL database of the warehouse, postgresql://user:password@host:port/database. "
        "Without it, the warehouse is a DuckDB file in var/.",
    )
    transformer_role: str | None = Field(
        default=None,
        description="Database role that builds the views: it reads the schema raw and owns the schemas that dbt fills. "
        "The user of ESSAIM_WAREHOUSE_URL must be a member. Without it, that user builds the views.",
    )
    analyst_role: str | None = Field(
        default=None,
        description="Database role that may read the schemas analytics and marts only. Each build grants the rights.",
    )
    landing_key: SecretStr | None = Field(
        default=None,
        description="Key that encrypts the originals: 32 bytes in URL-safe base64. "
        "Without it, a key is generated in var/landing.key.",
    )
    pseudonym_key: SecretStr | None = Field(
        default=None,
        description="Key of the participants' pseudonyms: at least 64 hexadecimal digits. "
        "Without it, a key is generated in var/pseudonym.key.",
    )
    pseudonym_key_version: int = Field(
        default=1,
        ge=1,
        description="Version of the pseudonym key. A new key needs a new version, and makes new pseudonyms.",
    )
    smtp_url: str | None = Field(
        default=None,
        description="Mail server: smtp:// (STARTTLS), smtps:// (TLS) or smtp+plain:// (unencrypted). "
        "Without it, mails are written to files in var/mails.",
    )
    smtp_username: str | None = Field(default=None, description="User name on the mail server.")
    smtp_password: SecretStr | None = Field(default=None, description="Password on the mail server.")
    mail_from: str = Field(
        default="essaim@example.org", description="Sender address of the mails. Recipients reply to it."
    )
    imap_username: str | None = Field(
        default=None, description="User name of the mailbox that receives workbooks (sources.mailbox)."
    )
    imap_password: SecretStr | None = Field(default=None, description="Password of the mailbox.")
    pages_url: str | None = Field(
        default=None,
        description="URL under which your web server serves var/reports and var/data_docs, for the links in Prefect's "
        "pages and in long mails. Without it, essaim serve serves them itself.",
    )
    desk_url: str | None = Field(
        default=None,
        description="URL under which evaluators and structures reach essaim desk, for the links in mails. "
        "Without it, mails have no links to the desk.",
    )
    desk_key: SecretStr | None = Field(
        default=None,
        description="Key that signs the links to the desk: 32 bytes in URL-safe base64. "
        "Without it, a key is generated in var/desk.key.",
    )
    apprise_urls: SecretStr | None = Field(
        default=None,
        description="Apprise URLs (chats, webhooks) that get one line about each mail, separated by spaces. Secret.",
    )


class ProjectPaths:
    """The paths of a programme folder. Everything that a run writes is below `var/`.

    Args:
        folder: The programme folder.
        var: The folder to write to instead of `var/`, for a dry run.
        in_file: Whether the warehouse is a file in `var`, even if `ESSAIM_WAREHOUSE_URL` is set.
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
        self.desk_key = self.var / "desk.key"
        self.pseudonym_key = self.var / "pseudonym.key"
        self.intake = self.var / "intake.db"
        self.annotated = self.var / "annotated"
        self.data_docs = self.var / "data_docs"
        self.mails = self.var / "mails"
        self.reports = self.var / "reports"
        self.packages = self.var / "packages"
        self.invented = self.var / "invented.txt"
        self.dbt = self.var / "dbt"
        self.error_log = self.var / "errors.log"
        self.prefect_log = self.var / "prefect.log"
        self.prefect_database = self.var / "prefect.db"
        self.prefect_pages = self.var / "prefect-pages"

    def built_as_of(self, day: date) -> Path:
        """Return the path of the views that were built as of a past day."""
        return self.as_of / f"{day}.duckdb"

    def report(self, day: date, locale: str, *, is_rebuilt: bool = False) -> Path:
        """Return the path of the report of a day.

        A report that is rebuilt later has another name, so that it replaces no report.
        """
        return self.reports / f"{day}{'-rebuilt' if is_rebuilt else ''}.{locale}.html"
