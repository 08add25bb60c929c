"""Test the steps of a collection without Prefect: their names, the messages that fail a task, and their threads."""

import subprocess
import sys
import threading
from dataclasses import replace
from datetime import datetime

import pytest
from running import ROOT

from schemas.enums import CheckOutcome, ReceiptOutcome
from tasks.pipeline.prefect_step import (
    _as_task,  # pyright: ignore[reportPrivateUsage] what Prefect runs
    side_by_side,
)
from tasks.pipeline.task_wording import name_of_read, unread_workbook
from tasks.records import Receipt
from tasks.surveys import Fetched, SurveyToRead
from tasks.workbooks.inbox import InboxFile


def survey(number: int) -> SurveyToRead:
    return SurveyToRead("suivi", 1, number, {})


def test_surveys_are_read_side_by_side_within_the_limit_and_come_back_in_their_order() -> None:
    at_work, most = set[int](), [0]
    both = threading.Barrier(2, timeout=30)

    def read(one: SurveyToRead) -> Fetched:
        at_work.add(one.survey_id)
        most[0] = max(most[0], len(at_work))
        both.wait()  # the barrier would time out if surveys were read one at a time
        at_work.discard(one.survey_id)
        return Fetched(one, CheckOutcome.READ)

    fetched = side_by_side(read, [survey(number) for number in range(8)], at_once=2)
    assert [one.survey.survey_id for one in fetched] == list(range(8))
    assert most == [2]


def test_a_step_is_named_for_its_file_only_where_the_name_is_one_of_ours() -> None:
    ours = InboxFile("V-1/A/M06/tableau", "V-1__A__M06__tableau (1).xlsx", b"", "0" * 64, "", datetime(2019, 3, 31))
    theirs = replace(ours, named=None, name="Bilan de Personne Inventée.xlsx", sha256="0123456789abcdef")
    names = [name_of_read(one, None) for one in (ours, theirs)]  # pyright: ignore[reportArgumentType] the inbox is not looked at
    assert names == ["read workbook V-1/A/M06/tableau", "read workbook of sha256 0123456789ab"]


def test_a_file_that_could_not_be_used_says_so_and_not_what_stood_in_it() -> None:
    detail = "« Personne Inventée » is no structure"
    receipt = Receipt("inbox", "a.xlsx", "0" * 64, 1, datetime(2019, 3, 31), "", ReceiptOutcome.UNASSIGNED, detail)
    assert "Personne" not in (unread_workbook((receipt, None)) or "Personne")
    assert unread_workbook((replace(receipt, outcome=ReceiptOutcome.READ), None)) is None


def test_prefect_repeats_no_step() -> None:
    assert _as_task(survey, "a step").retries == 0


@pytest.mark.slow
def test_a_command_without_a_server_does_not_even_import_prefect() -> None:
    code = "import sys, flows.cli.collect, tasks.pipeline.prefect_tasks; print('prefect' in sys.modules)"
    ran = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "False"
