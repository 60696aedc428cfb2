"""How long a test waits for what must come about: long, since a busy machine may take long, and
no longer than until it is there."""

import time

PATIENCE_SECONDS = 300.0


def until(condition, between=lambda: time.sleep(0.01)):
    """What a condition finds, once that is true; meanwhile, what is done between two looks."""
    end = time.monotonic() + PATIENCE_SECONDS
    while not (found := condition()):
        assert time.monotonic() < end, "waited in vain"
        between()
    return found


def run_until(app, seen):
    """A page of the test harness, run again until something is seen on it."""

    def again():
        assert not app.exception
        time.sleep(0.05)
        app.run()

    until(lambda: seen(app), between=again)
    return app


def measured(app):
    """A page of the test harness, once nothing is waited for."""
    return run_until(app, lambda page: not page.get("progress"))
