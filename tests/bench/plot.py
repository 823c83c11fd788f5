# SPDX-License-Identifier: GPL-2.0-or-later
"""Bars and lines as SVG, by hand: nothing is needed but Python itself."""
import math
from html import escape

WIDTH, HEIGHT = 760, 400
LEFT, RIGHT, TOP, BOTTOM = 80, 20, 70, 60
COLOURS = ["#1b5e9b", "#9aa5b1", "#d98324", "#b4532a", "#6b8f3c", "#7a5195", "#444444", "#c9a227"]


class Axis:
    """From values to pixels; a logarithmic one begins at a power of ten."""

    def __init__(self, low, high, begin, end, logarithmic):
        self.logarithmic = logarithmic
        if logarithmic:
            self.low = 10 ** math.floor(math.log10(low))
            self.high = 10 ** math.ceil(math.log10(high * 1.05))
        else:
            self.low, self.high = 0, high * 1.1
        self.begin, self.end = begin, end

    def place(self, value):
        if self.logarithmic:
            value = max(value, self.low)
            share = math.log(value / self.low) / math.log(self.high / self.low)
        else:
            share = (value - self.low) / (self.high - self.low)
        return self.begin + share * (self.end - self.begin)

    def ticks(self):
        if self.logarithmic:
            count = round(math.log10(self.high / self.low))
            return [self.low * 10**power for power in range(count + 1)]
        step = 10 ** math.floor(math.log10(self.high))
        while self.high / step < 4:
            step /= 2
        return [step * number for number in range(int(self.high / step) + 1)]


def short(value):
    for factor, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= factor:
            return f"{value / factor:.3g} {letter}"
    return f"{value:.3g}"


def text(x, y, words, anchor="middle", size=12, more=""):
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}"{more}>'
        f"{escape(words)}</text>"
    )


def frame(title, unit, names, axis):
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        'font-family="sans-serif" fill="#222">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
        text(LEFT, 22, title, "start", 15),
    ]
    for tick in axis.ticks():
        y = axis.place(tick)
        parts.append(
            f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}" stroke="#ddd"/>'
        )
        parts.append(text(LEFT - 6, y + 4, short(tick), "end"))
    middle = (TOP + HEIGHT - BOTTOM) / 2
    parts.append(text(16, middle, unit, more=f' transform="rotate(-90 16 {middle:.1f})"'))
    x = LEFT
    for number, name in enumerate(names):
        colour = COLOURS[number % len(COLOURS)]
        parts.append(f'<rect x="{x}" y="36" width="11" height="11" fill="{colour}"/>')
        parts.append(text(x + 15, 46, name, "start"))
        x += 26 + 7 * len(name)
    return parts


def bars(path, title, unit, groups, names, values, logarithmic=False):
    """values[(group, name)]; what is absent is left out."""
    known = [value for value in values.values() if value > 0]
    if not known:
        return
    axis = Axis(min(known), max(known), HEIGHT - BOTTOM, TOP, logarithmic)
    parts = frame(title, unit, names, axis)
    room = (WIDTH - LEFT - RIGHT) / len(groups)
    width = room * 0.86 / len(names)
    for place, group in enumerate(groups):
        start = LEFT + place * room + room * 0.07
        for number, name in enumerate(names):
            value = values.get((group, name), 0)
            if value <= 0:
                continue
            x, y = start + number * width, axis.place(value)
            parts.append(
                f'<rect x="{x:.1f}" y="{y:.1f}" width="{width - 2:.1f}" '
                f'height="{HEIGHT - BOTTOM - y:.1f}" fill="{COLOURS[number % len(COLOURS)]}"/>'
            )
            if width > 24:
                parts.append(text(x + width / 2 - 1, y - 4, short(value), size=9))
        parts.append(text(start + room * 0.43, HEIGHT - BOTTOM + 18, group))
    write(path, parts)


def lines(path, title, unit, across, series):
    """series[name] = [(x, y)...], both axes logarithmic."""
    points = [point for run in series.values() for point in run]
    if not points:
        return
    axis = Axis(min(y for _, y in points), max(y for _, y in points), HEIGHT - BOTTOM, TOP, True)
    below = Axis(min(x for x, _ in points), max(x for x, _ in points), LEFT, WIDTH - RIGHT, True)
    parts = frame(title, unit, list(series), axis)
    for tick in below.ticks():
        parts.append(text(below.place(tick), HEIGHT - BOTTOM + 18, short(tick)))
    parts.append(text((LEFT + WIDTH) / 2, HEIGHT - 16, across))
    for number, run in enumerate(series.values()):
        colour = COLOURS[number % len(COLOURS)]
        places = [(below.place(x), axis.place(y)) for x, y in sorted(run)]
        path_text = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
        parts.append(
            f'<polyline points="{path_text}" fill="none" stroke="{colour}" stroke-width="2"/>'
        )
        parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="{colour}"/>' for x, y in places]
    write(path, parts)


def write(path, parts):
    with open(path, "w", encoding="utf-8") as file:
        file.write("\n".join(parts + ["</svg>", ""]))
