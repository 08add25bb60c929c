"""Read which age band each row of a table of people has.

Reads `raw.age_bands`, which loads and `essaim relink` append to.
"""

import sqlalchemy as sa

from schemas.tables import AGE_BANDS, sql_table
from warehouse.connection import Warehouse
from warehouse.pseudonym_links import RowPlace

Bands = dict[tuple[RowPlace, str], str | None]
"""The age band of each row of a return and attribute of participants; None where it became unknown."""


def bands_by_return(warehouse: Warehouse) -> dict[str, Bands]:
    """Return the latest age bands, by return version."""
    bands = sql_table(AGE_BANDS).c
    names = ("return_id", "sheet_name", "row_number", "attribute_code", "band")
    order = (bands.known_at, bands.loaded_at, bands.run_id)
    held: dict[str, Bands] = {}
    for return_id, sheet_name, row_number, attribute_code, band in warehouse.execute(
        sa.select(*(bands[name] for name in names)).order_by(*order)
    ):
        held.setdefault(return_id, {})[RowPlace(sheet_name, row_number), attribute_code] = band
    return held
