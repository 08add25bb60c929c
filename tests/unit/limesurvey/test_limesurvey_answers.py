import pyarrow as pa
import pytest

from tasks.limesurvey import LONG_FORM, RESPONSES, long_form, responses_table
from tasks.questionnaires.questionnaire import Questionnaire

NO_QUESTIONS = Questionnaire(("fr",), ())


def responses(**columns: list[object]) -> pa.Table:
    count = len(next(iter(columns.values())))
    own: dict[str, pa.Array] = {
        "id": pa.array(range(1, count + 1), pa.int64()),
        "submitdate": pa.nulls(count, pa.string()),
        "lastpage": pa.nulls(count, pa.int64()),
        "startlanguage": pa.array(["fr"] * count),
    }
    return pa.table(own | {name: pa.array(values, pa.string()) for name, values in columns.items()})


def test_a_field_that_the_questionnaire_does_not_know_is_kept_and_flagged() -> None:
    rows = long_form(responses(surprise=["a", None]), NO_QUESTIONS).to_pylist()
    assert [(row["response_id"], row["field"], row["value_text"]) for row in rows] == [
        (1, "surprise", "a"),
        (2, "surprise", None),
    ]
    assert {(row["is_known"], row["part"], row["question_code"]) for row in rows} == {(False, "unknown", None)}


def test_metadata_of_a_response_is_no_answer() -> None:
    table = long_form(responses(ipaddr=["127.0.0.1"], refurl=["x"], token=["t"], seed=["1"]), NO_QUESTIONS)
    assert table.num_rows == 0
    assert table.schema == LONG_FORM


def test_never_shown_and_not_answered_stay_apart() -> None:
    rows = long_form(responses(q=[None, ""]), NO_QUESTIONS).to_pylist()
    assert [row["value_text"] for row in rows] == [None, ""]


def test_no_responses_are_no_rows() -> None:
    empty = responses(q=["a"]).slice(0, 0)
    assert long_form(empty, NO_QUESTIONS).schema == LONG_FORM
    assert responses_table(empty).schema == RESPONSES


def test_1980_means_complete_at_an_unknown_date() -> None:
    table = responses(submitdate=["1980-01-01 00:00:00", "2026-03-31 10:00:00", None])
    rows = responses_table(table).to_pylist()
    assert [row["is_complete"] for row in rows] == [True, True, False]
    assert [row["submitted"] and row["submitted"].isoformat() for row in rows] == [None, "2026-03-31T10:00:00", None]


def test_a_date_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="31/03/2026"):
        responses_table(responses(submitdate=["31/03/2026"]))
