"""Examples for the values that the program fills into messages, by the name of the value.

Input: an expression of an f-string. Output: an example. Guarantees: the same for the same expression; nothing is run.
"""

import ast

_NUMBERS = {
    **dict.fromkeys(
        ("number", "count", "many", "total", "rows", "others", "left", "more", "size", "len", "_count"), "3"
    ),
    **dict.fromkeys(
        ("subscribers", "recipients", "frozen", "active", "accepted", "messages_sent", "imported"), "49,871"
    ),
    **dict.fromkeys(("line", "row"), "12"),
    **dict.fromkeys(("column", "width", "indent", "limit", "bits", "days"), "5"),
    **dict.fromkeys(("unknown", "unanswered", "bounced", "complained", "rejected"), "4"),
    **dict.fromkeys(("id", "mailing_id", "mailing"), "7"),
}
_EXAMPLES = {
    **_NUMBERS,
    **dict.fromkeys(("issue", "stem", "sent"), "2025-01-30"),
    **dict.fromkeys(("path", "file", "written", "target"), "issues/2025-01-30.yaml"),
    **dict.fromkeys(("folder", "outbox", "directory"), "outbox"),
    **dict.fromkeys(("key", "field", "label", "wanted", "trail", "where"), "top_story"),
    **dict.fromkeys(("name", "near", "known", "tag"), "china"),
    **dict.fromkeys(("domain", "ascii_domain"), "example.org"),
    **dict.fromkeys(("host", "hostname", "server"), "mail.example.org"),
    **dict.fromkeys(("address", "email", "sender", "_MAIL", "who", "by", "shown"), "anna@example.net"),
    **dict.fromkeys(("url", "link", "public_url", "URL"), "https://example.org/report"),
    **dict.fromkeys(("reason", "comment", "why"), "the figure was wrong"),
    **dict.fromkeys(("error", "strerror"), "permission denied"),
    **dict.fromkeys(("when", "at", "_time", "isoformat", "until", "since", "_clock"), "2025-01-30 07:00"),
    **dict.fromkeys(("date", "day"), "2025-01-30"),
    **dict.fromkeys(("text", "word", "words", "value", "found", "subject", "title", "beginning"), "Panama Canal"),
    **dict.fromkeys(("message", "said", "reply"), "550 5.1.1 no such user"),
    **dict.fromkeys(("code", "check"), "LINK04"),
    **dict.fromkeys(("language", "locale"), "de"),
    **dict.fromkeys(("user", "username"), "anna"),
    "port": "587",
    "status": "404",
    "version": "18",
    "people": "3 subscribers",
    "messages": "3 messages",
    "variable": "COMPOSE_SMTP_PASSWORD",
    "VARIABLE": "COMPOSE_SMTP_PASSWORD",
    "__name__": "ValueError",
}


def example(value: ast.expr) -> str:
    """Return an example of a value; one that is not known by its name is its name in angle quotation marks."""
    match value:
        case ast.Constant(value=constant):
            return str(constant)
        case ast.IfExp(body=ast.Constant(value=str(text)), orelse=ast.expr() as other):
            return text or example(other)
        case ast.IfExp(body=chosen):
            return example(chosen)
        case ast.JoinedStr(values=parts):
            return "".join(example(part.value if isinstance(part, ast.FormattedValue) else part) for part in parts)
        case ast.BoolOp(values=[first, *_]):
            return example(first)
        case ast.Call(func=ast.Name(id="command_line"), args=args):
            return " ".join(("compose", *(example(arg) for arg in args)))
        case ast.Call(func=ast.Name(id="shell_line"), args=args):
            return " ".join(example(arg) for arg in args)
        case ast.Call(func=ast.Name(id="str" | "quote" | "escape" | "int" | "shown" | "repr"), args=[first, *_]):
            return example(first)
        case ast.Call(func=ast.Attribute(value=text, attr="join" | "strip" | "lower" | "rstrip" | "as_posix")):
            return example(text) if not isinstance(text, ast.Constant) else "one, two"
        case ast.Call(func=function):
            return _by_name(function)
        case ast.Subscript(value=inner):
            return _by_name(inner)
    return _by_name(value)


def _by_name(value: ast.expr) -> str:
    name = value.attr if isinstance(value, ast.Attribute) else getattr(value, "id", "value")
    plain = name.strip("_")
    return _EXAMPLES.get(name) or _EXAMPLES.get(plain) or f"‹{plain.lower().replace('_', ' ')}›"
