"""Test the spool of pages between fetching and loading."""

from pathlib import Path

import pyarrow as pa

from tasks.surveys.spool import Spool


def test_pages_come_back_in_any_order_and_leave_no_file(tmp_path: Path) -> None:
    pages = [
        pa.table({"id": pa.array(range(count)), "text": pa.array([f"é{n}" if n % 3 else None for n in range(count)])})
        for count in (1, 50_000, 0, 7)
    ]
    spool = Spool(tmp_path / "landing")
    for page in pages:
        spool.add(page)
    assert [spool.page(number) for number in (3, 1, 0, 2)] == [pages[number] for number in (3, 1, 0, 2)]
    assert list((tmp_path / "landing").iterdir()) == []
