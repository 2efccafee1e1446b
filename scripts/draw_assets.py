"""Draws the pictures of the sample newsletter: the logo, the charts and the podcast covers.

In: nothing but the figures and words below. Out: small PNG files in assets/ and issues/assets/,
always the same for one version of Pillow.
Never reads the network, a font of the machine, or the clock.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

ROOT = Path(__file__).resolve().parent.parent

#: Everything is drawn this much larger and scaled down: Pillow's own lines and curves have hard edges.
SCALE = 4

ACCENT = "#9b1c1c"
ACCENT_ON_DARK = "#d4483f"
INK = "#1f2328"
INK_ON_DARK = "#f3efe8"
GREY = "#6b7280"
RULE = "#d5d8dd"
PAPER = "#ffffff"
TINT = "#f8eeec"
CREAM = "#f6e7d8"
GOLD = "#e9b949"
NAVY = "#1d3557"

Point = tuple[float, float]
Box = tuple[float, float, float, float]


class Canvas:
    """A drawing surface in the pixels of the finished picture."""

    def __init__(self, width: int, height: int, background: str | None = PAPER) -> None:
        self.size = (width, height)
        whole = (width * SCALE, height * SCALE)
        self.image = Image.new("RGBA", whole, background or (0, 0, 0, 0))
        self.pen = ImageDraw.Draw(self.image)

    def box(self, box: Box, *, fill: str | None = None, radius: float = 0) -> None:
        """Fill a rectangle, with round corners if asked."""
        scaled = [round(value * SCALE) for value in box]
        # Pillow counts the last pixel as inside.
        scaled[2] -= 1
        scaled[3] -= 1
        self.pen.rounded_rectangle(scaled, radius=radius * SCALE, fill=fill)

    def dot(self, centre: Point, radius: float, fill: str, ring: str | None = None, ring_width: float = 0) -> None:
        """Fill a circle, with a ring of another colour around it if asked."""
        x, y = centre
        if ring is not None:
            self.dot(centre, radius + ring_width, ring)
        self.pen.ellipse([(x - radius) * SCALE, (y - radius) * SCALE, (x + radius) * SCALE, (y + radius) * SCALE], fill)

    def line(self, points: Iterable[Point], fill: str, width: float) -> None:
        """Draw a line through the points, with round ends and joints."""
        scaled = [(x * SCALE, y * SCALE) for x, y in points]
        self.pen.line(scaled, fill=fill, width=round(width * SCALE), joint="curve")
        half = width * SCALE / 2
        for x, y in (scaled[0], scaled[-1]):
            self.pen.ellipse([x - half, y - half, x + half, y + half], fill)

    def dashes(self, start: Point, end: Point, fill: str, width: float, dash: float = 9, gap: float = 8) -> None:
        """Draw a dashed straight line."""
        length = math.dist(start, end)
        step = ((end[0] - start[0]) / length, (end[1] - start[1]) / length)
        at = 0.0
        while at < length:
            to = min(at + dash, length)
            ends = [(start[0] + step[0] * way, start[1] + step[1] * way) for way in (at, to)]
            self.pen.line([(x * SCALE, y * SCALE) for x, y in ends], fill=fill, width=round(width * SCALE))
            at += dash + gap

    def arrow(self, start: Point, end: Point, fill: str, width: float, head: float = 12) -> None:
        """Draw a straight line that ends in an open arrow head."""
        angle = math.atan2(end[1] - start[1], end[0] - start[0])
        wings = [
            (end[0] - head * math.cos(angle + turn), end[1] - head * math.sin(angle + turn)) for turn in (-0.5, 0.5)
        ]
        self.line([start, end], fill, width)
        self.line([wings[0], end, wings[1]], fill, width)

    def text(self, at: Point, words: str, size: float, fill: str, *, anchor: str = "ls", weight: float = 0) -> None:
        """Write words; `anchor` is Pillow's, `weight` thickens the one weight that Pillow's own font has."""
        font = ImageFont.load_default(size * SCALE)
        self.pen.text(
            (at[0] * SCALE, at[1] * SCALE), words, fill, font, anchor, stroke_width=weight * SCALE, stroke_fill=fill
        )

    def save(self, name: str, colours: int | None = None) -> None:
        """Scale down and write the file; with `colours`, as a palette picture without transparency."""
        picture = self.image.resize(self.size, Image.Resampling.LANCZOS)
        if colours is not None:
            picture = picture.convert("RGB").quantize(
                colours, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE
            )
        path = ROOT / name
        path.parent.mkdir(parents=True, exist_ok=True)
        picture.save(path, optimize=True)
        print(f"{path.stat().st_size:6,} bytes  {name}")


def seal(canvas: Canvas, box: Box, paper: str, ink: str) -> None:
    """Draw the mark: the character for "middle", as cut into a square seal."""
    left, top, right, bottom = box
    unit = (right - left) / 24
    canvas.box(box, fill=paper, radius=3 * unit)
    stroke = 2.2 * unit
    outer = (left + 5 * unit, top + 7.2 * unit, right - 5 * unit, bottom - 8.2 * unit)
    canvas.box(outer, fill=ink, radius=0.4 * unit)
    canvas.box((outer[0] + stroke, outer[1] + stroke, outer[2] - stroke, outer[3] - stroke), fill=paper)
    middle = (left + right) / 2
    canvas.box((middle - stroke / 2, top + 3.6 * unit, middle + stroke / 2, bottom - 3.2 * unit), fill=ink)


def logo(name: str, ink: str, accent: str) -> None:
    """Draw the mark and the name, to be shown at half size."""
    canvas = Canvas(440, 96, background=None)
    seal(canvas, (4, 8, 84, 88), accent, "#ffffff")
    canvas.text((104, 64), "China Briefing", 47, ink, weight=0.6)
    canvas.save(name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What the charts say in one language."""

    suffix: str
    power: str
    ability: str
    thrift: str
    scaling: str
    same: str
    chips: tuple[str, ...]
    schematic: str
    months: tuple[str, str]
    values: tuple[str, str]
    levels: tuple[str, str, str]
    growing: str
    shrinking: str


ENGLISH = Words(
    suffix="",
    power="Computing power",
    ability="What the model can do",
    thrift="Better methods",
    scaling="More chips",
    same="Same result, fewer chips",
    chips=("DeepSeek R1: about", "2,000 H800 chips"),
    schematic="Schematic, not to scale",
    months=("December 2024", "January 2025"),
    values=("50.1", "49.1"),
    levels=("49", "50", "51"),
    growing="Factory activity grows",
    shrinking="Factory activity shrinks",
)

# Pillow's own font has no umlauts: the German words do without.
GERMAN = Words(
    suffix=".de",
    power="Rechenleistung",
    ability="Was das Modell kann",
    thrift="Bessere Methoden",
    scaling="Mehr Chips",
    same="Gleich gut, weniger Chips",
    chips=("DeepSeek R1: rund", "2.000 H800-Chips"),
    schematic="Schema ohne Skala",
    months=("Dezember 2024", "Januar 2025"),
    values=("50,1", "49,1"),
    levels=("49", "50", "51"),
    growing="Industrie legt zu",
    shrinking="Industrie schrumpft",
)


def chip_efficiency(words: Words) -> None:
    """Draw the idea, not data: two ways of improving a model, and what the steeper one saves."""
    canvas = Canvas(1200, 640)
    left, right, top, bottom = 70.0, 1140.0, 96.0, 540.0

    def curve(bend: float, height: float) -> Callable[[float], float]:
        return lambda x: bottom - height * (1 - math.exp(-(x - left) / bend))

    thrifty, scaled = curve(210, 400), curve(620, 395)
    level = 250.0
    few, many = (left - bend * math.log(1 - (bottom - level) / height) for bend, height in ((210, 400), (620, 395)))

    canvas.box((few, level + 2, many, bottom), fill=TINT)
    canvas.dashes((few, level), (few, bottom), ACCENT, 2.5)
    canvas.dashes((many, level), (many, bottom), GREY, 2.5)

    canvas.arrow((left, bottom), (right + 20, bottom), INK, 3)
    canvas.arrow((left, bottom), (left, top - 20), INK, 3)
    canvas.text((left - 6, 48), words.ability, 32, INK)
    canvas.text((right + 20, bottom + 46), words.power, 32, INK, anchor="rs")

    for draw, colour, width in ((scaled, GREY, 6.0), (thrifty, ACCENT, 8.0)):
        canvas.line([(x, draw(x)) for x in range(round(left), round(right), 10)], colour, width)

    canvas.arrow((many - 22, level), (few + 24, level), INK, 3)
    canvas.text((many - 26, level - 16), words.same, 32, INK, anchor="rs", weight=0.4)
    canvas.dot((few, level), 12, ACCENT, PAPER, 4)
    canvas.dot((many, level), 12, GREY, PAPER, 4)

    for row, line in enumerate(words.chips):
        canvas.text((few + 20, bottom - 64 + row * 40), line, 32, ACCENT)
    canvas.text((right - 8, thrifty(right) - 26), words.thrift, 36, ACCENT, anchor="rs", weight=0.5)
    canvas.text((right - 8, scaled(right) + 66), words.scaling, 36, GREY, anchor="rs", weight=0.5)
    canvas.text((left - 6, bottom + 46), words.schematic, 26, GREY)
    canvas.save(f"issues/assets/chip-efficiency{words.suffix}.png", colours=48)


def pmi(words: Words) -> None:
    """Draw the purchasing managers' index of two months against its threshold of 50."""
    canvas = Canvas(1200, 560)
    left, right = 90.0, 1140.0

    def y(value: float) -> float:
        return 70 + (51 - value) * 175

    canvas.box((left, y(50), right, y(48.75)), fill=TINT)
    for value, label in zip((51, 50, 49), reversed(words.levels), strict=True):
        threshold = value == 50
        canvas.line([(left, y(value)), (right, y(value))], INK if threshold else RULE, 3 if threshold else 2)
        canvas.text((left - 22, y(value)), label, 32, INK if threshold else GREY, anchor="rm")
    canvas.text((left + 24, y(50) - 22), words.growing, 30, GREY)
    canvas.text((left + 24, y(50) + 46), words.shrinking, 30, ACCENT)

    points = [(560.0, y(50.1)), (960.0, y(49.1))]
    canvas.line(points, ACCENT, 8)
    for (x, at), label, month, lift in zip(points, words.values, words.months, (-30, 0), strict=True):
        canvas.dot((x, at), 14, ACCENT, PAPER, 4)
        canvas.text((x, y(48.75) + 52), month, 32, INK, anchor="ms")
        if lift:
            canvas.text((x, at + lift), label, 52, INK, anchor="ms", weight=0.8)
        else:
            canvas.text((x + 34, at + 18), label, 52, ACCENT, anchor="ls", weight=0.8)
    canvas.save(f"issues/assets/pmi{words.suffix}.png", colours=48)


def economy_cover() -> None:
    """Draw a sound wave that climbs like a column chart."""
    canvas = Canvas(480, 480, ACCENT)
    heights = (44, 72, 58, 104, 86, 142, 118, 186, 158, 236)
    width, gap, floor = 20, 14, 370
    start = (480 - len(heights) * width - (len(heights) - 1) * gap) / 2
    for place, height in enumerate(heights):
        x = start + place * (width + gap)
        canvas.box((x, floor - height, x + width, floor), fill=GOLD if place == len(heights) - 1 else CREAM, radius=10)
    canvas.box((start, floor + 22, 480 - start, floor + 26), fill="#c9746c", radius=2)
    canvas.save("issues/assets/podcast-economy.png", colours=48)


def europe_cover() -> None:
    """Draw a sound wave inside a ring of twelve."""
    canvas = Canvas(480, 480, NAVY)
    for hour in range(12):
        angle = math.tau * hour / 12 - math.pi / 2
        canvas.dot((240 + 164 * math.cos(angle), 240 + 164 * math.sin(angle)), 12, GOLD)
    heights = (36, 78, 122, 158, 122, 78, 36)
    width, gap = 16, 13
    start = (480 - len(heights) * width - (len(heights) - 1) * gap) / 2
    for place, height in enumerate(heights):
        x = start + place * (width + gap)
        canvas.box((x, 240 - height / 2, x + width, 240 + height / 2), fill=CREAM, radius=8)
    canvas.save("issues/assets/podcast-europe.png", colours=48)


def main() -> None:
    """Draw every picture."""
    logo("assets/logo.png", INK, ACCENT)
    logo("assets/logo-dark.png", INK_ON_DARK, ACCENT_ON_DARK)
    for words in (ENGLISH, GERMAN):
        chip_efficiency(words)
        pmi(words)
    economy_cover()
    europe_cover()


if __name__ == "__main__":
    main()
