"""The sample messages by name, with their classification."""

from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent / "samples"


@dataclass(frozen=True)
class Sample:
    """One message, and its classification."""

    name: str
    kind: str
    recipient: str
    bounce: str
    status: str

    @property
    def data(self) -> bytes:
        return (FOLDER / f"{self.name}.eml").read_bytes()


def _read() -> tuple[Sample, ...]:
    lines = (FOLDER / "expected.txt").read_text(encoding="utf-8").splitlines()
    rows = [line.split(" | ") for line in lines if not line.startswith("#")]
    # The file is for people: kinds and classes are written as words.
    return tuple(
        Sample(name, kind.replace(" ", "_"), recipient, bounce.replace(" ", "_"), status)
        for name, kind, recipient, bounce, status in rows
    )


SAMPLES = _read()
