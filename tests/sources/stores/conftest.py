"""The engines of `engines.py`, for every test of this folder."""

from tests.sources.stores.engines import *  # noqa: F403
