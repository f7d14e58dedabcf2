"""chart.py: CPU time per operation as bars, one panel a workload, in one SVG file."""
import html
import statistics

WIDTH, BAR, GAP, LABEL, PANEL = 460, 16, 4, 120, 34
OURS, THEIRS, FLOOR = "#1b6ca8", "#9aa5b1", "#d5dbe1"


def colour(name):
    return OURS if name.startswith("postern") else FLOOR if name.startswith("floor") else THEIRS


def panel(title, by_name, x, y):
    values = {name: statistics.median(r["cpu"] for r in rounds) for name, rounds in by_name.items()}
    highest = max(values.values()) or 1
    out = [f'<text x="{x}" y="{y + 14}" font-weight="bold">{html.escape(title)}</text>']
    top = y + 22
    for name, value in sorted(values.items(), key=lambda item: item[1]):
        length = (WIDTH - LABEL - 80) * value / highest
        out += [f'<text x="{x + LABEL - 6}" y="{top + 12}" text-anchor="end">{html.escape(name)}</text>',
                f'<rect x="{x + LABEL}" y="{top}" width="{length:.1f}" height="{BAR}" fill="{colour(name)}"/>',
                f'<text x="{x + LABEL + length + 4:.1f}" y="{top + 12}">{value:.1f} us</text>']
        top += BAR + GAP
    return out, top + PANEL - 22


def write(path, titles, results):
    columns, heights = ([], []), [8, 8]
    for case, by_name in results.items():
        if not by_name:
            continue
        side = 0 if heights[0] <= heights[1] else 1
        out, heights[side] = panel(f"({case}) {titles[case]}", by_name, 10 + side * (WIDTH + 20), heights[side])
        columns[side].extend(out)
    width, height = 2 * WIDTH + 40, max(heights)
    with open(path, "w") as file:
        file.write(f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
                   f'font-family="sans-serif" font-size="12"><rect width="100%" height="100%" fill="#fff"/>\n')
        file.write("\n".join(columns[0] + columns[1]) + "\n</svg>\n")
