"""What crosses as data beside numbers, texts and tensors: each kind comes back equal, and of the same type."""

import datetime as dt
import json
from collections import Counter, OrderedDict, defaultdict, deque, namedtuple
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from autograder.boundary.parcel import Parcel, pack, unpack
from autograder.boundary.wire import decode, encode, refuse_value
from autograder.errors import CannotCross

Point = namedtuple("Point", "x y")
HOUR = dt.timezone(dt.timedelta(hours=1))
VALUES = [
    *({1, 2}, set(), frozenset("ab"), range(3, 9, 2), 1j, complex("nan"), b"\xff\x00", 10**5000, -(2**70)),
    *(Fraction(1, 3), Fraction(10**50, 7), Decimal("1.50"), Decimal("Infinity"), dt.timedelta(1, 2, 3)),
    *(dt.datetime(2020, 1, 2, 3, 4, 5, 6), dt.datetime(2020, 1, 2, tzinfo=HOUR), dt.date(2020, 2, 29), dt.time(1, 2)),
    *(Counter("aab"), defaultdict(list, {1: [2]}), deque([1, 2], 3), {"a": 1}.keys(), {"a": 1}.items()),
    *(list(range(1000)), [0.1] * 1000, [True] * 100, [2**63] * 100, [1, 2.5] * 50, {(1, 2): {frozenset({3})}}),
    *(slice(1, None, 2), OrderedDict(b=1, a=2)),
    *(np.str_("x"), np.datetime64("2020-01"), np.timedelta64(3, "D"), np.float16(0.5), np.complex64(1j), np.uint16(3)),
]
ARRAYS = [
    *(np.array(["a", "bcd"]), np.array([b"a"]), np.array([None, "a", 2], dtype=object), np.array([[1, 2]], ">i4")),
    *(np.ones((1, 2)).view(np.matrix), np.ma.masked_less(np.array([1, 2, 3]), 2)),
    *(np.array(["2020-01-01"], "datetime64[D]"), np.array([1], "timedelta64[ms]"), np.array([1.5], np.longdouble)),
]


def crossed(value: Any) -> Any:
    parcel = Parcel()
    tree = json.loads(json.dumps(encode(value, parcel, refuse_value)))
    table, numbers = pack(parcel.tensors)
    return decode(tree, Parcel(unpack(table, bytearray(numbers))), lambda _: pytest.fail("a reference"))


@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
def test_a_value_comes_back_equal_and_of_its_type(value: Any) -> None:
    back = crossed(value)
    assert (type(back), str(back) if back != back else back) == (type(value), str(value) if value != value else value)


@pytest.mark.parametrize("array", ARRAYS, ids=lambda array: str(array.dtype))
def test_an_array_of_any_kind_of_item_comes_back(array: np.ndarray) -> None:
    back = crossed(array)
    assert (type(back), back.dtype, back.shape) == (type(array), array.dtype, array.shape)
    assert (np.ma.getmaskarray(back) == np.ma.getmaskarray(array)).all()
    assert (back == array).all()


def test_the_values_of_a_dict_and_a_named_tuple_come_back_as_what_they_hold() -> None:
    assert list(crossed({"a": 1}.values())) == [1]
    point = crossed(Point(1, 2))
    assert (point.x, point.y, point[0], point, point._asdict()) == (1, 2, 1, (1, 2), {"x": 1, "y": 2})
    assert crossed(defaultdict(int))["missing"] == 0


@pytest.mark.parametrize(
    "value", [range(10**9), defaultdict(lambda: 1), dt.datetime(2020, 1, 1, tzinfo=dt.tzinfo()), 1 << 500_000], ids=type
)
def test_what_is_too_large_or_has_code_of_its_own_does_not(value: Any) -> None:
    with pytest.raises(CannotCross):
        crossed(value)


def test_a_list_of_many_numbers_takes_no_more_than_an_array() -> None:
    parcel = Parcel()
    assert len(json.dumps(encode(list(range(100_000)), parcel, refuse_value))) < 100
    assert len(pack(parcel.tensors)[1]) == 800_000


def tables() -> list[Any]:
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"a": [1, 2, 3], "b": ["x", "y", None], "c": [True, False, True], "d": [0.5, None, 2]})
    return [
        *(frame, frame["a"], frame["b"], frame.set_index("b"), pandas.DataFrame(), frame.iloc[:0], frame.T),
        frame.groupby("c").agg({"a": ["mean", "sum"]}),
        frame.groupby(["a", "c"])["d"].sum(),
        frame.assign(e=pandas.Categorical(["u", "v", "u"]), f=pandas.to_datetime(["2020", "2021", "2022"])),
        frame.astype({"a": "Int64"}),
        pandas.DataFrame([[1, 2], [3, 4]], columns=["same", "same"]),
        pandas.Series([1, 2], index=pandas.Index([10, 20], name="n"), name="s"),
        pandas.Series(pandas.date_range("2020", periods=3, tz="UTC"), name="zoned"),
        pandas.DataFrame(
            {"a": [1, 2]}, index=pandas.date_range("2020-01-31", periods=2, freq="ME", tz="Europe/Berlin")
        ),
        pandas.Series([1, 2, 3], index=pandas.timedelta_range("1h", periods=3, freq="h")),
    ]


def test_moments_of_pandas_come_back() -> None:
    pandas = pytest.importorskip("pandas")
    for value in (
        pandas.Timestamp("2020", tz="Asia/Kolkata"),
        pandas.Timestamp("2020-01-01T12"),
        pandas.Timedelta("1D2h"),
    ):
        assert (crossed(value), type(crossed(value))) == (value, type(value))
        assert getattr(crossed(value), "tz", None) == getattr(value, "tz", None)
    assert crossed(pandas.NA) is pandas.NA and crossed(pandas.NaT) is pandas.NaT


@pytest.mark.parametrize("zone", ["../../etc/passwd", "/etc/passwd", "Europe/" + "x" * 100, 7, "Nowhere/Else"])
def test_a_time_zone_that_is_none_is_refused(zone: Any) -> None:
    pytest.importorskip("pandas")
    with pytest.raises((ValueError, KeyError, OSError)):
        decode({"timestamp": ["2020-01-01", zone]}, Parcel(), lambda _: None)


@pytest.mark.parametrize("at", range(16))
def test_a_table_comes_back_with_its_columns_dtypes_and_index(at: int) -> None:
    testing = pytest.importorskip("pandas.testing")
    table = tables()[at]
    same = testing.assert_frame_equal if table.ndim == 2 else testing.assert_series_equal
    same(crossed(table), table)
