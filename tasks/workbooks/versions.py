"""Decide which of the workbooks that were read are new versions of their returns, in the order of their sending."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from operator import itemgetter

from tasks.records import ReturnVersion, checksum
from warehouse.sendings import HeldVersion

_Sent = tuple[datetime, int]


def distinct_versions(
    returns: Sequence[ReturnVersion], held: Mapping[str, Sequence[HeldVersion]]
) -> tuple[ReturnVersion, ...]:
    """Return the versions among some workbooks, in the order of their sending.

    A content that comes again is the version that it was, unless the workbook sent before it has another content: then
    it is a version of its own.

    Args:
        returns: The workbooks.
        held: The versions that the warehouse holds, by expected return, in the order of loading.
    """
    versions: dict[str, ReturnVersion] = {}
    histories: dict[str, list[tuple[_Sent, HeldVersion]]] = {
        id_: [((version.answered_at, version.sequence), version) for version in of_return]
        for id_, of_return in held.items()
    }
    for received in sorted(returns, key=lambda one: (one.answered_at, one.sequence)):
        history = histories.setdefault(received.expected_return_id, [])
        sent = (received.answered_at, received.sequence)
        version = replace(received, version_id=_version_id(received, sent, history))
        if not any(known.return_id == version.return_id for _, known in history):
            history.append((sent, _as_held(version)))
        # The same content under two names, or read again, is one version.
        versions.setdefault(version.return_id, version)
    return tuple(versions.values())


def _version_id(received: ReturnVersion, sent: _Sent, history: Sequence[tuple[_Sent, HeldVersion]]) -> str | None:
    """Return the id of a version where its content alone does not identify it.

    Args:
        received: The workbook.
        sent: When it was sent.
        history: The versions of its expected return and when each was sent.
    """
    alike = [known for _, known in history if known.content_sha256 == received.content_sha256]
    if not alike:
        return None
    of_receipt = [known for known in alike if known.receipt_id == received.receipt_id]
    if of_receipt:
        return of_receipt[-1].return_id
    # `sorted` keeps the order of loading of what was sent at the same time.
    before = [known for at, known in sorted(history, key=itemgetter(0)) if at <= sent]
    if before and before[-1].content_sha256 != received.content_sha256:
        return checksum(received.return_id, received.receipt_id)
    return (before or alike)[-1 if before else 0].return_id


def _as_held(version: ReturnVersion) -> HeldVersion:
    return HeldVersion(
        version.return_id, version.receipt_id, version.content_sha256, version.answered_at, version.sequence
    )
