"""Links lead where their author meant."""

import pytest

from composer.drafts.formats.wrapped_links import clean_link

_SAFE = "https://eur01.safelinks.protection.outlook.com/?url=https%3A%2F%2Fa.example%2Fx%3Fb%3D1%26c%3D2&data=05%7C01&reserved=0"
_TWICE = "https://www.google.com/url?q=https%3A%2F%2Furldefense.proofpoint.com%2Fv2%2Furl%3Fu%3Dhttps-3A__a.example_x%26d%3DDw"


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("https://www.google.com/url?q=https://a.example/x%3Fy%3D1&sa=D&source=editors&ust=1&usg=2", "https://a.example/x?y=1"),
        ("https://www.google.co.uk/url?sa=t&url=https%3A%2F%2Fa.example", "https://a.example"),
        ("https://www.google.com/search?q=https://a.example", "https://www.google.com/search?q=https://a.example"),
        ("https://www.google.com/url?q=nonsense", "https://www.google.com/url?q=nonsense"),
        (_SAFE, "https://a.example/x?b=1&c=2"),
        ("https://urldefense.proofpoint.com/v1/url?u=http://a.example/x&k=1", "http://a.example/x"),
        ("https://urldefense.proofpoint.com/v2/url?u=https-3A__a.example_x-5Fy-3Fb-3D1&d=DwMF", "https://a.example/x_y?b=1"),
        ("https://urldefense.com/v3/__https://a.example/x*y?b=1**A__;Iys!!abc$", "https://a.example/x#y?b=1+"),
        ("https://urldefense.com/v3/__https:/a.example/x__;!!abc$", "https://a.example/x"),
        (_TWICE, "https://a.example/x"),
        ("https://l.facebook.com/l.php?u=https%3A%2F%2Fa.example%2F%3Ffbclid%3D1&h=2", "https://a.example/"),
        ("https://a.example/?utm_source=x&b=1&utm_medium=y#part", "https://a.example/?b=1#part"),
        ("https://a.example/?b=1&mc_eid=2&c", "https://a.example/?b=1&c"),
        ("https://a.example/?gclid=1#a?utm_source=b", "https://a.example/#a?utm_source=b"),
        ("https://a.example/x?b=%E2%82%AC+c&d=;e&&f", "https://a.example/x?b=%E2%82%AC+c&d=;e&&f"),
        ("mailto:a@b.example?subject=x", "mailto:a@b.example?subject=x"),
        ("#part", ""), ("javascript:alert(1)", ""), ("", ""),
        ("http://[broken", "http://[broken"),
        (" page.html ", "page.html"),
    ],
)  # fmt: skip
def test_links(address: str, expected: str) -> None:
    """Wrapping and tracking are removed, also one inside the other; everything else keeps every character."""
    assert clean_link(address) == expected
