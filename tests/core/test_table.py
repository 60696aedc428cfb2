from gapviz.core.estimate import Estimate
from gapviz.core.table import Column, Table, legend

NAN = float("nan")
COLUMNS = (
    Column("name", "name", text=True),
    Column("gap", "gap", better="lower"),
    Column("share", "share", percent=True, decimals=1, missing="none", brief=False),
    Column("change", "change", "after − before", "points", better="nearer 0", signed=True),
)
ROWS = (
    ("one", Estimate(0.5, 0.25, 0.75), 0.125, -0.5),
    ("two", Estimate(NAN, NAN, NAN), NAN, Estimate(0.25, 0.0, 0.5)),
    ("three", Estimate(1.0, NAN, NAN), None, 1),
)


def shown(row):
    return [column.shown(cell) for column, cell in zip(COLUMNS, row, strict=True)]


def test_a_cell_is_written_by_its_column():
    assert shown(ROWS[0]) == ["one", "0.500 [0.250, 0.750]", "12.5%", "−0.500"]
    assert shown(ROWS[1]) == ["two", "unknown", "none", "+0.250 [0.000, +0.500]"]
    assert shown(ROWS[2]) == ["three", "1.000", "", "1"]
    assert COLUMNS[3].head == "change, after − before, points"


def test_the_legend_says_each_thing_once():
    table = Table("t", COLUMNS, ROWS, "A note.")
    words = "gap: lower is better. change: nearer 0 is better. [low, high]: 95 % intervals. A note."
    assert table.legend == legend([table, table]) == words
    assert Table("", COLUMNS[:1], [["one"]]).legend == ""


def test_what_is_not_brief_is_left_out_where_there_is_little_room():
    table = Table("t", COLUMNS, ROWS).brief
    assert [column.key for column in table.columns] == ["name", "gap", "change"]
    assert [len(row) for row in table.rows] == [3, 3, 3]


def test_json_has_every_row_by_key_and_an_estimate_by_its_parts():
    told = Table("t", COLUMNS, ROWS).to_json()
    first, second, _ = told["rows"]
    assert first["gap"] == {"value": 0.5, "low": 0.25, "high": 0.75}
    assert second["share"] is None and told["columns"][2]["percent"] is True
