"""Writing files: whole or not at all, through links, and into what is no regular file."""

import errno
import os
import stat
import threading

import pytest

from quadmaml import cli
from quadmaml.datasets import random_tasks
from quadmaml.datasets.saved import save_tasks
from quadmaml.errors import InputError
from quadmaml.files import replace, replace_all

posix = pytest.mark.skipif(os.name != "posix", reason="needs POSIX pipes and permissions")


@pytest.fixture(autouse=True)
def _in_tmp_path(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def read(path):
    with open(path, "rb") as file:
        return file.read()


def pipe(name):
    """A named pipe, and a thread that reads from it what the function at the end gives."""
    os.mkfifo(name)
    received = []
    reader = threading.Thread(target=lambda: received.append(read(name)), daemon=True)
    reader.start()

    def finish():
        if reader.is_alive() and not stat.S_ISFIFO(os.stat(name).st_mode):
            return None  # the pipe is gone, and the reader waits for ever
        reader.join(timeout=10)
        return received[0] if received else None

    return finish


def test_a_new_file_and_one_in_place_of_an_old():
    replace("a", b"first")
    replace("a", b"second")
    assert (read("a"), os.listdir()) == (b"second", ["a"])


def test_a_name_as_long_as_the_disk_allows():
    name = "a" * 255
    replace(name, b"x")
    assert os.listdir() == [name]


@pytest.mark.parametrize("target", ["old", "new"])
def test_a_link_is_followed(target):
    os.mkdir("folder")
    replace(os.path.join("folder", "old"), b"old")
    os.symlink(os.path.join("folder", target), "link")
    replace("link", b"content")
    assert os.readlink("link") == os.path.join("folder", target)
    assert read(os.path.join("folder", target)) == b"content"
    assert sorted(os.listdir("folder")) == sorted({"old", target})


def test_a_link_to_itself_is_an_error():
    os.symlink("link", "link")
    with pytest.raises(OSError, match="link") as caught:
        replace("link", b"content")
    assert caught.value.errno == errno.ELOOP
    assert os.readlink("link") == "link"


@posix
def test_a_pipe_is_written_and_stays():
    finish = pipe("pipe")
    replace("pipe", b"content")
    assert stat.S_ISFIFO(os.stat("pipe").st_mode)
    assert (finish(), os.listdir()) == (b"content", ["pipe"])


@posix
def test_a_file_without_a_name_is_written_where_it_is():
    with open("gone", "w+b") as file:
        os.unlink("gone")
        if not os.path.exists(f"/dev/fd/{file.fileno()}"):
            pytest.skip("no /dev/fd here")
        replace(f"/dev/fd/{file.fileno()}", b"content")
        assert (file.read(), os.listdir()) == (b"content", [])


@posix
def test_permissions_are_those_of_a_plain_open():
    old = os.umask(0o027)
    try:
        replace("new", b"")
        replace("kept", b"")
        os.chmod("kept", 0o604)
        replace("kept", b"content")
    finally:
        os.umask(old)
    assert [os.stat(name).st_mode & 0o777 for name in ("new", "kept")] == [0o640, 0o604]


@posix
def test_a_file_that_may_not_be_written_is_not_replaced(monkeypatch):
    replace("a", b"old")
    real = os.open

    def refuse(path, flags, *rest, **options):
        if flags & os.O_WRONLY and str(path).endswith("a"):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        return real(path, flags, *rest, **options)

    monkeypatch.setattr("os.open", refuse)
    with pytest.raises(PermissionError, match="'a'"):
        replace("a", b"new")
    assert (read("a"), os.listdir()) == (b"old", ["a"])


@pytest.mark.parametrize("path", ["", "nowhere/a", "folder", "folder/", "new/"])
def test_no_name_for_a_file_is_an_error_that_names_it(path):
    os.mkdir("folder")
    with pytest.raises(OSError, match=f"'{path}'"):
        replace(path, b"x")
    assert os.listdir() == ["folder"]
    assert os.listdir("folder") == []


@pytest.mark.parametrize("step", ["fsync", "link", "replace"])
def test_all_files_or_none(step, monkeypatch):
    real, calls = getattr(os, step), []
    replace("a", b"old a")
    replace("b", b"old b")

    def second_fails(*arguments):
        calls.append(arguments)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return real(*arguments)

    monkeypatch.setattr(f"os.{step}", second_fails)
    with pytest.raises(KeyboardInterrupt):
        replace_all({"new": b"new", "a": b"a", "b": b"b"})
    assert (read("a"), read("b"), sorted(os.listdir())) == (b"old a", b"old b", ["a", "b"])


def test_a_folder_among_several_leaves_the_others():
    os.mkdir("folder")
    replace("a", b"old")
    with pytest.raises(IsADirectoryError, match="'folder'"):
        replace_all({"a": b"new", "folder": b"x"})
    assert (read("a"), sorted(os.listdir())) == (b"old", ["a", "folder"])


def test_two_paths_to_one_file_are_refused():
    os.symlink("a", "link")
    with pytest.raises(InputError, match=r"^link: is the same file as a; expected another$"):
        replace_all({"a": b"1", "link": b"2"})
    assert os.listdir() == ["link"]


# Every command that writes a file

COMMANDS = {
    "solve": (["solve", "--algorithm", "maml", "-o", "x"], b"PK"),
    "adapt": (["adapt", "start.npz", "new.csv", "-o", "x"], b"firm"),
    "derive": (["derive", "parallel-sum", "-o", "x"], b""),
    "figure": (["figure", "spectra", "-o", "x"], b"%PDF"),
    "data of a figure": (["figure", "spectra", "--data", "x"], b""),
}


@pytest.fixture
def _start():
    assert cli.main(["solve", "--algorithm", "maml", "-o", "start.npz"]) == 0
    replace("new.csv", b"firm,value,capital,invest\nnew,1.0,2.0,3.0\nnew,2.0,1.0,2.5\nnew,4.0,3.0,\n")


@pytest.mark.usefixtures("_start")
@pytest.mark.parametrize(("words", "beginning"), COMMANDS.values(), ids=COMMANDS)
def test_commands_write_through_links(words, beginning):
    os.symlink("target", "x")
    assert cli.main(words) == 0
    assert os.readlink("x") == "target"
    assert len(read("target")) > 20
    assert read("target").startswith(beginning)


@posix
@pytest.mark.usefixtures("_start")
@pytest.mark.parametrize(("words", "beginning"), COMMANDS.values(), ids=COMMANDS)
def test_commands_write_into_pipes(words, beginning):
    finish = pipe("x")
    assert cli.main(words) == 0
    received = finish()
    assert received is not None
    assert len(received) > 20
    assert received.startswith(beginning)


@posix
def test_tasks_and_reports_are_written_through_links():
    os.symlink("target", "tasks.npz")
    save_tasks("tasks.npz", random_tasks(4, [1.0, 2.0]))
    assert os.path.islink("tasks.npz")
    os.mkdir("out")
    os.symlink(os.path.join(os.pardir, "page"), os.path.join("out", "report.html"))
    assert cli.main(["report", "--out", "out"]) == 0
    assert os.path.islink(os.path.join("out", "report.html"))
    assert read("page").startswith(b"<!DOCTYPE html>")
