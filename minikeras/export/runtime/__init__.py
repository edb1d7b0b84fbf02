"""The functions that exported Python files are made of: NumPy, one after the other.

Their source is copied into the files, without the type hints; they import NumPy and call each
other, nothing else. They compute in the order in which minikeras does, so that the numbers are the
same.
"""
