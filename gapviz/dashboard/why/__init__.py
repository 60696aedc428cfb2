"""The page that trains a gap live, and shows its three causes one by one."""

from gapviz.dashboard.why.forces import order_section, random_start_section, temperature_section
from gapviz.dashboard.why.training_panel import training_section

__all__ = ["order_section", "random_start_section", "temperature_section", "training_section"]
