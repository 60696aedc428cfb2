"""The page that trains a gap live, and shows its three causes one by one."""

from gapviz.dashboard.why import forces, player, training_panel

__all__ = ["forces", "player", "training_panel"]
