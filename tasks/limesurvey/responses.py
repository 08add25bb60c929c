"""Read responses by `export_responses`: a whole survey file by file, or some responses by their ids."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, cast

from tasks.limesurvey.halving import PageSize
from tasks.limesurvey.model import ResponsePage
from tasks.limesurvey.pages import ResponseFile, decoded, response_rows
from tasks.limesurvey.session import StatusAnswer
from tasks.limesurvey.surveys import SurveyCalls
from tasks.limesurvey.words import Meaning

if TYPE_CHECKING:
    from tasks.limesurvey.model import Summary

_NO_RESPONSES = b'{"responses": []}'


class ResponseCalls(SurveyCalls):
    """The part of the client that reads responses."""

    def response_files(self, survey_id: int) -> Generator[ResponseFile]:
        """Yield all responses of a survey as exported files, by ascending ranges of ids (`export_responses`).

        A file is parsed when its `page` is read, so that another thread can parse it while the next one is fetched.
        A range that is too large for the server is halved. After the last file the number of responses is compared
        with the server's counts (`get_summary`): the files are valid data only once the iteration has ended without
        an error.

        Args:
            survey_id: The survey.

        Yields:
            One file for each range that holds responses. Only one file is in memory at a time.

        Raises:
            BadAnswer: Fewer or more responses came than the server counts.
            SurveyNotActive: The survey has no table of responses.
            Unreachable: The server fails even on a single response.
        """
        before = self.summary(survey_id)
        size = PageSize(self._limits.page_size)
        first, came, completed = 1, 0, 0
        while True:
            file, next_id = size.ask(partial(self._range, survey_id, first))
            count, complete = file.counts
            if count:
                yield file
                came += count
                completed += complete
            elif before.responses:
                # Ids have gaps, wide ones where a survey starts its numbers high.
                next_id = min(self._ids(survey_id, first=next_id), default=None)
            if next_id is None or came >= before.responses:
                break
            first = next_id
        self._compare_with_counts(survey_id, before, came, completed)

    def response_pages_by_ids(self, survey_id: int, ids: Iterable[int]) -> Iterator[ResponsePage]:
        """Yield the responses with given ids, in pages by ascending id (`export_responses` with `aResponses`).

        Args:
            survey_id: The survey.
            ids: The ids, in any order. Ids that no longer exist are left out.

        Yields:
            Pages that hold at least one response.

        Raises:
            BadAnswer: A response is missing from the export although the server lists its id, or the export holds
                responses that were not requested.
            SurveyNotActive: The survey has no table of responses.
        """
        wanted = sorted({int(response_id) for response_id in ids})
        size = PageSize(self._limits.page_size)
        while wanted:
            page, requested = size.ask(partial(self._selected, survey_id, wanted))
            absent = sorted(set(requested).difference(page.ids))
            if absent and self._ids(survey_id, only=absent):
                raise self._bad(
                    f"responses did not come, {absent[0]} for one, and the server lists them",
                    survey_id,
                    expected="those that were requested",
                )
            if page.ids:
                yield page
            del wanted[: len(requested)]

    def _range(self, survey_id: int, first: int, count: int, halving: bool) -> tuple[ResponseFile, int | None]:
        """Return the file of `count` ids from `first` on, and the id that follows the range."""
        last = first + count - 1
        content = self._exported(survey_id, first, last, halving=halving)
        file = ResponseFile(survey_id, first, last, content, self._refuse("export_responses", survey_id))
        return file, first + count

    def _selected(
        self, survey_id: int, wanted: Sequence[int], count: int, halving: bool
    ) -> tuple[ResponsePage, Sequence[int]]:
        """Return the page of the first `count` ids of `wanted`, and these ids."""
        requested = wanted[:count]
        content = self._exported(survey_id, None, None, only=requested, halving=halving)
        page = ResponseFile(survey_id, None, None, content, self._refuse("export_responses", survey_id)).page
        if not set(page.ids) <= set(requested):
            raise self._bad("responses came that were not requested", survey_id, expected="those that were requested")
        return page, requested

    def _ids(self, survey_id: int, *, first: int | None = None, only: Sequence[int] | None = None) -> list[int]:
        """Return the ids from `first` on, or those of `only` that exist, in ascending order."""
        raw = self._exported(survey_id, first, None, fields=["id"], only=only)
        refuse = self._refuse("export_responses", survey_id)
        values = [row.get("id") for row in response_rows(raw, refuse)]
        if not all(isinstance(value, int) and not isinstance(value, bool) for value in values):
            raise refuse("an id is not a number")
        ids = sorted(cast("list[int]", values))
        if len(set(ids)) != len(ids):
            raise refuse("a response came twice")
        is_outside = bool(ids) and (first or 0) > ids[0]
        if is_outside or (only is not None and not set(ids) <= set(only)):
            raise refuse("responses came that were not requested")
        return ids

    def _compare_with_counts(self, survey_id: int, before: Summary, came: int, completed: int) -> None:
        """Raise `BadAnswer` where responses were lost.

        People answer while a survey is read, so any number between the counts before and after the export is valid.
        """
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
        self,
        survey_id: int,
        from_id: int | None,
        to_id: int | None,
        *,
        fields: list[str] | None = None,
        only: Sequence[int] | None = None,
        halving: bool = False,
    ) -> bytes:
        """Call `export_responses` and return the JSON file; a file without responses for an empty survey.

        The server has words instead of a file where there is nothing to export. They are accepted only where
        `get_summary` counts no responses either.
        """
        options = None if only is None else {"aResponses": ",".join(map(str, only))}
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
                options,
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
            return _NO_RESPONSES
        return decoded(result, self._refuse("export_responses", survey_id))
