"""When work was handed in: dates and times as people, platforms and nbgrader write them. Grader's side."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from pathlib import Path

from dateutil import parser
from dateutil.tz import gettz

from autograder.files import write_whole
from autograder.submission import SubmissionError, ordinary_file

TIMESTAMP = "timestamp.txt"
MAX_BYTES = 1_000
# The year first, so that nobody can take the day for the month; then, if at all, a time and a zone.
_WRITTEN = re.compile(
    r"(?P<when>\d{4}\D.*?)(?:\s*(?P<zone>Z|(?<=\s)[+-]\d\d(?::?\d\d)?|(?<=\s)(?![AaPp][Mm]$)[A-Za-z][\w/+-]*))?"
)
_DAY_OR_MONTH_FIRST = re.compile(r"\d{1,2}[./-]\d{1,2}[./-]\d{2,4}\b.*")


def read_time(text: str) -> datetime:
    """A date and time as nbgrader keeps them, in UTC without a zone: of UTC, unless a zone is named."""
    shown = text if len(text) < 60 else f"{text[:60]}..."
    if _DAY_OR_MONTH_FIRST.fullmatch(text.strip()):
        raise SubmissionError(f"{shown!r} may be two dates. Begin with the year, as in '2026-11-21 15:00 UTC'.")
    written = _WRITTEN.fullmatch(text.strip())
    try:
        if not written:
            raise ValueError
        time, other = (parser.parse(written["when"], default=datetime(2000, day, day)) for day in (1, 2))
        if time != other:  # a month or a day is missing
            raise ValueError
        return _in_utc(time if time.tzinfo else time.replace(tzinfo=_zone(written["zone"] or "UTC")))
    except (ValueError, OverflowError, TypeError):
        raise SubmissionError(f"{shown!r} is no date and time. Write it as '2026-11-21 15:00 UTC'.") from None


def _zone(name: str) -> tzinfo:
    """The zone of this name or offset; ValueError, if nobody knows it."""
    if offset := re.fullmatch(r"([+-])(\d\d):?([0-5]\d)?", name):
        minutes = int(offset[2]) * 60 + int(offset[3] or 0)
        return timezone((-1 if offset[1] == "-" else 1) * timedelta(minutes=minutes))
    zone = UTC if name.upper() in ("Z", "UTC") else gettz(name)
    if zone is None:
        raise ValueError(name)
    return zone


def _in_utc(time: datetime) -> datetime:
    return time.astimezone(UTC).replace(tzinfo=None)


def sensible(time: datetime) -> datetime | None:
    """The time as nbgrader keeps times; None where a zip or a disk only says that it has none."""
    now = datetime.now(UTC)
    good = datetime(1990, 1, 1, tzinfo=UTC) < time < now + timedelta(days=1)
    return _in_utc(time.replace(microsecond=0)) if good else None


def time_of(folder: Path) -> datetime | None:
    """When what lies in the folder was handed in, if timestamp.txt says so; SubmissionError, if that says no time."""
    path = folder / TIMESTAMP
    if not path.exists() and not path.is_symlink():
        return None
    content = ordinary_file(path, MAX_BYTES)
    try:
        text = content.decode("utf-8-sig").strip()
        return read_time(text) if text else None
    except (UnicodeDecodeError, SubmissionError):
        message = f"{path} says no time. Write one there, such as '2026-11-21 15:00 UTC', or delete the file."
        raise SubmissionError(message) from None


def write_time(folder: Path, time: datetime) -> None:
    """Write down when what lies in the folder was handed in."""
    write_whole(folder / TIMESTAMP, f"{time:%Y-%m-%d %H:%M:%S.%f} UTC")
