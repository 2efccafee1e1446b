"""The plate under a transparent logo, for mail programs that turn the page dark and leave pictures as they are.

Input: the values of newsletter.yaml, and the theme. Output: the same values; a logo for light backgrounds that would disappear
on a dark one is a PNG with a plate in the colour of the theme's paper, which is invisible there. Guarantees: reads the theme
only if the logo is transparent; an unchanged logo keeps its bytes.
"""

import hashlib
from dataclasses import replace

from composer.content.document.section_types import read_settled
from composer.content.values.field_values import Group, Picture, group_in, merged, text_in, value_in
from composer.content.values.pictures.picture_files import picture_token
from composer.content.values.pictures.transparent_pictures import plated, visibility
from composer.core.workspace import ThemeFiles

_PAPER = "#fefefe"


def with_logo_plate(values: Group, theme: ThemeFiles) -> Group:
    """Put a plate under `brand.logo.light` if it needs one. Raises ContentError for a theme that cannot be read."""
    logo = group_in(group_in(values, "brand"), "logo")
    light = value_in(logo, "light")
    if not isinstance(light, Picture) or visibility(light.data) is None:
        return values
    made = plated(light.data, _paper(theme, group_in(values, "design")))
    if made is None:
        return values
    new = replace(
        light,
        src=picture_token(hashlib.sha256(made.data).hexdigest()),
        width=made.width,
        height=made.height,
        data=made.data,
        has_plate=True,
    )
    return merged(values, Group({"brand": Group({"logo": Group({"light": new})})}))


def _paper(theme: ThemeFiles, design: Group) -> str:
    path = theme.find("theme.yaml")
    own = read_settled(theme, path, "theme") if path else None
    values = merged(own, design) if isinstance(own, Group) else design
    return text_in(group_in(group_in(values, "colors"), "light"), "paper") or _PAPER
