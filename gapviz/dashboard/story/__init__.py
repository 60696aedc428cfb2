"""The first page: one query that fails, the same query fixed, why, how often, what to do."""

from gapviz.dashboard.story.page import show_story

__all__ = ["show_story"]
