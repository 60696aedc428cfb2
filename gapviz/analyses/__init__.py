"""One module a question: what a page, a command and a section of the report answer."""
