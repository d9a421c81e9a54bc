"""Where the sample programs lie in the package."""

from pathlib import Path

SAMPLES = Path(__file__).parent.parent / "demo" / "programs"


def path(name: str) -> Path:
    """The folder of a sample, such as `p2k2`: what `folder.check` and `publish.check` read."""
    return SAMPLES / name
