import pytest

from gapviz.commands.gate import figures_in, parse_condition
from gapviz.core.errors import GapvizError

FIGURES = {
    "gap": 0.8,
    "bias_at_10": {"image": 0.95, "text": 0.4},
    "recall": {"text->image": {"10": 0.5}},
    "gap_interval": [0.7, 0.9],
    "d_prime": None,
    "strategy": "raw",
    "flag": True,
    "ndcg": {"value": 0.5, "low": 0.4, "high": 0.9},
}


@pytest.mark.parametrize(
    ("condition", "broken"),
    [
        ("gap > 0.7", ["gap = 0.8 > 0.7"]),
        ("gap>.9", []),
        ("gap <= 0.8", ["gap = 0.8 <= 0.8"]),
        ("gap == 8e-1", ["gap = 0.8 == 0.8"]),
        ("gap != 0.8", []),
        ("bias_at_10 > 0.9", ["bias_at_10.image = 0.95 > 0.9"]),
        ("bias_at_10.text > 0.9", []),
        ("recall.text->image.10 < 0.6", ["recall.text->image.10 = 0.5 < 0.6"]),
        ("recall < 0.6", ["recall.text->image.10 = 0.5 < 0.6"]),
        ("ndcg > 0.4", ["ndcg = 0.5 > 0.4"]),
        ("ndcg.high > 0.8", ["ndcg.high = 0.9 > 0.8"]),
        ("gap_interval.1 >= 0.9", ["gap_interval.1 = 0.9 >= 0.9"]),
    ],
)
def test_a_condition_names_the_figures_it_holds_for(condition, broken):
    assert list(parse_condition(condition).broken(FIGURES)) == broken


@pytest.mark.parametrize(
    "text", ["", "gap", "gap >", "> 1", "gap > x", "gap > nan", "gap = 1", "gap > 1; exit",
             "__import__('os') > 1 or 1", "gap > 1 > 2", "a" * 5000]
)  # fmt: skip
def test_what_is_no_condition_is_refused(text):
    with pytest.raises(GapvizError, match="is not a condition"):
        parse_condition(text)


@pytest.mark.parametrize(
    "condition",
    ["nothing > 1", "bias_at_10.audio > 1", "gap.more > 1", "d_prime > 1", "strategy > 1",
     "flag > 0", "gap_interval.7 > 1"],
)  # fmt: skip
def test_a_figure_that_is_not_known_is_refused(condition):
    with pytest.raises(GapvizError, match="figure"):
        parse_condition(condition).broken(FIGURES)


def test_measure_fails_with_code_1_and_one_sentence(run):
    arguments = ("measure", "builtin", "--json")
    done = run(*arguments, "--fail-if", "gap > 0.1", "--fail-if", "bias_at_10.text > 0.1")
    assert done.returncode == 1 and done.stdout.startswith("{")
    (line,) = done.stderr.splitlines()
    assert line.startswith("gapviz: failed, since gap = ") and "bias_at_10.text" in line
    assert run(*arguments, "--fail-if", "gap > 1.9").returncode == 0


def test_a_condition_is_checked_before_anything_is_measured(refused):
    refused("measure", "no such file", "--fail-if", "gap")
    refused("measure", "builtin", "--fail-if", "smell > 1")


def test_every_figure_that_is_listed_can_be_named():
    listed = dict(figures_in(FIGURES))
    assert listed["bias_at_10.image"] == 0.95 and listed["ndcg"] == 0.5
    assert listed["gap_interval.1"] == 0.9 and not {"strategy", "flag", "d_prime"} & set(listed)
    for name, value in listed.items():
        assert parse_condition(f"{name} == {value}").broken(FIGURES)


def test_an_unknown_figure_is_told_with_the_nearest_first():
    with pytest.raises(GapvizError) as refused:
        parse_condition("bais_at_10 > 1").broken(FIGURES)
    hint = refused.value.hint
    assert hint.startswith("did you mean bias_at_10")
    assert hint.index("bias_at_10 (image, text)") < hint.index("recall (text->image)")
    assert "--list-figures shows all 7" in hint


@pytest.mark.parametrize("asked", [["--list-figures"], ["--fail-if", "list"]])
def test_the_figures_are_listed_instead_of_the_answer(run, figures, source, asked):
    lines = run("info", *source, *asked).stdout.splitlines()
    listed = dict(line.split() for line in lines)
    assert listed["n_items"] == "6"
    told = figures("info", *source, *asked)["figures"]
    assert told.keys() == listed.keys()


def test_info_and_export_are_held_to_conditions(run, source, tmp_path):
    done = run("info", *source, "--fail-if", "n_items > 5")
    assert done.returncode == 1 and "n_items = 6 > 5" in done.stderr
    asked = ("export", "builtin", "--strategy", "centre", "--out", tmp_path / "fix")
    done = run(*asked, "--fail-if", "figures_after.gap < 0.5")
    assert done.returncode == 1 and "figures_after.gap = 0.07" in done.stderr
