"""A report to take away: one HTML file that needs no network, or JSON, or Markdown."""

from gapviz.export.report.contents import Example, Report, make_report, report_date, report_on
from gapviz.export.report.html import report_html
from gapviz.export.report.markdown import report_markdown

__all__ = [
    "Example",
    "Report",
    "make_report",
    "report_date",
    "report_html",
    "report_markdown",
    "report_on",
]
