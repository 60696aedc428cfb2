"""Queries and judgments of twelve items, as tests put them beside a source."""

N, DIM = 12, 4

EXPECTED = {("q1", 3): 2.0, ("q1", 5): 1.0, ("q2", 0): 1.0, ("q2", 11): 0.0}
ROWS = [(query, f"{item}.jpg", int(grade)) for (query, item), grade in EXPECTED.items()]
QUERIES = [("q2", "two words"), ("q1", "one"), ("q3", "nobody judged this")]


def trec(rows, between=" "):
    return "".join(between.join((q, "0", i, str(g))) + "\n" for q, i, g in rows)
