"""``ModelFileError``: what every reader raises when a file is not what it should be."""

__all__ = ["ModelFileError"]


class ModelFileError(ValueError):
    """A file of a model or of weights is damaged, unsafe, or does not fit the model.

    Parameters
    ----------
    file : str
        Name of the file.
    problem : str
        What is wrong with it.
    member : str, default ""
        The part of the file that is at fault, such as ``"layers/dense/vars/0"``.

    Examples
    --------
    >>> from minikeras.saving.errors import ModelFileError
    >>> raise ModelFileError("m.weights.h5", "expected shape (2, 3), got (3, 2)", "dense/vars/0")
    Traceback (most recent call last):
    ...
    minikeras.saving.errors.ModelFileError: m.weights.h5, dense/vars/0: expected shape (2, 3), ...
    """

    def __init__(self, file: str, problem: str, member: str = ""):
        super().__init__(file, problem, member)
        self.file = file
        self.problem = problem
        self.member = member

    def __str__(self) -> str:
        place = f"{self.file}, {self.member}" if self.member else self.file
        return f"{place}: {self.problem}"
