"""A chart of a schedule: what each instalment asks for, and the balance after it, as SVG or PNG.

The picture is a list of shapes that two small painters draw, so both files show the same. Principal is dark, interest hatched and
fees white: told apart without colour. Amounts become lengths here and nowhere else.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from html import escape
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from schemas.money import of_minor

WIDTH, HEIGHT = 960, 640
_LEFT, _RIGHT = 110, 930
_BARS = (70, 340)
_BALANCE = (400, 590)
_INK, _DARK, _LIGHT, _PALE = "#000000", "#2b4a6f", "#f2b05e", "#ffffff"
_GRID = "#d0d0d0"
_FINE = 3
"""PNG is painted this many times as large and then made smaller: lines and letters are smooth."""


@dataclass(frozen=True, slots=True)
class Column:
    """One row of a schedule, in minor units."""

    label: str
    principal: int
    interest: int
    fees: int
    balance: int


@dataclass(frozen=True, slots=True)
class Box:
    """A filled rectangle, hatched where it is interest."""

    x: float
    y: float
    width: float
    height: float
    fill: str
    hatched: bool = False
    outlined: bool = True


@dataclass(frozen=True, slots=True)
class Trace:
    """A line through points."""

    points: tuple[tuple[float, float], ...]
    colour: str = _INK
    thick: float = 1


@dataclass(frozen=True, slots=True)
class Text:
    """Words; ``anchor`` is start, middle or end."""

    x: float
    y: float
    said: str
    anchor: str = "start"
    size: int = 13


Shape = Box | Trace | Text


def write(file: Path, title: str, currency: str, start: int, columns: Sequence[Column]) -> None:
    """Write the chart; the end of the file's name decides the form. ``start`` is the balance before the first row."""
    shapes = list(_shapes(title, currency, start, columns))
    if file.suffix.lower() == ".png":
        file.write_bytes(_png(shapes))
    else:
        file.write_text(_svg(title, shapes), encoding="utf-8")


def _shapes(title: str, currency: str, start: int, columns: Sequence[Column]) -> Iterator[Shape]:
    yield Box(0, 0, WIDTH, HEIGHT, _PALE, outlined=False)
    yield Text(_LEFT, 28, title, size=16)
    yield from _legend(any(column.fees for column in columns))
    yield from _instalments(currency, columns)
    yield from _balances(currency, start, columns)


def _legend(fees: bool) -> Iterator[Shape]:
    x = _LEFT
    for name, fill, hatched in (("principal", _DARK, False), ("interest", _LIGHT, True), ("fees", _PALE, False)):
        if name != "fees" or fees:
            yield Box(x, 42, 14, 14, fill, hatched)
            yield Text(x + 20, 54, name)
            x += 110


def _instalments(currency: str, columns: Sequence[Column]) -> Iterator[Shape]:
    """Bars, one a row, stacked from principal up."""
    top, bottom = _BARS
    highest = max(column.principal + column.interest + column.fees for column in columns)
    up = _scale(highest, bottom - top)
    yield from _axis(currency, highest, top, bottom, "each instalment")
    for (left, width), column in zip(_places(len(columns)), columns, strict=True):
        base: float = bottom
        parts = ((column.principal, _DARK, False), (column.interest, _LIGHT, True), (column.fees, _PALE, False))
        for units, fill, hatched in parts:
            if units > 0:
                height = up(units)
                base -= height
                yield Box(left, base, width, height, fill, hatched and width >= 4, outlined=width >= 4)
    yield from _labels(columns, bottom)


def _balances(currency: str, start: int, columns: Sequence[Column]) -> Iterator[Shape]:
    """Steps: the balance falls where a row is due."""
    top, bottom = _BALANCE
    highest = max(start, *(column.balance for column in columns))
    up = _scale(highest, bottom - top)
    yield from _axis(currency, highest, top, bottom, "balance after it")
    points: list[tuple[float, float]] = [(_LEFT, bottom - up(start))]
    for (left, width), column in zip(_places(len(columns)), columns, strict=True):
        points += [(left + width / 2, points[-1][1]), (left + width / 2, bottom - up(column.balance))]
    yield Trace((*points, (_RIGHT, points[-1][1])), thick=2)
    yield from _labels(columns, bottom)


def _axis(currency: str, highest: int, top: int, bottom: int, name: str) -> Iterator[Shape]:
    """Grid lines at round amounts, and what is drawn."""
    step = _round_step(highest)
    up = _scale(highest, bottom - top)
    for units in range(0, highest + 1, step):
        y = bottom - up(units)
        yield Trace(((_LEFT, y), (_RIGHT, y)), _INK if units == 0 else _GRID)
        yield Text(_LEFT - 8, y + 4, f"{of_minor(units, currency).amount:,f}", "end", 12)
    yield Text(_RIGHT, top - 8, f"{name}, {currency}", "end", 12)


def _labels(columns: Sequence[Column], bottom: int) -> Iterator[Shape]:
    """Every row's number where there is room, else every so many."""
    every = -(-len(columns) // 24)
    for i, ((left, width), column) in enumerate(zip(_places(len(columns)), columns, strict=True)):
        if i % every == 0:
            yield Text(left + width / 2, bottom + 18, column.label, "middle", 12)


def _places(count: int) -> Iterator[tuple[float, float]]:
    """Left edge and width of each bar."""
    room = (_RIGHT - _LEFT) / count
    width = min(room * 0.72, 60)
    return ((_LEFT + room * i + (room - width) / 2, width) for i in range(count))


def _scale(highest: int, length: int) -> Callable[[int], float]:
    """Minor units to a length; exact until the picture's coordinate."""
    return lambda units: float(Fraction(units * length, max(highest, 1)))


def _round_step(highest: int) -> int:
    """1, 2 or 5 times a power of ten: four to nine grid lines."""
    rough = max(Decimal(highest) / 5, Decimal(1))
    power = Decimal(10) ** rough.adjusted()
    return int(next(times * power for times in (1, 2, 5, 10) if times * power >= rough))


def _svg(title: str, shapes: Sequence[Shape]) -> str:
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}"'
        ' font-family="sans-serif" role="img">',
        f"<title>{escape(title)}</title>",
        '<defs><pattern id="hatch" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
        f'<rect width="5" height="5" fill="{_LIGHT}"/><line x1="0" y1="0" x2="0" y2="5" stroke="{_INK}"/></pattern></defs>',
        *map(_svg_shape, shapes),
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def _svg_shape(shape: Shape) -> str:
    if isinstance(shape, Box):
        fill = "url(#hatch)" if shape.hatched else shape.fill
        edge = f' stroke="{_INK}" stroke-width="0.8"' if shape.outlined else ""
        place = f'x="{shape.x:.2f}" y="{shape.y:.2f}" width="{shape.width:.2f}" height="{shape.height:.2f}"'
        return f'<rect {place} fill="{fill}"{edge}/>'
    if isinstance(shape, Trace):
        points = " ".join(f"{x:.2f},{y:.2f}" for x, y in shape.points)
        return f'<polyline points="{points}" fill="none" stroke="{shape.colour}" stroke-width="{shape.thick:g}"/>'
    place = f'x="{shape.x:.2f}" y="{shape.y:.2f}" font-size="{shape.size}" text-anchor="{shape.anchor}"'
    return f"<text {place}>{escape(shape.said)}</text>"


def _png(shapes: Sequence[Shape]) -> bytes:
    image = Image.new("RGB", (WIDTH * _FINE, HEIGHT * _FINE), _PALE)
    painter = ImageDraw.Draw(image)
    for shape in shapes:
        if isinstance(shape, Box):
            _paint_box(image, painter, shape)
        elif isinstance(shape, Trace):
            points = [(x * _FINE, y * _FINE) for x, y in shape.points]
            painter.line(points, fill=shape.colour, width=round(shape.thick * _FINE))
        else:
            # The font that Pillow brings along: no library and no font of the system is needed.
            font = ImageFont.load_default(shape.size * _FINE)
            anchor = {"start": "ls", "middle": "ms", "end": "rs"}[shape.anchor]
            painter.text((shape.x * _FINE, shape.y * _FINE), shape.said, fill=_INK, font=font, anchor=anchor)
    file = BytesIO()
    image.resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS).save(file, "PNG", optimize=True)
    return file.getvalue()


def _paint_box(image: Image.Image, painter: ImageDraw.ImageDraw, box: Box) -> None:
    left, top = round(box.x * _FINE), round(box.y * _FINE)
    right, bottom = round((box.x + box.width) * _FINE), round((box.y + box.height) * _FINE)
    if right <= left or bottom <= top:
        return
    painter.rectangle((left, top, right - 1, bottom - 1), fill=box.fill)
    if box.hatched:
        patch = Image.new("RGB", (right - left, bottom - top), box.fill)
        lines = ImageDraw.Draw(patch)
        for offset in range(-patch.height, patch.width, 7 * _FINE):
            lines.line((offset, patch.height, offset + patch.height, 0), fill=_INK, width=_FINE)
        image.paste(patch, (left, top))
    if box.outlined:
        painter.rectangle((left, top, right - 1, bottom - 1), outline=_INK, width=_FINE - 1)
