"""`essaim package`."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from flows.cli.options import AsBuilt, Json, Locale, Programme, programme_folder, refuse_unknown_locale
from schemas.settings import ProjectPaths
from tasks.i18n import counted
from tasks.packaging import package_contents, write_package
from tasks.programme import read_programme

EXAMPLE = "essaim package --out package --programme demo --locale en"


def package(
    programme: Programme = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="DIR", help="Folder to write; a dated one in var/packages by default."),
    ] = None,
    locale: Locale = None,
    as_of: AsBuilt = None,
    people: Annotated[
        bool,
        typer.Option(
            "--people", help="Include the views whose rows describe single people or answers. Do not publish them."
        ),
    ] = False,
    licence: Annotated[
        str | None, typer.Option("--licence", metavar="NAME", help="Licence of the data, such as CC-BY-4.0.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Run `essaim package`.

    Raises:
        UsageError: There is no such language, nothing is published yet, the views were not built as of that day, or the
            folder has other contents.
        EssaimError: The published views cannot be read.
    """
    refuse_unknown_locale(locale)
    folder = programme_folder(programme)
    paths, declared = ProjectPaths(folder), read_programme(folder)
    language = locale or declared.settings.locale
    contents = package_contents(paths, declared, language, as_of=as_of, with_people=people, licence=licence)
    target = out or paths.packages / f"{contents.build.as_of}.{language}"
    written = write_package(contents, target)
    if as_json:
        result = {
            "as_of": str(contents.build.as_of),
            "locale": language,
            "folder": str(target),
            "views": list(contents.views),
            "left_out": list(contents.left_out),
            "refused": written.refused,
            "files": written.files,
            "bytes": written.size,
        }
        sys.stdout.write(json.dumps(result, ensure_ascii=False) + "\n")
        return
    sys.stdout.write(
        f"Wrote {counted(len(contents.views), 'view')} as of {contents.build.as_of} to {target}: "
        f"{counted(written.files, 'file')}, {written.size / 1e6:.1f} MB. They are provisional: no release.\n"
    )
    if contents.left_out:
        names = ", ".join(contents.left_out)
        sys.stdout.write(
            f"Left out, because their rows describe single people or answers (--people includes them): {names}.\n"
        )
    for file, reason in written.refused.items():
        sys.stdout.write(f"Left out {file}: {reason}\n")
