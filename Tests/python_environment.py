"""The Python for tests of client libraries: a virtual environment with the packages pinned in requirements.txt.

It is kept in .build between runs, and rebuilt when the pins or the Python version change.
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
    """Returns the path of its interpreter. Raises RuntimeError with pip's output if installing fails."""
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
    """Continues in the environment: the calling script is started again there, with the same arguments."""
    if os.path.realpath(sys.prefix) == os.path.realpath(FOLDER):
        return
    python = prepare()
    os.execv(python, [python, *sys.argv])
