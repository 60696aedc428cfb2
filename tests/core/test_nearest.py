from gapviz.core.nearest import MOST_LISTED, choose, nearest


def test_case_and_joints_of_words_do_not_count():
    assert nearest("Inverted_Softmax", ["raw", "inverted-softmax"]) == ("inverted-softmax",)


def test_the_beginning_of_a_word_is_near_it_and_a_letter_is_not():
    assert nearest("thr", ["curves", "thresholds"]) == ("thresholds",)
    assert nearest("t", ["curves", "thresholds"]) == ()


def test_nothing_is_near_what_is_like_nothing():
    assert nearest("magic", ["raw", "centre"]) == ()
    assert nearest("", ["raw"]) == ()


def test_of_many_choices_only_the_nearest_are_named():
    many = [f"name{number}" for number in range(MOST_LISTED + 1)]
    assert choose("name7x", many).startswith("did you mean name7")
    assert choose("qqq", many) == "choose one such as name0, name1, name2"
    assert choose("qqq", many[:2]) == "choose one of name0, name1"
