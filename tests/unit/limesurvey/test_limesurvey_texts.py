"""Test that any text is unchanged by the export and the conversion to long form."""

import base64
import dataclasses
import json

from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.limesurvey import long_form
from tasks.limesurvey.pages import page_of
from tasks.questionnaires.questionnaire import Questionnaire
from tasks.simulator import Survey
from tasks.simulator.exports import Options, export
from tasks.simulator.fields import AnswerColumn
from tasks.simulator.model import Group, Question, StoredResponse, Text

SHORT_TEXT = Question(
    qid=1, parent_qid=0, gid=1, type="S", title="mot", other="N", mandatory="N", encrypted="N", order=0, scale_id=0,
    relevance="1", theme=None, preg="", modulename="", same_default=0, same_script=0,
    texts={"fr": Text(1, "Mot", "", "")},
)  # fmt: skip
ANOTHER = dataclasses.replace(SHORT_TEXT, qid=2, title="autre", order=1)
SURVEY = Survey(
    sid=1,
    settings={"language": "fr", "datestamp": "Y"},
    texts={"fr": {"surveyls_title": "Essai"}},
    groups=[Group(1, 0, "", "", {"fr": "Groupe"}, {"fr": ""})],
    questions=[SHORT_TEXT, ANOTHER],
    active=True,
)
answers = st.none() | st.text() | st.sampled_from(['},{"id":', '"},{"id":1', "\\", '\\":', "null", "NaN", "2026-01-01"])


def names() -> list[str]:
    columns: list[AnswerColumn] = SURVEY.columns()
    return [column.name for column in columns]


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(answers, answers), min_size=1, max_size=5))
def test_every_text_comes_through_as_it_was_written(given_answers: list[tuple[str | None, str | None]]) -> None:
    rows = [
        StoredResponse(number, dict(zip(names(), pair, strict=True)), startdate="2026-01-01 00:00:00")
        for number, pair in enumerate(given_answers, start=1)
    ]
    raw = base64.b64decode(export(SURVEY, rows, Options(language="fr")).content)
    page = page_of(1, None, None, raw, ValueError)
    found = {
        (row["response_id"], row["field"]): row["value_text"]
        for row in long_form(page.table, Questionnaire(("fr",), ())).to_pylist()
    }
    assert found == {
        (number, heading): text
        for number, pair in enumerate(given_answers, start=1)
        for heading, text in zip(("mot", "autre"), pair, strict=True)
    }
    assert json.loads(raw)["responses"][0]["id"] == 1
