"""The calls about surveys as a whole."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

import orjson

from tasks.limesurvey.errors import SurveyNotActive
from tasks.limesurvey.model import Summary, SurveyEntry, SurveyProperties
from tasks.limesurvey.reading import Row, rows
from tasks.limesurvey.session import Session, StatusAnswer


class SurveyCalls(Session):
    """The part of the client that lists, describes and counts."""

    def surveys(self) -> tuple[SurveyEntry, ...]:
        """The surveys that the account may read, none where it may read none. Expired ones are active, too."""
        refuse = self._refuse("list_surveys", None)
        try:
            listed = rows(self._call("list_surveys", judging=True), refuse)
        except StatusAnswer as answer:
            self._only_empty(answer, None)
            return ()
        return tuple(
            SurveyEntry(
                survey_id=row.integer("sid"),
                title=row.text("surveyls_title"),
                is_active=row.flag("active"),
                starts=row.moment("startdate"),
                expires=row.moment("expires"),
            )
            for row in listed
        )

    def survey_properties(self, survey_id: int) -> SurveyProperties:
        """How the survey is set up. `NotPermitted` for an account that may only read and export."""
        row = Row(
            self._call("get_survey_properties", survey_id, survey_id=survey_id),
            self._refuse("get_survey_properties", survey_id),
        )
        return SurveyProperties(
            survey_id=survey_id,
            languages=(row.text("language"), *row.text("additional_languages").split()),
            is_active=row.flag("active"),
            is_anonymized=row.flag("anonymized"),
            is_dated=row.flag("datestamp"),
            allows_edit_after_completion=row.flag("alloweditaftercompletion"),
            persists_by_token=row.flag("tokenanswerspersistence"),
            starts=row.moment("startdate"),
            expires=row.moment("expires"),
            attribute_labels=_labels(row.text("attributedescriptions")),
        )

    def summary(self, survey_id: int) -> Summary:
        """How many responses and participants there are. `SurveyNotActive` where there is no table of responses."""
        result = self._call("get_summary", survey_id, survey_id=survey_id)
        if result == [] or (
            isinstance(result, dict) and "completed_responses" not in cast("dict[str, object]", result)
        ):
            raise SurveyNotActive(
                where=self.where,
                survey_id=survey_id,
                found="the server counts no responses: the survey is not active, or was deactivated",
                expected="an active survey",
                remedy="Activate it, or take it out of the programme; its answers could not be checked.",
            )
        refuse = self._refuse("get_summary", survey_id)
        row = Row(cast("object", result), refuse)
        summary = Summary(
            survey_id=survey_id,
            completed=row.integer("completed_responses"),
            incomplete=row.integer("incomplete_responses"),
            participants=row.optional_integer("token_count"),
            participants_sent=row.optional_integer("token_sent"),
            participants_completed=row.optional_integer("token_completed"),
            participants_opted_out=row.optional_integer("token_opted_out"),
        )
        if summary.responses != row.integer("full_responses"):
            raise refuse("complete and incomplete responses do not add up to all responses")
        return summary


def _labels(descriptions: str) -> Mapping[str, str]:
    """The names of participants' attributes, from the JSON in which the server keeps them."""
    try:
        described = orjson.loads(descriptions or "{}")
    except orjson.JSONDecodeError:
        return {}
    labels: dict[str, str] = {}
    if isinstance(described, dict):
        for name, row in cast("dict[str, object]", described).items():
            label = cast("dict[str, object]", row).get("description") if isinstance(row, dict) else None
            labels[name] = str(label or name)
    return labels
