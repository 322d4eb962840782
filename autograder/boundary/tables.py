"""Tables of pandas as data, from arrays and plain values, where pandas is installed. Both sides."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from autograder.errors import CannotCross

Part = Callable[[Any], Any]
NAMES = ("frame", "series", "index", "timestamp", "delta", "missing")
_ZONE = re.compile(r"[A-Za-z][A-Za-z0-9_+:/-]{0,60}")
_ZONED = re.compile(r"datetime64\[(s|ms|us|ns), .*\]")
_FREQUENCY = re.compile(r"-?\d{0,9}[A-Za-z]{1,5}(-[A-Z]{3})?")
_EXTENSION = re.compile(r"U?Int(8|16|32|64)|Float(32|64)|boolean|string|str")
"""The dtypes that are neither NumPy's nor categories, and are made from a list of plain values."""


def sent(value: Any, part: Part) -> dict | None:
    """A DataFrame, Series, Index or Timestamp as data; None for anything else."""
    pandas = sys.modules.get("pandas")
    if pandas is None or str(getattr(type(value), "__module__", "")).partition(".")[0] != "pandas":
        return None
    if type(value) is pandas.DataFrame:
        columns = [_column(value.iloc[:, at], part) for at in range(value.shape[1])]
        return {"frame": [_index(value.columns, part), _index(value.index, part), columns]}
    if type(value) is pandas.Series:
        return {"series": [part(value.name), _index(value.index, part), _column(value, part)]}
    if isinstance(value, pandas.Index):
        return {"index": _index(value, part)}
    if type(value) is pandas.Timestamp:
        zone = "" if value.tzinfo is None else _zone(value.tzinfo)
        return {
            "timestamp": [value.tz_convert("UTC").tz_localize(None).isoformat() if zone else value.isoformat(), zone]
        }
    if type(value) is pandas.Timedelta:
        return {"delta": value.isoformat()}
    if value is pandas.NaT or value is pandas.NA:
        return {"missing": str(value)}
    return None


def made(kind: str, content: Any, part: Part) -> Any:
    """The value of which ``sent`` gave the content."""
    import pandas

    match kind:
        case "timestamp":
            moment, zone = content
            return (
                pandas.Timestamp(str(moment)[:40]) if not zone else _in_zone(pandas.Timestamp(str(moment)[:40]), zone)
            )
        case "delta":
            return pandas.Timedelta(str(content)[:40])
        case "missing":
            return {"NaT": pandas.NaT, "<NA>": pandas.NA}[content]
        case "index":
            return _made_index(content, part)
        case "series":
            name, index, column = content
            return pandas.Series(_made_column(column, part), index=_made_index(index, part), name=part(name))
    columns, index, data = content
    rows = _made_index(index, part)
    made = {at: pandas.Series(_made_column(column, part), index=rows) for at, column in enumerate(data)}
    table = pandas.DataFrame(made, index=rows)
    table.columns = _made_index(columns, part)
    return table


def _column(series: Any, part: Part) -> list:
    """[dtype, content]: an array where NumPy has the dtype; else plain values, with None for what is missing."""
    name = str(series.dtype)
    if isinstance(series.dtype, np.dtype):
        if series.dtype.kind == "O":
            return ["object", part(series.tolist())]
        return ["", part(series.to_numpy())]
    if name == "category":
        categories = series.cat.categories
        return [name, [part(series.cat.codes.to_numpy()), _index(categories, part), bool(series.cat.ordered)]]
    if _ZONED.fullmatch(name):
        zone = _zone(series.dt.tz)
        return ["zoned", [zone, part(series.dt.tz_convert("UTC").dt.tz_localize(None).to_numpy())]]
    if not _EXTENSION.fullmatch(name):
        raise CannotCross(f"a column of {name}")
    missing = series.isna().tolist()
    return [name, part([None if gone else item for item, gone in zip(series.tolist(), missing, strict=True)])]


def _made_column(column: Any, part: Part) -> Any:
    import pandas

    dtype, content = column
    if dtype == "category":
        codes, categories, ordered = content
        return pandas.Categorical.from_codes(part(codes), _made_index(categories, part), ordered=bool(ordered))
    if dtype == "zoned":
        zone, moments = content
        return _in_zone(pandas.DatetimeIndex(part(moments)), zone).array
    values = part(content)
    if dtype == "":
        if not isinstance(values, np.ndarray) or values.ndim != 1:
            raise TypeError("no column")
        return values
    if not isinstance(values, list) or not (dtype == "object" or _EXTENSION.fullmatch(dtype)):
        raise TypeError("no column")
    return pandas.Series(values, dtype=dtype).array


def _index(index: Any, part: Part) -> list:
    """[names, kind, content]."""
    names = [part(name) for name in index.names]
    pandas = sys.modules["pandas"]
    if isinstance(index, pandas.RangeIndex):
        return [names, "range", [index.start, index.stop, index.step]]
    if isinstance(index, pandas.MultiIndex):
        return [names, "multi", part(index.tolist())]
    frequency = getattr(index, "freqstr", None) or ""
    return [names, "plain", [_column(index.to_series(), part), frequency if _FREQUENCY.fullmatch(frequency) else ""]]


def _made_index(content: Any, part: Part) -> Any:
    import pandas

    names, kind, values = content
    names = [part(name) for name in names]
    if kind == "range":
        return pandas.RangeIndex(*map(int, values), name=names[0])
    if kind == "multi":
        return pandas.MultiIndex.from_tuples(part(values), names=names)
    column, frequency = values
    made = pandas.Index(_made_column(column, part), name=names[0])
    if frequency:
        if not _FREQUENCY.fullmatch(frequency):
            raise ValueError("no frequency")
        made.freq = frequency  # it is refused, where it does not fit
    return made


def _zone(zone: Any) -> str:
    """The name of a time zone by which both sides find it."""
    named = type(zone).__module__.partition(".")[0] in ("datetime", "zoneinfo", "pytz", "dateutil") and str(zone)
    if not named or not _ZONE.fullmatch(named):
        raise CannotCross("a time zone")
    return str(named)


def _in_zone(moments: Any, zone: Any) -> Any:
    """Moments of UTC in a time zone."""
    if not isinstance(zone, str) or not _ZONE.fullmatch(zone):
        raise ValueError("no time zone")
    return moments.tz_localize("UTC").tz_convert(zone)
