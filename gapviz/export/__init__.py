"""Taking a fitted strategy home: files, code for where it will run, and moving vectors."""
