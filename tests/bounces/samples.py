"""The sample messages: what each is, by name."""

from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent / "samples"


@dataclass(frozen=True)
class Sample:
    """One message, and what it says."""

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
    # The file is for people: kinds and classes stand there in words.
    return tuple(
        Sample(name, kind.replace(" ", "_"), recipient, bounce.replace(" ", "_"), status)
        for name, kind, recipient, bounce, status in rows
    )


SAMPLES = _read()
