"""The calls that read responses: one page, some ids, or a whole survey page by page."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, TypeVar, cast

import pyarrow as pa

from tasks.limesurvey.halving import PageSize
from tasks.limesurvey.model import ResponsePage
from tasks.limesurvey.pages import ResponseFile, decoded, response_rows
from tasks.limesurvey.reading import whole_number
from tasks.limesurvey.session import StatusAnswer
from tasks.limesurvey.surveys import SurveyCalls
from tasks.limesurvey.words import Meaning

if TYPE_CHECKING:
    from tasks.limesurvey.model import Summary

_NO_RESPONSES = b'{"responses": []}'
_NUMBERS_FOR_ONE_RESPONSE = 10
"""How many ids alone are as much for the server as one whole response."""


_Page = TypeVar("_Page")
_Read = Callable[[int, int, bool], tuple[_Page, int]]
"""Gets what has ids from the first to the second, and how many; `Exhausted` is raised where the third allows it."""


class ResponseCalls(SurveyCalls):
    """The part of the client that reads responses."""

    def response_ids(self, survey_id: int, token: str) -> tuple[int, ...]:
        """The ids of the responses that hold a token; `ServerError` for an anonymised survey, which has no tokens."""
        refuse = self._refuse("get_response_ids", survey_id)
        result = self._call("get_response_ids", survey_id, token, survey_id=survey_id)
        if not isinstance(result, list):
            raise refuse("it is not a list")
        ids = [whole_number(str(item)) for item in cast("list[object]", result)]
        if any(one is None or one < 0 for one in ids):
            raise refuse("an id is not a number")
        return tuple(one for one in ids if one is not None)

    def responses(self, survey_id: int, from_id: int | None = None, to_id: int | None = None) -> ResponsePage:
        """The responses with ids from `from_id` to `to_id`, both included, complete or not; `None` is no limit."""
        return self._exported(survey_id, from_id, to_id, halving=False).page

    def response_pages(self, survey_id: int) -> Iterator[ResponsePage]:
        """All responses, in pages by ranges of ids; the memory needed is that of a page.

        Pages are halved where they are too much for the server. After the last page the number of responses is held
        against the server's count: what came before is only data once the iteration ended without an error.

        Raises `BadAnswer` for fewer responses than the server counts, and for ids that come twice or were not asked
        for; `SurveyNotActive`; `Unreachable` where the server fails on the smallest page.
        """
        return (file.page for file in self.response_files(survey_id))

    def response_files(self, survey_id: int) -> Generator[ResponseFile]:
        """The same pages as files that are still to be read: another thread can read one while the next is asked for.

        Raises as `response_pages` does, but for what is wrong within a file.
        """

        def read(first: int, last: int, halving: bool) -> tuple[ResponseFile, int]:
            file = self._exported(survey_id, first, last, halving=halving)
            return file, file.counts[0]

        before = self.summary(survey_id)
        came = completed = 0
        for file in self._walk(survey_id, before, PageSize(self._limits.page_size), read):
            yield file
            count, complete = file.counts
            came += count
            completed += complete
        self._hold_against_counts(survey_id, before, came, completed)

    def response_pages_by_ids(self, survey_id: int, ids: Iterable[int]) -> Iterator[ResponsePage]:
        """The responses with these ids in the order of their ids, in pages; those that do not exist are left out.

        Where some are left out, the server is asked for their ids alone: `BadAnswer` where it has them after all, and
        for responses that were not asked for.
        """
        wanted = sorted({int(response_id) for response_id in ids})
        size = PageSize(self._limits.page_size)
        while wanted:
            page, asked = size.ask(self._reader_of(survey_id, wanted))
            vanished = sorted(set(wanted[:asked]).difference(page.ids))
            if vanished and self._numbers(survey_id, only=vanished):
                raise self._bad(
                    f"responses did not come, {vanished[0]} for one, and the server lists them",
                    survey_id,
                    expected="those asked for",
                )
            if page.ids:
                yield page
            del wanted[:asked]

    def response_numbers(self, survey_id: int) -> pa.Int64Array:
        """The ids of all responses, complete or not, in their order: what is not among them has vanished.

        Only the ids are exported, many more in a page than of whole responses, and their number is held against the
        server's count. Raises as `response_pages` does.
        """

        def read(first: int, last: int, halving: bool) -> tuple[tuple[int, ...], int]:
            ids = self._numbers(survey_id, first, last, halving=halving)
            return ids, len(ids)

        before = self.summary(survey_id)
        size = PageSize(self._limits.page_size * _NUMBERS_FOR_ONE_RESPONSE)
        ids = [one for page in self._walk(survey_id, before, size, read) for one in page]
        self._hold_against_counts(survey_id, before, len(ids))
        return cast("pa.Int64Array", pa.array(ids, pa.int64()))

    def _walk(self, survey_id: int, before: Summary, size: PageSize, read: _Read[_Page]) -> Iterator[_Page]:
        """Ranges of ids one after the other, until all came that were counted before, or no more are there."""
        first, came = 1, 0
        while True:
            (page, count), following = size.ask(_range_reader(read, first))
            if count:
                yield page
                came += count
            elif before.responses:
                # Ids have gaps, wide ones where a survey starts its numbers high.
                following = min(self._numbers(survey_id, following), default=None)
            else:
                return
            if following is None or came >= before.responses:
                return
            first = following

    def _numbers(
        self,
        survey_id: int,
        first: int | None = None,
        last: int | None = None,
        *,
        only: Sequence[int] | None = None,
        halving: bool = False,
    ) -> tuple[int, ...]:
        """The ids in a range, or those of some that exist, in their order."""
        raw = self._file(survey_id, first, last, fields=["id"], only=only, halving=halving)
        refuse = self._refuse("export_responses", survey_id)
        found = [row.get("id") for row in response_rows(raw, refuse)]
        if not all(isinstance(one, int) and not isinstance(one, bool) for one in found):
            raise refuse("an id is not a number")
        ids = sorted(cast("list[int]", found))
        if len(set(ids)) != len(ids):
            raise refuse("a response came twice")
        outside = ids and ((first or 0) > ids[0] or (last is not None and ids[-1] > last))
        if outside or (only is not None and not set(ids) <= set(only)):
            raise refuse("responses came that were not asked for")
        return tuple(ids)

    def _reader_of(self, survey_id: int, wanted: Sequence[int]) -> Callable[[int, bool], tuple[ResponsePage, int]]:
        def read(count: int, halving: bool) -> tuple[ResponsePage, int]:
            only = wanted[:count]
            page = self._exported(survey_id, None, None, only=only, halving=halving).page
            if not set(page.ids) <= set(only):
                raise self._bad("responses came that were not asked for", survey_id, expected="those asked for")
            return page, count

        return read

    def _hold_against_counts(self, survey_id: int, before: Summary, came: int, completed: int | None = None) -> None:
        """Refuses a result that lost responses. People answer meanwhile, so both counts around it are allowed."""
        if came == before.responses and completed in {None, before.completed}:
            return
        after = self.summary(survey_id)
        for what, number, counts in (
            ("responses", came, (before.responses, after.responses)),
            ("complete responses", completed, (before.completed, after.completed)),
        ):
            if number is not None and not min(counts) <= number <= max(counts):
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
        only: Sequence[int] | None = None,
        halving: bool,
    ) -> ResponseFile:
        raw = self._file(survey_id, from_id, to_id, only=only, halving=halving)
        return ResponseFile(survey_id, from_id, to_id, raw, self._refuse("export_responses", survey_id))

    def _file(
        self,
        survey_id: int,
        from_id: int | None,
        to_id: int | None,
        *,
        fields: list[str] | None = None,
        only: Sequence[int] | None = None,
        halving: bool = False,
    ) -> bytes:
        """The file of an export; one without responses for the words of an empty survey, once its count agrees."""
        options = None if only is None else {"aResponses": ",".join(map(str, only))}
        limits = (from_id, to_id, fields, options)
        try:
            result = self._call(
                "export_responses",
                survey_id,
                "json",
                None,
                "all",
                "code",
                "short",
                *(() if limits == (None, None, None, None) else limits),
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


def _range_reader(read: _Read[_Page], first: int) -> Callable[[int, bool], tuple[tuple[_Page, int], int]]:
    """Reads that many ids from the first on; gives them with the id that follows."""

    def of_size(count: int, halving: bool) -> tuple[tuple[_Page, int], int]:
        return read(first, first + count - 1, halving), first + count

    return of_size
