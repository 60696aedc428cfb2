"""A report to take away: one HTML file that needs no network, or JSON, or Markdown."""

from gapviz.report.contents import Example, Report, make_report, report_date, report_on
from gapviz.report.html import report_html
from gapviz.report.markdown import report_markdown

__all__ = [
    "Example",
    "Report",
    "make_report",
    "report_date",
    "report_html",
    "report_markdown",
    "report_on",
]
