"""What every page of the gate must be, whatever screen it is on: checked in a real
browser.  Each check complains with an AssertionError that names the page."""
import os

LOOKS = {"phone-light": (360, 740, "light"), "phone-dark": (360, 740, "dark"),
         "desktop-light": (1280, 800, "light"), "desktop-dark": (1280, 800, "dark"),
         "narrow-dark": (320, 568, "dark")}  # the last one is WCAG's 1.4.10
TAB = "\ue004"
SMALLEST_TEXT = 15     # pixels
SMALLEST_TARGET = 44   # pixels, WCAG 2.5.5


def accessible(b, axe, page):
    """No violation of what axe-core knows, best practices included."""
    with open(axe) as file:
        b.script(file.read())
    found = violations(b)
    assert not found, f"{page}: {found}"


def violations(b):
    result = b.promise("axe.run(document, {resultTypes: ['violations']})")
    return {v["id"]: [node["html"][:200] for node in v["nodes"]] for v in result["violations"]}


def fits(b, width, page):
    """Nothing is wider than the screen, no text is tiny, no control is hard to hit."""
    wide = b.script("return Math.max(innerWidth, document.documentElement.scrollWidth)")  # a phone zooms out
    assert wide <= width, f"{page}: {wide} pixels wide on a screen of {width}"
    tiny = b.script("""
      const all = [...document.body.querySelectorAll('*')].filter(e => [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim()));
      return all.filter(e => parseFloat(getComputedStyle(e).fontSize) < arguments[0]).map(e => e.outerHTML.slice(0, 100))""",
                    SMALLEST_TEXT)
    assert not tiny, f"{page}: text below {SMALLEST_TEXT} pixels: {tiny}"
    small = b.script("""
      return [...document.querySelectorAll('input:not([type=hidden]), button, a')].map(e => [e.outerHTML.slice(0, 100),
        e.getBoundingClientRect().height]).filter(e => e[1] < arguments[0])""", SMALLEST_TARGET)
    assert not small, f"{page}: targets below {SMALLEST_TARGET} pixels: {small}"


def brightness(b, element):
    """Of the ground behind it, 0 to 1."""
    numbers = b.script("""
      let e = document.querySelector(arguments[0]), c;
      do { c = getComputedStyle(e).backgroundColor; e = e.parentElement; } while (/, 0\\)$/.test(c) && e);
      return c.match(/[0-9.]+/g).map(Number)""", element)
    red, green, blue = (n / 255 for n in numbers[:3])
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def coloured(b, scheme, page):
    """The scheme is followed, not only said."""
    for element in ("html", "main"):
        value = brightness(b, element)
        assert value < 0.2 if scheme == "dark" else value > 0.85, f"{page}: {element} has brightness {value:.2f}"


def alone(b, page):
    """Nothing came from another host, no script runs, and the policy had nothing to block."""
    strange = b.script("""
      return performance.getEntriesByType('resource').map(e => e.name).filter(n => new URL(n).origin !== location.origin)""")
    assert not strange, f"{page}: fetched {strange}"
    assert b.script("return document.scripts.length") == 0, f"{page}: has a script"


def focus_order(b):
    """The names of what Tab leads to, from the top of the page until it leaves it."""
    b.script("document.body.tabIndex = -1; document.body.focus()")
    names = []
    while len(names) < 30:
        b.press(TAB)
        name = b.script("const e = document.activeElement; return e === document.body ? '' : e.id || e.textContent.trim()")
        if not name or name in names:
            break
        outline = b.script("""const s = getComputedStyle(document.activeElement);
                              return s.outlineStyle !== 'none' && parseFloat(s.outlineWidth)""")
        assert outline >= 2, f"{name}: the focus cannot be seen"
        names.append(name)
    return names


def check(b, name, language, axe, shots):
    """All of it, at every look; leaves a screenshot for each."""
    assert b.script("return document.documentElement.lang") == language, f"{name}: not in {language}"
    assert b.script("return document.querySelectorAll('h1').length") == 1, f"{name}: not one heading"
    alone(b, name)
    for look, (width, height, scheme) in LOOKS.items():
        page = f"{name}-{language}-{look}"
        b.look(width, height, scheme)
        fits(b, width, page)
        coloured(b, scheme, page)
        if axe:
            accessible(b, axe, page)
        b.whole_page(os.path.join(shots, page + ".png"))
