import base64
import json

import pyarrow as pa
import pytest

from tasks.limesurvey.pages import ResponseFile, decoded, page_of, response_rows, response_table

ROW = {"id": 1, "submitdate": None, "lastpage": None, "startlanguage": "fr", "q": "a", "f[filecount]": 0}


def exported(*rows: object) -> bytes:
    """Serialise like the real server, with a space after each colon and none elsewhere."""
    return b'{"responses": [' + b",".join(json.dumps(row, separators=(",", ":")).encode() for row in rows) + b"]}"


def test_ids_pages_and_counts_are_numbers_and_everything_else_is_text() -> None:
    table = response_table(exported(ROW, ROW | {"id": 2, "lastpage": 3, "q": None}), ValueError)
    assert table.schema.field("id").type == pa.int64()
    assert table.schema.field("f[filecount]").type == pa.int64()
    assert table.schema.field("q").type == pa.string()
    assert table.to_pylist() == [ROW, ROW | {"id": 2, "lastpage": 3, "q": None}]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "2026-01-01 00:00:00",
        '},{"id":',
        '"},{"id":2',
        "\\",
        '\\"',
        "ligne\n\u2028\x00 fin",
        "é 😀",
        "12",
        "[]",
    ],
)
def test_a_text_comes_through_as_it_was_written(text: str) -> None:
    rows = [ROW | {"q": text}, ROW | {"id": 2, "q": None}, ROW | {"id": 3, "q": text}]
    assert response_table(exported(*rows), ValueError).to_pylist() == rows


def test_a_number_among_the_answers_becomes_the_text_that_the_server_wrote() -> None:
    assert response_table(exported(ROW | {"q": 3.26}), ValueError)["q"].to_pylist() == ["3.26"]


def test_no_responses_are_an_empty_table() -> None:
    assert response_table(b'{"responses": []}', ValueError).num_rows == 0


@pytest.mark.parametrize(
    ("raw", "found"),
    [
        (exported(ROW)[:-2], "not JSON, or cut short"),
        (exported(ROW, ROW)[:60], "not JSON, or cut short"),
        (b"", "not JSON, or cut short"),
        (b'{"responses": [NaN]}', "not JSON"),
        (b"[]", "no list of responses"),
        (b'{"responses": {}}', "no list of responses"),
        (b'{"responses": [1]}', "a response is not an object"),
        (exported(ROW, {"id": 2, "submitdate": None}), "do not all have the same headings"),
        (exported(ROW, ROW | {"more": "x"}), "do not all have the same headings"),
        (exported({"ID de la réponse": 1}), "the responses have no id and no submitdate"),
        (exported(ROW | {"id": None}), "a response has no id"),
        (exported(ROW | {"id": "1"}), "id holds other values than whole numbers"),
        (exported(ROW | {"q": ["a"]}), "q holds other values than texts"),
        (exported(ROW | {"q": True}), "q holds other values than texts"),
    ],
)
def test_a_damaged_file_is_refused_with_what_is_wrong(raw: bytes, found: str) -> None:
    with pytest.raises(ValueError, match=found):
        response_table(raw, ValueError)


def test_a_page_holds_each_requested_response_once_and_no_other() -> None:
    with pytest.raises(ValueError, match="a response came twice"):
        page_of(1, None, None, exported(ROW, ROW), ValueError)
    with pytest.raises(ValueError, match="responses came that were not requested"):
        page_of(1, 2, 9, exported(ROW), ValueError)


@pytest.mark.parametrize("result", ["Zm9v*", "Zm9", "Zm 9v", "Zm9v=", "Zm9v\n", "Zm9é", None, {"a": 1}])
def test_only_strict_base64_is_a_file(result: object) -> None:
    with pytest.raises(ValueError, match="base64"):
        decoded(result, ValueError)
    assert decoded(base64.b64encode(b"foo").decode(), ValueError) == b"foo"


SPACED = json.dumps({"responses": [ROW, ROW | {"id": 2, "submitdate": "2026-01-01 00:00:00"}]}, indent=1).encode()


@pytest.mark.parametrize(
    ("raw", "counts"),
    [
        (exported(ROW), (1, 0)),
        (exported(ROW | {"submitdate": "2026-01-01 00:00:00"}, ROW | {"id": 2}), (2, 1)),
        (exported(ROW | {"q": '},{"id":2,"submitdate":"2026"'}, ROW | {"id": 2, "q": '"submitdate":null'}), (2, 0)),
        (b'{"responses": []}', (0, 0)),
        (b'{"responses":[]}', (0, 0)),
        (SPACED, (2, 1)),
    ],
)
def test_a_file_says_how_many_responses_it_holds_before_it_is_read(raw: bytes, counts: tuple[int, int]) -> None:
    file = ResponseFile(1, None, None, raw, ValueError)
    assert file.counts == counts
    assert (len(file.page.ids), file.page.completed) == counts


def test_a_file_of_something_else_is_refused_when_it_is_counted() -> None:
    with pytest.raises(ValueError, match="not JSON, or cut short"):
        _ = ResponseFile(1, None, None, exported(ROW)[:-2], ValueError).counts


def test_the_slow_way_reads_the_same() -> None:
    rows = [ROW | {"id": number, "q": f"a{number}"} for number in range(1, 50)]
    spaced = json.dumps({"responses": rows}, indent=1).encode()  # spaces that the server does not write
    assert response_table(spaced, ValueError).equals(response_table(exported(*rows), ValueError).combine_chunks())
    assert len(response_rows(spaced, ValueError)) == 49
