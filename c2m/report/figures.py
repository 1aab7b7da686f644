"""Turn figures into SVG that stands in a page: named, without fixed colours, small.

The figures' colours become CSS variables, so one drawing serves light, dark and print.
"""

import re
from dataclasses import dataclass
from io import StringIO
from typing import TYPE_CHECKING, Final

from c2m.plot import style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLOURS: Final = {
    style.INK: "ink",
    style.MUTED: "muted",
    style.RULE: "rule",
    style.BLUE: "line",
    style.BANDS[0]: "band-wide",
    style.BANDS[1]: "band-middle",
    style.BANDS[2]: "band-narrow",
    style.ORANGE: "alert",
    style.SAND: "alert-light",
    style.SHUT: "shut",
    style.PAPER: "on-alert",
}
"""Colour of a figure -> name of the CSS variable that takes its place."""

_SETTINGS: Final = {"svg.hashsalt": "c2m", "svg.fonttype": "none"}
_METADATA: Final = {"Date": None, "Creator": None, "Format": None, "Type": None}
_COLOUR: Final = re.compile(r"(?<=: )(" + "|".join(COLOURS) + ")")
_TAG: Final = re.compile(r"<[^>]*>")
_PATH: Final = re.compile(r' d="[^"]*"')
_NUMBER: Final = re.compile(r"(\d+\.\d)\d+")
_LEFT_OUT: Final = re.compile(
    r"<metadata>.*?</metadata>|<style.*?</style>| font-family: [^;\"]*;", flags=re.DOTALL
)
"""What is the page's own affair: its fonts, and a style that would reach beyond the drawing."""


@dataclass(frozen=True)
class Figure:
    """A drawing in a page.

    Parameters
    ----------
    name : str
        Unique in the page.
    alt : str
        What a reader who does not see it should know.
    svg : str
        The drawing; safe to put into the page as it is.
    caption : str
        The line below it; none if empty.
    """

    name: str
    alt: str
    svg: str
    caption: str = ""


def draw(ax: "Axes", name: str, alt: str, caption: str = "") -> Figure:
    """Write axes as SVG.

    Parameters
    ----------
    ax : Axes
        The only axes of a finished figure.
    name : str
        Unique in the page.
    alt, caption : str
        See `Figure`.

    Returns
    -------
    Figure
        The drawing. The same drawing gives the same text.
    """
    figure = style.matplotlib("matplotlib.figure").Figure
    assert isinstance(ax.figure, figure)
    text = StringIO()
    with style.matplotlib("matplotlib").rc_context(_SETTINGS):
        ax.figure.savefig(text, format="svg", transparent=True, metadata=_METADATA)
    return Figure(name, alt, _inline(text.getvalue(), name), caption)


def _inline(svg: str, name: str) -> str:
    """Cut the file's head off, make ids unique in the page, and take the colours out."""
    svg = _LEFT_OUT.sub("", svg[svg.index("<svg") :])
    size = re.search(r'viewBox="0 0 ([\d.]+) [\d.]+"', svg)
    width = float(size[1]) if size else 0.0
    svg = re.sub(
        r"<svg [^>]*?(viewBox=\"[^\"]*\")[^>]*>", rf"<svg \1 {_shown(width)}>", svg, count=1
    )
    return _TAG.sub(lambda tag: _own(tag[0], name), svg)


def _own(tag: str, name: str) -> str:
    """Make a tag the page's own; what is written between tags stays to the letter."""
    tag = re.sub(r'<g id="[^"]*">', "<g>", tag)
    tag = tag.replace('id="', f'id="{name}-').replace("url(#", f"url(#{name}-")
    tag = tag.replace('xlink:href="#', f'href="#{name}-')
    tag = _PATH.sub(lambda path: _NUMBER.sub(r"\1", path[0]).replace("\n", ""), tag)
    return _COLOUR.sub(lambda match: f"var(--{COLOURS[match[0]]})", tag)


def _shown(width: float) -> str:
    """Return the attributes of a drawing: hidden from readers, who get its text, and its width."""
    return f'xmlns="http://www.w3.org/2000/svg" aria-hidden="true" style="max-width:{width:.0f}pt"'
