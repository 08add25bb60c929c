"""Write a package as one folder, which arrives whole or not at all."""

from dataclasses import dataclass
from pathlib import Path

from schemas.errors import UsageError
from tasks.packaging.codebook import write_codebook_xlsx
from tasks.packaging.contents import Contents
from tasks.packaging.ddi import write_ddi
from tasks.packaging.descriptor import DESCRIPTOR, write_descriptor
from tasks.packaging.starters import write_starters
from tasks.packaging.tables import TABLE_FORMATS, write_table
from tasks.replacing import replaced_folder


@dataclass(frozen=True, slots=True)
class Written:
    """What was written.

    Attributes:
        files: The number of files.
        size: Their size in bytes.
        refused: Files that a format could not hold, each with the reason.
    """

    files: int
    size: int
    refused: dict[str, str]


def write_package(contents: Contents, folder: Path) -> Written:
    """Write a package. The same contents give the same bytes.

    A view that a format cannot hold, such as a text that is too long for Stata, is left out in this format alone.

    Args:
        contents: What the package holds.
        folder: The folder to write, which must be new, empty or an earlier package.

    Raises:
        UsageError: The folder has other contents.
        OSError: A file cannot be written.
    """
    with replaced_folder(folder, DESCRIPTOR) as arriving:
        refused = _write_tables(contents, arriving)
        _write_documents(contents, refused, arriving)
        write_descriptor(contents, arriving)
        sizes = [path.stat().st_size for path in arriving.rglob("*") if path.is_file()]
    return Written(len(sizes), sum(sizes), refused)


def _write_tables(contents: Contents, folder: Path) -> dict[str, str]:
    refused: dict[str, str] = {}
    for table_format in TABLE_FORMATS:
        (folder / table_format.folder).mkdir(exist_ok=True)
        for name, held in contents.views.items():
            path = folder / table_format.folder / f"{name}{table_format.ending}"
            try:
                write_table(held, table_format, contents.locale, path, contents.build.as_of)
            except UsageError as error:
                path.unlink(missing_ok=True)
                refused[path.relative_to(folder).as_posix()] = str(error)
    return refused


def _write_documents(contents: Contents, refused: dict[str, str], folder: Path) -> None:
    from tasks.packaging.codebook_pdf import write_codebook_pdf  # imports ReportLab

    write_codebook_xlsx(contents, folder / "codebook.xlsx")
    write_codebook_pdf(contents, folder / "codebook.pdf")
    write_ddi(contents, folder / "ddi-codebook.xml")
    write_starters(contents, refused, folder)
