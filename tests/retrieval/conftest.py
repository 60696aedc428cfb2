"""The engines of stores, for the tests of indexes in them."""

from tests.sources.stores.engines import *  # noqa: F403
