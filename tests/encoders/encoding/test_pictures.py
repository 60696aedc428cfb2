import multiprocessing
import os
import signal
import sys
import threading
import time
from concurrent.futures import ProcessPoolExecutor

import pytest

from gapviz.encoders.encoding.pictures import HASHED_AT_ONCE, PictureWorkers

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="sends signals")


@pytest.fixture
def bystander():
    """A thread that may take a signal which the main thread holds back, as torch's do."""
    over = threading.Event()
    thread = threading.Thread(target=over.wait)
    thread.start()
    yield
    over.set()
    thread.join()


def _interrupt():
    os.kill(os.getpid(), signal.SIGINT)
    for _ in range(20):
        time.sleep(0.005)


@pytest.mark.slow
def test_ctrl_c_waits_until_a_process_has_started(bystander, monkeypatch, tmp_path):
    started = []
    submit = ProcessPoolExecutor.submit

    def interrupted(pool, *task):
        _interrupt()
        started.append(submit(pool, *task))
        _interrupt()
        return started[-1]

    monkeypatch.setattr(ProcessPoolExecutor, "submit", interrupted)
    references = [f"{number}.png" for number in range(2 * HASHED_AT_ONCE)]
    with pytest.raises(KeyboardInterrupt), PictureWorkers(tmp_path, 1, 100) as workers:
        list(workers.digests(references))
    assert [len(one.result()) for one in started] == [HASHED_AT_ONCE]
    assert not multiprocessing.active_children()
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    assert signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, ())


@pytest.mark.slow
def test_pictures_are_read_from_any_thread(tmp_path):
    (tmp_path / "0.png").write_bytes(b"0")
    told = []

    def read():
        with PictureWorkers(tmp_path, 1, 100) as workers:
            told.extend(workers.digests(["0.png", "none.png"]))

    thread = threading.Thread(target=read)
    thread.start()
    thread.join()
    digest, fault = told
    assert len(digest) == 32 and "No such file" in fault.why
