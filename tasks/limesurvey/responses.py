"""The calls that read responses: one page, some ids, or a whole survey page by page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, cast

from tasks.limesurvey.errors import Exhausted
from tasks.limesurvey.model import ResponsePage
from tasks.limesurvey.pages import decoded, page_of, response_rows
from tasks.limesurvey.session import StatusAnswer
from tasks.limesurvey.surveys import SurveyCalls
from tasks.limesurvey.words import Meaning

if TYPE_CHECKING:
    from tasks.limesurvey.model import Summary

_SMALLEST_PAGE = 1
_NO_RESPONSES = b'{"responses": []}'


class ResponseCalls(SurveyCalls):
    """The part of the client that reads responses."""

    def response_ids(self, survey_id: int, token: str) -> tuple[int, ...]:
        """The ids of the responses that hold a token; `ServerError` for an anonymised survey, which has no tokens."""
        refuse = self._refuse("get_response_ids", survey_id)
        result = self._call("get_response_ids", survey_id, token, survey_id=survey_id)
        if not isinstance(result, list):
            raise refuse("it is not a list")
        ids = cast("list[object]", result)
        if not all(isinstance(item, int | str) and str(item).isdigit() for item in ids):
            raise refuse("an id is not a number")
        return tuple(int(str(item)) for item in ids)

    def responses(self, survey_id: int, from_id: int | None = None, to_id: int | None = None) -> ResponsePage:
        """The responses with ids from `from_id` to `to_id`, both included, complete or not; `None` is no limit."""
        return self._exported(survey_id, from_id, to_id, {}, halving=False)

    def responses_by_ids(self, survey_id: int, ids: Sequence[int]) -> ResponsePage:
        """The responses with these ids, in one page; those that do not exist any more are left out."""
        wanted = ",".join(str(int(response_id)) for response_id in ids)
        if not wanted:
            return page_of(survey_id, None, None, _NO_RESPONSES, ValueError)
        page = self._exported(survey_id, None, None, {"aResponses": wanted}, halving=False)
        if not set(page.ids) <= set(ids):
            raise self._bad("responses came that were not asked for", survey_id, expected="those asked for")
        return page

    def response_pages(self, survey_id: int) -> Iterator[ResponsePage]:
        """All responses, in pages by ranges of ids; the memory needed is that of a page.

        Pages are halved where they are too much for the server. After the last page the number of responses is held
        against the server's count: what came before is only data once the iteration ended without an error.

        Raises `BadAnswer` for fewer responses than the server counts, and for ids that come twice or were not asked
        for; `SurveyNotActive`; `Unreachable` where the server fails on the smallest page.
        """
        before = self.summary(survey_id)
        size, first, came, completed = self._limits.page_size, 1, 0, 0
        while True:
            page, size = self._page(survey_id, first, size)
            if page.ids:
                yield page
                came += len(page.ids)
                completed += page.completed
                first += size
            else:
                following = self._next_id(survey_id, first + size) if before.responses else None
                if following is None:
                    break
                first = following
            if came >= before.responses:
                break
        self._hold_against_counts(survey_id, before, came, completed)

    def _page(self, survey_id: int, first: int, size: int) -> tuple[ResponsePage, int]:
        """A page of at most `size` ids, and the size that the server could bear."""
        while size > _SMALLEST_PAGE:
            try:
                return self._exported(survey_id, first, first + size - 1, {}, halving=True), size
            except Exhausted:
                size = max(_SMALLEST_PAGE, size // 2)
        return self._exported(survey_id, first, first, {}, halving=False), size

    def _next_id(self, survey_id: int, first: int) -> int | None:
        """The smallest id from `first` on; ids have gaps, wide ones where a survey starts its numbers high."""
        raw = self._file(survey_id, first, None, fields=["id"])
        refuse = self._refuse("export_responses", survey_id)
        ids = [row["id"] for row in response_rows(raw, refuse)] if raw is not None else []
        if not all(isinstance(response_id, int) and response_id >= first for response_id in ids):
            raise refuse(f"an id is not a number from {first} on")
        return min(cast("list[int]", ids), default=None)

    def _hold_against_counts(self, survey_id: int, before: Summary, came: int, completed: int) -> None:
        """Refuses a result that lost responses. People answer meanwhile, so both counts around it are allowed."""
        if (came, completed) == (before.responses, before.completed):
            return
        after = self.summary(survey_id)
        for what, number, counts in (
            ("responses", came, (before.responses, after.responses)),
            ("complete responses", completed, (before.completed, after.completed)),
        ):
            if not min(counts) <= number <= max(counts):
                fewer = "fewer" if number < min(counts) else "more"
                raise self._bad(
                    f"{number} {what} came, {fewer} than the server counts",
                    survey_id,
                    expected=f"{min(counts)}" if len(set(counts)) == 1 else f"{min(counts)} to {max(counts)}",
                )

    def _exported(
        self, survey_id: int, from_id: int | None, to_id: int | None, options: dict[str, str], *, halving: bool
    ) -> ResponsePage:
        refuse = self._refuse("export_responses", survey_id)
        raw = self._file(survey_id, from_id, to_id, options=options, halving=halving)
        if raw is None:
            raw = _NO_RESPONSES
        return page_of(survey_id, from_id, to_id, raw, refuse)

    def _file(
        self,
        survey_id: int,
        from_id: int | None,
        to_id: int | None,
        *,
        fields: list[str] | None = None,
        options: dict[str, str] | None = None,
        halving: bool = False,
    ) -> bytes | None:
        """The file of an export; `None` for the words of an empty survey, once its count agrees."""
        try:
            result = self._call(
                "export_responses",
                survey_id,
                "json",
                None,
                "all",
                "code",
                "short",
                from_id,
                to_id,
                fields,
                options or None,
                survey_id=survey_id,
                halving=halving,
                judging=True,
            )
        except StatusAnswer as answer:
            counted = self.summary(survey_id).responses
            if answer.meaning is not Meaning.EMPTY or counted:
                raise self._bad(
                    f"the server answers {answer.words!r} and counts {counted} responses",
                    survey_id,
                    expected="these responses",
                    words=answer.words,
                ) from None
            return None
        return decoded(result, self._refuse("export_responses", survey_id))
