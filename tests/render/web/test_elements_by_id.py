"""Pieces of an article, found by their ids."""

from composer.render.web.elements_by_id import elements_by_id


def test_elements_are_found_whole() -> None:
    """Elements of the same name in an element, and elements without an end tag, do not end it."""
    html = '<section id="a"><p title="<p>">1<br>2<img src="x" alt="</section>"></p><section id="b"><p>3</p></section></section>'
    assert elements_by_id(html, ["a", "b", "c"]) == {"a": html, "b": '<section id="b"><p>3</p></section>'}


def test_ids_are_compared_as_text() -> None:
    """An id may have letters of all scripts, and signs that HTML escapes."""
    assert elements_by_id('<p id="t-深度">1</p><p id="a&amp;b">2</p>', ["t-深度", "a&b"]) == {
        "t-深度": '<p id="t-深度">1</p>',
        "a&b": '<p id="a&amp;b">2</p>',
    }
