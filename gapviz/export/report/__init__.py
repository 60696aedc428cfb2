"""A report to take away: one HTML file that needs no network, or JSON, or Markdown."""
