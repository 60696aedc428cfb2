import threading
import time

from gapviz.core.errors import GapvizError
from gapviz.storage.background import FINISHED_KEPT, TaskBoard, ThreadTask


def until_cancelled(progress):
    while True:
        progress(0.5, "at work")
        time.sleep(0.01)


def staged(job, stage):
    """Whether the job comes to that stage."""
    end = time.monotonic() + 10
    while job.stage != stage and time.monotonic() < end:
        time.sleep(0.01)
    return job.stage == stage


def test_a_job_gives_its_result_and_its_progress():
    seen = threading.Event()
    go_on = threading.Event()

    def work(progress):
        progress(0.5, "half way")
        seen.set()
        go_on.wait(10)
        return 42

    job = ThreadTask(work)
    assert seen.wait(10)
    assert (job.share, job.stage, job.done) == (0.5, "half way", False)
    go_on.set()
    assert job.wait(10)
    assert job.result == 42


def test_a_cancelled_job_stops_at_its_next_report():
    started, go_on = threading.Event(), threading.Event()
    reached_end = []

    def work(progress):
        started.set()
        go_on.wait(10)
        progress(0.5, "half way")
        reached_end.append(True)

    job = ThreadTask(work)
    started.wait(10)
    job.cancel()
    go_on.set()
    assert job.wait(10)
    assert job.cancelled
    assert not reached_end
    assert job.result is None


def test_a_users_mistake_is_kept_as_a_sentence():
    def work(progress):
        raise GapvizError("no vectors")

    job = ThreadTask(work)
    assert job.wait(10)
    assert job.error.sentence == "no vectors."


def test_a_fault_is_told_without_its_traceback():
    job = ThreadTask(lambda progress: 1 / 0)
    assert job.wait(10)
    assert "ZeroDivision" not in job.error.sentence


def test_visitors_who_wait_for_the_same_work_share_one_job():
    board, runs, go_on = TaskBoard(), [], threading.Event()

    def work(progress):
        runs.append(1)
        go_on.wait(10)

    first, second = board.start_once("key", work), board.start_once("key", work)
    go_on.set()
    assert first is second
    first.wait(10)
    assert len(runs) == 1


def test_a_forgotten_job_starts_afresh():
    board = TaskBoard()
    first = board.start_once("key", lambda progress: 1)
    board.forget("key")
    assert board.start_once("key", lambda progress: 2) is not first


def test_forgetting_a_job_leaves_the_one_started_after_it():
    board = TaskBoard()
    first = board.start_once("key", lambda progress: 1)
    board.forget("key", first)
    second = board.start_once("key", lambda progress: 2)
    board.forget("key", first)
    assert board.find("key") is second


def test_only_so_many_run_at_once_and_the_others_wait_for_their_turn():
    board, go_on = TaskBoard(at_once=1), threading.Event()
    first = board.start_once("first", lambda progress: go_on.wait(10))
    second = board.start_once("second", lambda progress: 2)
    assert staged(second, "waiting for its turn")
    assert not second.done
    go_on.set()
    assert second.wait(10)
    assert (first.result, second.result) == (True, 2)


def test_one_that_waits_for_its_turn_can_be_cancelled():
    board, go_on = TaskBoard(at_once=1), threading.Event()
    board.start_once("first", lambda progress: go_on.wait(10))
    second = board.start_once("second", lambda progress: 2)
    second.cancel()
    assert second.wait(10)
    assert second.result is None
    go_on.set()


def test_a_job_that_fails_gives_its_turn_to_the_next():
    board = TaskBoard(at_once=1)
    board.start_once("first", lambda progress: 1 / 0).wait(10)
    second = board.start_once("second", lambda progress: 2)
    assert second.wait(10)
    assert second.result == 2


def test_a_job_that_nobody_looks_at_is_cancelled_and_begins_anew_when_asked_for():
    board = TaskBoard(patience=0.05)
    job = board.start_once("key", until_cancelled, "one")
    assert job.wait(10)
    assert job.cancelled
    assert board.start_once("key", lambda progress: 2, "one") is not job


def test_a_job_that_someone_looks_at_goes_on():
    board = TaskBoard(patience=0.5)
    job = board.start_once("key", until_cancelled, "one")
    for _ in range(10):
        board.find("key", "one")
        assert not job.wait(0.1)
    job.cancel()


def test_a_visitor_who_leaves_cancels_nothing_that_another_waits_for():
    board = TaskBoard()
    job = board.start_once("key", until_cancelled, "one")
    assert board.start_once("key", until_cancelled, "other") is job
    board.leave("key", "one")
    assert not job.cancelled
    board.leave("key", "other")
    assert job.wait(10)
    assert job.cancelled


def test_a_visitor_who_has_not_looked_for_long_is_not_waited_for(monkeypatch):
    monkeypatch.setattr("gapviz.storage.background.STILL_WAITS", 0.0)
    board = TaskBoard()
    job = board.start_once("key", until_cancelled, "gone")
    board.find("key", "one")
    board.leave("key", "one")
    assert job.wait(10)


def test_a_board_remembers_only_the_last_finished_jobs():
    board = TaskBoard()
    for number in range(2 * FINISHED_KEPT):
        board.start_once(f"{number}", lambda progress: 1).wait(10)
    known = [number for number in range(2 * FINISHED_KEPT) if board.find(f"{number}")]
    assert known[-FINISHED_KEPT:] == list(range(FINISHED_KEPT, 2 * FINISHED_KEPT))
    assert len(known) <= FINISHED_KEPT + 1
