"""curves.py: series of figures as lines, both axes logarithmic, a panel each, in one SVG file.
In such a picture what is linear is a straight line that climbs as steeply as the thin grey one."""
import html
import math

WIDTH, HEIGHT, LEFT, TOP, COLUMNS = 300, 200, 70, 40, 3
LINE, GRID = "#1b6ca8", "#d5dbe1"


def decades(values):
    low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
    return low, max(high, low + 1)


def short(power):
    names = {0: "1", 3: "1 k", 6: "1 M", 9: "1 G", -3: "1 m"}
    return names.get(power) or f"{10 ** (power % 3)} {names.get(power - power % 3, '1')[2:]}".strip()


def panel(title, what, figure, points, x, y):
    points = [(p["x"], p[figure]) for p in points if p[figure] > 0]
    out = [f'<text x="{x}" y="{y + 14}" font-weight="bold">{html.escape(figure)}</text>',
           f'<text x="{x}" y="{y + 30}" fill="#555">{html.escape(title)}</text>']
    if not points:
        return out
    (x0, x1), (y0, y1) = decades([p[0] for p in points]), decades([p[1] for p in points])
    across, up = WIDTH - LEFT - 20, HEIGHT - TOP - 30

    def place(px, py):
        return (x + LEFT + across * (math.log10(px) - x0) / (x1 - x0), y + TOP + up - up * (math.log10(py) - y0) / (y1 - y0))

    for power in range(x0, x1 + 1):
        at = place(10 ** power, 10 ** y0)[0]
        out.append(f'<path d="M{at:.1f} {y + TOP}v{up}" stroke="{GRID}"/>')
        if (power - x0) % max(1, (x1 - x0) // 4) == 0:
            out.append(f'<text x="{at:.1f}" y="{y + TOP + up + 14}" text-anchor="middle">{short(power)}</text>')
    for power in range(y0, y1 + 1):
        at = place(10 ** x0, 10 ** power)[1]
        out += [f'<path d="M{x + LEFT} {at:.1f}h{across}" stroke="{GRID}"/>',
                f'<text x="{x + LEFT - 6}" y="{at + 4:.1f}" text-anchor="end">{short(power)}</text>']
    reach = min(x1 - x0, y1 - y0)
    a, b = place(10 ** x0, 10 ** y0), place(10 ** (x0 + reach), 10 ** (y0 + reach))
    out.append(f'<path d="M{a[0]:.1f} {a[1]:.1f}L{b[0]:.1f} {b[1]:.1f}" stroke="#9aa5b1" stroke-dasharray="3 3"/>')
    dots = [place(*point) for point in points]
    out.append(f'<polyline fill="none" stroke="{LINE}" stroke-width="2" points="{" ".join(f"{px:.1f},{py:.1f}" for px, py in dots)}"/>')
    out += [f'<circle cx="{px:.1f}" cy="{py:.1f}" r="3" fill="{LINE}"/>' for px, py in dots]
    return out


def write(path, series):
    panels = [(title, what, figure, points) for title, what, points in series for figure in points[0] if figure != "x"]
    out = []
    for n, one in enumerate(panels):
        out += panel(*one, 10 + n % COLUMNS * (WIDTH + 20), 10 + n // COLUMNS * (HEIGHT + 20))
    width, height = COLUMNS * (WIDTH + 20) + 10, (len(panels) + COLUMNS - 1) // COLUMNS * (HEIGHT + 20) + 10
    with open(path, "w") as file:
        file.write(f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
                   f'font-family="sans-serif" font-size="11"><rect width="100%" height="100%" fill="#fff"/>\n')
        file.write("\n".join(out) + "\n</svg>\n")
