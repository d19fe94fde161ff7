"""Disks of a test's own, which take root's rights."""

import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def small(place: Path):
    """A disk of 1 MiB at `place`."""
    place.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", place], check=True, capture_output=True)
    try:
        yield place
    finally:
        subprocess.run(["umount", place], check=True)


def can_be_mounted() -> bool:
    """Whether this user may mount one."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            with small(Path(folder) / "disk"):
                return True
        except (OSError, subprocess.CalledProcessError):
            return False
