"""Test that the lead gets the page of the week once, by a real mail server."""

from datetime import date
from pathlib import Path

import bookkeeping as wb
import pytest
from alerting import alert, mailing, text_of, writing
from building import begin_with_views
from delivering import collect

from schemas.programme import Lead
from schemas.settings import ProjectPaths
from schemas.tables import ALERTS, sql_table
from tasks.alerts import WEEKLY
from warehouse.connection import open_warehouse

LEAD = Lead(name="Personne Inventée", email="lead@example.org")
MONDAY, THURSDAY, NEXT_MONDAY = date(2019, 3, 25), date(2019, 3, 28), date(2019, 4, 1)


def test_the_lead_gets_one_page_a_week_which_is_sent_again_if_it_was_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = ProjectPaths(tmp_path / "programme")
    paths.folder.mkdir()
    wb.write_folder(paths.folder, wb.programme())
    begin_with_views(paths)
    programme = writing(lead=LEAD)
    collect(paths, programme, MONDAY)
    with mailing(monkeypatch, faults={"DOT": "451 later"}, times=3) as server:
        alert(paths, programme, MONDAY)
        assert server.taken == []
        alert(paths, programme, MONDAY)
        alert(paths, programme, THURSDAY)
        first = [message for message in server.taken if message["To"] == LEAD.email]
        alert(paths, programme, NEXT_MONDAY)
    mails = [message for message in server.taken if message["To"] == LEAD.email]
    assert (len(first), len(mails)) == (1, 2)
    text = text_of(mails[0])
    assert "au lundi 25 mars 2019" in text
    assert "4 attendus · 0 reçu · 4 manquants" in text
    assert "Structure inventée STR2 : pas d'adresse mail, ou plusieurs" in text
    with open_warehouse(paths) as warehouse:
        columns = sql_table(ALERTS).c
        weeks = warehouse.execute(
            sql_table(ALERTS).select().with_only_columns(columns.expected_return_id).where(columns.kind == "weekly")
        )
    assert sorted(week for (week,) in weeks) == ["week 2019-W13", "week 2019-W14"]
    assert WEEKLY not in {str(message["To"]) for message in server.taken}
