from gapviz.analyses.analysis import Finding
from gapviz.analyses.finding_text import finding_lines, table_lines
from gapviz.core.estimate import Estimate
from gapviz.core.table import Column, Table

NAME = Column("name", "name", text=True)
GAP = Column("gap", "gap", better="lower")
NOTE = Column("note", "", text=True)


def test_words_stand_left_and_numbers_right():
    rows = [["a", Estimate(0.5, 0.25, 0.75), "good"], ["longer", 12.0, ""]]
    assert table_lines(Table("Title", [NAME, GAP, NOTE], rows)) == [
        "Title",
        "name                     gap",
        "a       0.500 [0.250, 0.750]  good",
        "longer                12.000",
    ]


def test_columns_that_do_not_fit_stand_in_a_further_block_with_the_names_again():
    columns = [NAME, *(Column(str(n), f"figure {n}") for n in range(3))]
    lines = table_lines(Table("", columns, [["a", 1.0, 2.0, 3.0]]), width=26)
    blocks = "\n".join(lines).split("\n\n")
    assert [block.split("\n")[-1].split()[0] for block in blocks] == ["a", "a"]
    assert "2.000" in blocks[0] and "3.000" in blocks[1]


def test_a_title_wider_than_its_column_is_broken():
    lines = table_lines(Table("", [NAME, Column("x", "a title of many words")], [["a", 1.0]]))
    assert [line.split() for line in lines] == [
        ["a", "title", "of"], ["name", "many", "words"], ["a", "1.000"],
    ]  # fmt: skip


def test_a_finding_is_told_from_its_title_to_its_protocol():
    table = Table("", [NAME, GAP], [["a", 1.0]])
    part = Finding(title="A part", tables=[table])
    whole = Finding(
        title="Whole", warnings=["few items"], readings=["It is so."], parts={"part": part},
        protocol="As measured.",
    )  # fmt: skip
    assert finding_lines(whole) == [
        "Whole", "warning   few items", "It is so.", "", "A part", "", "name    gap",
        "a     1.000", "", "gap: lower is better.", "", "As measured.",
    ]  # fmt: skip


def test_what_a_terminal_would_take_for_a_command_is_not_printed():
    lines = table_lines(Table("", [NAME], [["\x1b[2Jcat\n"]]))
    assert lines == ["name", "?[2Jcat"]
