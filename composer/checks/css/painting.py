"""Compute the visible colours of a text and its background, with transparency and opacity groups.

Input: computed styles. Output: opaque colours, or None if the background is an image.
"""

from composer.checks.css.css_colours import CANVAS, TRANSPARENT, CssScheme, Rgb, Rgba, opaque, over
from composer.checks.css.style import ComputedStyle


def behind(
    background: Rgba,
    opacity: float,
    parent: ComputedStyle | None,
    scheme: CssScheme,
    *,
    has_image: bool,
    in_group: bool,
) -> Rgb | None:
    """Return the opaque background colour of an element's text; None if it is an image."""
    if has_image:
        return None
    canvas = Rgb(*CANVAS.under(scheme)[:3])
    if not in_group:
        if background.alpha == 1:
            return Rgb(*background[:3])
        below = parent.behind if parent else canvas
        return below and opaque(background, below)
    return _through_groups(TRANSPARENT, background, opacity, parent, canvas)


def _through_groups(
    paint: Rgba, background: Rgba, opacity: float, parent: ComputedStyle | None, canvas: Rgb
) -> Rgb | None:
    """Blend a colour on an element with all layers below.

    The opacity of an element applies to the element and its content as one image (CSS Color 4, 3.3).
    """
    paint = over(paint, background)
    paint = paint._replace(alpha=paint.alpha * opacity)
    around = parent
    while around is not None:
        if not around.in_group:
            return around.behind and opaque(paint, around.behind)
        if around.has_image and paint.alpha < 1:
            return None
        paint = over(paint, around.background)
        paint = paint._replace(alpha=paint.alpha * around.opacity)
        canvas = Rgb(*CANVAS.under(around.scheme)[:3])
        around = around.parent
    return opaque(paint, canvas)


def text_colour(style: ComputedStyle) -> Rgb | None:
    """Return the visible colour of the text of an element; None if its background is unknown."""
    if style.behind is None:
        return None
    if not style.in_group:
        return opaque(style.color, style.behind)
    canvas = Rgb(*CANVAS.under(style.scheme)[:3])
    return _through_groups(style.color, style.background, style.opacity, style.parent, canvas)
