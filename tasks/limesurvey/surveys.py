"""List surveys, read their settings and count their responses."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import cast

import orjson

from tasks.limesurvey.errors import SurveyNotActive
from tasks.limesurvey.model import Summary, SurveyEntry, SurveyProperties
from tasks.limesurvey.reading import Refuse, Row, parsed_moment, rows
from tasks.limesurvey.session import Session, StatusAnswer

_ALWAYS = ("1970-01-01", "9999-12-31")
# The server writes the hour without a zero before it.
_HOUR = re.compile(r"(\d{4}-\d\d-\d\d)_(\d{1,2})")


class SurveyCalls(Session):
    """The part of the client that lists, describes and counts."""

    def surveys(self) -> tuple[SurveyEntry, ...]:
        """Return the surveys that the account may read (`list_surveys`).

        Returns:
            The surveys; none where the account may read none. `is_active` is true for expired surveys, too.
        """
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
        """Return the settings of a survey (`get_survey_properties`).

        Args:
            survey_id: The survey.

        Raises:
            NotPermitted: The account may only read and export responses.
        """
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
        """Count the responses and participants of a survey (`get_summary`).

        Args:
            survey_id: The survey.

        Raises:
            BadAnswer: The counts do not add up.
            SurveyNotActive: The survey has no table of responses.
        """
        result = self._call("get_summary", survey_id, survey_id=survey_id)
        if result == [] or (
            isinstance(result, dict) and "completed_responses" not in cast("dict[str, object]", result)
        ):
            raise SurveyNotActive(
                where=self.where,
                survey_id=survey_id,
                found="the server counts no responses: the survey is not active, or was deactivated",
                expected="an active survey",
                remedy="Activate it, or remove it from the programme. Its answers could not be checked.",
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

    def submissions_by_hour(self, survey_id: int) -> Mapping[datetime, int]:
        """Count the responses that were completed in each hour (`export_timeline`).

        A response counts at its present submission date: opening it again moves the date, editing it through the
        server's interface does not.

        Args:
            survey_id: The survey.

        Returns:
            The counts by the start of the hour, naive, in the server's time zone; hours without responses are left
            out. Empty for a survey without completed responses, and always for one that keeps no dates.

        Raises:
            SurveyNotActive: The survey has no table of responses.
        """
        refuse = self._refuse("export_timeline", survey_id)
        try:
            result = self._call("export_timeline", survey_id, "hour", *_ALWAYS, survey_id=survey_id, judging=True)
        except StatusAnswer as answer:
            self._only_empty(answer, survey_id)
            return {}
        if result == []:
            return {}
        row = Row(result, refuse)
        hours = {_hour(text, refuse): row.integer(text) for text, _ in row.items()}
        if any(count < 1 for count in hours.values()):
            raise refuse("an hour counts no responses")
        return dict(sorted(hours.items()))


def _hour(text: str, refuse: Refuse) -> datetime:
    match = _HOUR.fullmatch(text)
    moment = None if match is None else parsed_moment(f"{match[1]} {match[2]:0>2}:00", refuse)
    if moment is None:
        raise refuse(f"{text!r} is not an hour")
    return moment


def _labels(descriptions: str) -> Mapping[str, str]:
    """Return the labels of participants' attributes from the JSON that the server keeps them in."""
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
