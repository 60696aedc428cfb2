import threading

from gapviz.errors import GapvizError
from gapviz.jobs import Job, JobBoard


def test_a_job_gives_its_result_and_its_progress():
    seen = threading.Event()
    go_on = threading.Event()

    def work(progress):
        progress(0.5, "half way")
        seen.set()
        go_on.wait(10)
        return 42

    job = Job(work)
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

    job = Job(work)
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

    job = Job(work)
    assert job.wait(10)
    assert job.error.sentence == "no vectors."


def test_a_fault_is_told_without_its_traceback():
    job = Job(lambda progress: 1 / 0)
    assert job.wait(10)
    assert "ZeroDivision" not in job.error.sentence


def test_visitors_who_wait_for_the_same_work_share_one_job():
    board, runs, go_on = JobBoard(), [], threading.Event()

    def work(progress):
        runs.append(1)
        go_on.wait(10)

    first, second = board.start_once("key", work), board.start_once("key", work)
    go_on.set()
    assert first is second
    first.wait(10)
    assert len(runs) == 1


def test_a_forgotten_job_starts_afresh():
    board = JobBoard()
    first = board.start_once("key", lambda progress: 1)
    board.forget("key")
    assert board.start_once("key", lambda progress: 2) is not first
