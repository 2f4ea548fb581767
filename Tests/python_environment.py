"""The Python that tests of client libraries run in: one virtual environment with the pinned packages of requirements.txt.

It is kept in .build from run to run, and made anew when the pins or the Python change.
"""
import hashlib
import os
import shutil
import subprocess
import sys
import venv

HERE = os.path.dirname(os.path.abspath(__file__))
REQUIREMENTS = os.path.join(HERE, "requirements.txt")
FOLDER = os.path.join(os.path.dirname(HERE), ".build", "python")


def prepare():
    """Returns the path of its interpreter. Raises RuntimeError with pip's words if the packages cannot be had."""
    with open(REQUIREMENTS, "rb") as file:
        wanted = hashlib.sha256(file.read() + sys.version.encode()).hexdigest()
    stamp, python = os.path.join(FOLDER, "requirements.sha256"), os.path.join(FOLDER, "bin", "python")
    if os.path.exists(stamp) and open(stamp).read() == wanted:
        return python
    shutil.rmtree(FOLDER, ignore_errors=True)
    venv.create(FOLDER, with_pip=True)
    command = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", REQUIREMENTS]
    done = subprocess.run(command, capture_output=True, text=True, timeout=540)
    if done.returncode != 0:
        raise RuntimeError(
            "the pinned packages cannot be installed (does this machine have a network?): "
            + done.stderr.strip()[-2000:])
    with open(stamp, "w") as file:
        file.write(wanted)
    return python


def enter():
    """Goes on in the environment: the script that calls this is started again there, with the same arguments."""
    if os.path.realpath(sys.prefix) == os.path.realpath(FOLDER):
        return
    python = prepare()
    os.execv(python, [python, *sys.argv])
