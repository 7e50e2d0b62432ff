"""A table of plain Python values, kept by column."""

from __future__ import annotations

import html
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, overload

from fathom.errors import UnavailableError, unknown

Row = dict[str, Any]

# More rows than this are no help on a page of a notebook.
_SHOWN_ROWS = 20


class Table(Sequence[Row]):
    """Rows as dicts, columns as lists.

    ``table[0]`` is a row and ``table["loss"]`` a column. The rows are made when they
    are asked for, so that a million of them cost no more than their columns.
    """

    def __init__(self, data: Mapping[str, list[Any]], title: str = "") -> None:
        """Take columns of one length; `title` stands above the table in a notebook."""
        self.data = dict(data)
        self.title = title
        lengths = {len(column) for column in self.data.values()}
        if len(lengths) > 1:
            raise ValueError(f"found columns of {sorted(lengths)} rows, expected one length")
        self._length = lengths.pop() if lengths else 0

    @property
    def columns(self) -> list[str]:
        """The names of the columns, in order."""
        return list(self.data)

    def __len__(self) -> int:
        """Return the number of rows."""
        return self._length

    @overload
    def __getitem__(self, key: int) -> Row: ...
    @overload
    def __getitem__(self, key: slice) -> Table: ...
    @overload
    def __getitem__(self, key: str) -> list[Any]: ...
    def __getitem__(self, key: int | slice | str) -> Any:
        """Return a row by its place, some rows by a slice, or a column by its name."""
        if isinstance(key, str):
            if key not in self.data:
                raise unknown("column", key, self.columns)
            return self.data[key]
        if isinstance(key, slice):
            return Table({name: column[key] for name, column in self.data.items()}, self.title)
        if not -self._length <= key < self._length:
            raise IndexError(f"found row {key}, expected one of {self._length}")
        return {name: column[key] for name, column in self.data.items()}

    def __iter__(self) -> Iterator[Row]:
        """Go through the rows."""
        names = self.columns
        for values in zip(*self.data.values(), strict=True):
            yield dict(zip(names, values, strict=True))

    def __repr__(self) -> str:
        """Name the size and the columns."""
        return f"<Table of {self._length} rows: {', '.join(self.columns)}>"

    def to_dicts(self) -> list[Row]:
        """Return all rows as a list of dicts."""
        return list(self)

    def to_pandas(self) -> Any:
        """Return a pandas DataFrame; takes the extra ``pandas``."""
        try:
            import pandas
        except ImportError as error:
            raise _missing("pandas", "pandas") from error
        return pandas.DataFrame(self.data, columns=self.columns)

    def to_polars(self) -> Any:
        """Return a polars DataFrame; takes the extra ``polars``."""
        try:
            import polars
        except ImportError as error:
            raise _missing("polars", "polars") from error
        return polars.DataFrame(self.data, infer_schema_length=None, strict=False)

    def to_parquet(self, path: str) -> None:
        """Write the table to a parquet file; takes the extra ``parquet``."""
        try:
            import pyarrow
            import pyarrow.parquet
        except ImportError as error:
            raise _missing("pyarrow", "parquet") from error
        pyarrow.parquet.write_table(pyarrow.table(self.data), path)

    def _repr_html_(self) -> str:
        head = "".join(f"<th>{html.escape(name)}</th>" for name in self.columns)
        body = "".join(
            "<tr>" + "".join(f"<td>{html.escape(text_of(value))}</td>" for value in row.values()) + "</tr>"
            for row in self[:_SHOWN_ROWS]
        )
        more = f"<p>{self._length - _SHOWN_ROWS} more rows</p>" if self._length > _SHOWN_ROWS else ""
        title = f"<p>{html.escape(self.title)}</p>" if self.title else ""
        return f"{title}<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{more}"


def text_of(value: Any) -> str:
    """Return a value as people read it: four significant digits, NaN and infinities by name."""
    if value is None:
        return ""
    if isinstance(value, float):
        return (
            f"{value:.4g}" if math.isfinite(value) else {math.inf: "infinity", -math.inf: "-infinity"}.get(value, "NaN")
        )
    return str(value)


def _missing(package: str, extra: str) -> UnavailableError:
    return UnavailableError(f"{package} is not installed; install it, or this package with the extra {extra!r}")
