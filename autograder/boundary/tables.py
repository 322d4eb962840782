"""Tables of pandas as data, from arrays and plain values, where pandas is installed. Both sides."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from autograder.errors import CannotCross

Part = Callable[[Any], Any]
NAMES = ("frame", "series", "index", "timestamp")
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
    if type(value) is pandas.Timestamp and value.tzinfo is None:
        return {"timestamp": value.isoformat()}
    if value is pandas.NaT:
        return {"timestamp": "NaT"}
    return None


def made(kind: str, content: Any, part: Part) -> Any:
    """The value of which ``sent`` gave the content."""
    import pandas

    match kind:
        case "timestamp":
            return pandas.Timestamp(str(content)[:40])
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
    if not _EXTENSION.fullmatch(name):
        raise CannotCross("a DataFrame" if series.name is None else "a Series")
    missing = series.isna().tolist()
    return [name, part([None if gone else item for item, gone in zip(series.tolist(), missing, strict=True)])]


def _made_column(column: Any, part: Part) -> Any:
    import pandas

    dtype, content = column
    if dtype == "category":
        codes, categories, ordered = content
        return pandas.Categorical.from_codes(part(codes), _made_index(categories, part), ordered=bool(ordered))
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
    return [names, "plain", _column(index.to_series(), part)]


def _made_index(content: Any, part: Part) -> Any:
    import pandas

    names, kind, values = content
    names = [part(name) for name in names]
    if kind == "range":
        return pandas.RangeIndex(*map(int, values), name=names[0])
    if kind == "multi":
        return pandas.MultiIndex.from_tuples(part(values), names=names)
    return pandas.Index(_made_column(values, part), name=names[0])
