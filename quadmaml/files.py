"""Files that are written whole or not at all: under another name first, then put in place.

Links are followed, and what is no regular file, such as a device or a pipe, is written as it stands.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from os import PathLike

from .errors import InputError

__all__ = ["replace", "replace_all"]


def replace(path: str | PathLike[str], content: bytes) -> None:
    """Write a file, which is complete or as it was; its permissions are those that a plain ``open`` would leave.

    Raises
    ------
    OSError
        If it cannot be written; it names the path.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     replace(os.path.join(folder, "new.txt"), b"whole")
    ...     os.listdir(folder)
    ['new.txt']
    """
    replace_all({os.fspath(path): content})


def replace_all(contents: Mapping[str, bytes]) -> None:
    """Write several files, all or none: if one cannot be put in place, earlier files are put back.

    Raises
    ------
    InputError
        If two of the paths lead to one file.
    OSError
        As of :func:`replace`.
    """
    plan = {_Place.of(path): content for path, content in contents.items()}
    regular = _distinct([place for place in plan if not place.in_place])
    placed: list[_Place] = []
    try:
        # Last, of all that may find no room, what cannot be taken back.
        for place, content in sorted(plan.items(), key=lambda item: item[0].in_place):
            place.write(content)
        for place in regular:
            place.keep()
        for place in regular:
            placed.append(place)
            with _naming(place.path):
                os.replace(place.new, place.target)
    except BaseException:
        for place in placed:
            place.put_back()
        raise
    finally:
        for place in regular:
            for left in (place.new, place.old):
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(left)


@dataclass(frozen=True)
class _Place:
    """Where a path leads to.

    Attributes
    ----------
    path : str
        As it was given, for messages.
    target : str
        The file behind all links.
    mode : int or None
        The permissions of the file that is there.
    in_place : bool
        Whether something is there that is no regular file, or none that has a name.
    new, old : str
        Names in the same folder, for the new file before it is put in place, and for the old one meanwhile.
    """

    path: str
    target: str
    mode: int | None
    in_place: bool
    new: str
    old: str

    @classmethod
    def of(cls, path: str) -> _Place:
        target = os.path.realpath(path)
        try:
            there: os.stat_result | None = os.stat(path)
        except FileNotFoundError:
            # A name that ends in a separator, or none at all, is no name for a new file.
            if not os.path.basename(path):
                raise
            there = None
        named = there is None or (os.path.exists(target) and os.path.samefile(path, target))
        in_place = not named or (there is not None and not stat.S_ISREG(there.st_mode))
        mode = None if there is None else stat.S_IMODE(there.st_mode)
        # A name of fixed length: with a suffix, one that just fits would be too long.
        hidden = os.path.join(os.path.dirname(target), f".quadmaml-{secrets.token_hex(8)}")
        return cls(path, target, mode, in_place, f"{hidden}.new", f"{hidden}.old")

    def write(self, content: bytes) -> None:
        with _naming(self.path):
            if self.in_place:
                with open(self.path, "wb") as file:
                    file.write(content)
                return
            if self.mode is not None:
                # A file that may not be written is not replaced either.
                os.close(os.open(self.target, os.O_WRONLY))
            with open(self.new, "xb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            if self.mode is not None:
                os.chmod(self.new, self.mode)

    def keep(self) -> None:
        """Give the earlier file, if there is one, a second name; where the disk knows no links, make a copy."""
        if self.mode is None:
            return
        with _naming(self.path):
            try:
                os.link(self.target, self.old)
            except OSError:
                shutil.copy2(self.target, self.old)

    def put_back(self) -> None:
        with contextlib.suppress(OSError):
            if os.path.exists(self.old):
                os.replace(self.old, self.target)
            elif not os.path.exists(self.new):
                os.unlink(self.target)


def _distinct(places: list[_Place]) -> list[_Place]:
    seen: dict[str, _Place] = {}
    for place in places:
        if place.target in seen:
            raise InputError(f"{place.path}: is the same file as {seen[place.target].path}; expected another")
        seen[place.target] = place
    return places


@contextlib.contextmanager
def _naming(path: str) -> Iterator[None]:
    """Errors name the path that was given, not the one that is written for a while."""
    try:
        yield
    except OSError as error:
        raise OSError(error.errno, error.strerror, path) from None
