"""Models as files of other kinds: what all of them share, and Python code (``export.python``)."""
