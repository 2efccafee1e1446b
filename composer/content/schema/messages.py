"""The wording of places and mistakes in messages for editors.

Input: a field, a node, an error of the validator. Output: sentences. Guarantees: does not decide what is correct.
"""

import difflib
import re

from composer.content.schema.schema import SchemaField
from composer.content.yaml.nodes import Mapping, Node, Scalar, Sequence
from composer.content.yaml.silent_losses import OTHER_DASHES

#: The message for a password in a file of the newsletter; the password itself is not shown.
NOT_ALLOWED_HERE = "passwords are not allowed in this file"

#: The most keys of a group that a message names all, and how many it names of more.
_MOST_KEYS, _FEW_KEYS = 6, 4


def where(trail: tuple[str, ...], what: str) -> str:
    """Format a message with its place: `top story, source 2, url: …`."""
    return f"{', '.join(trail)}: {what}" if trail else what


def key_words(key: str) -> str:
    """Return the display name of a key: “top story” for `top_story`."""
    return key.replace("_", " ")


def as_key(text: str) -> str:
    """Return a valid key made from a text."""
    return re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_") or "top_story"


def item_words(items: SchemaField | None, key: str, number: int) -> str:
    """Return the display name of a list item: “source 2”."""
    noun = (items.title if items else "") or key_words(key)
    return f"{noun.lower()} {number}"


def shown(text: str, most: int = 50) -> str:
    """Return a text in quotation marks, shortened."""
    one_line = " ".join(text.split())
    return f"“{one_line}”" if len(one_line) <= most else f"“{one_line[: most - 1]}…”"


def nearest(wrong: str, known: tuple[str, ...]) -> str | None:
    """Return the known word that was most likely meant, or None."""
    lowered = {each.lower(): each for each in known}
    plain = wrong.lower().replace("-", "_").replace(" ", "_")
    if plain in lowered:
        return lowered[plain]
    found = difflib.get_close_matches(plain, lowered, 1, cutoff=0.7)
    return lowered[found[0]] if found else None


def described(words: str, descriptions: dict[str, str]) -> str | None:
    """Return the only name whose description contains these words: a person's “role” is their title."""
    pattern = re.compile(rf"\b{re.escape(words)}\b", re.IGNORECASE)
    found = [name for name, text in descriptions.items() if len(words) > 3 and pattern.search(text)]
    return found[0] if len(found) == 1 else None


def example(key: str, field: SchemaField) -> str:
    """Return a hint that shows how to write a key."""
    if field.is_array and "string" not in field.types:
        return f"write   {key}:   and below it one line for each item, starting with a dash:   - …"
    if field.is_object and not field.examples:
        inner = next(iter(field.required or field.properties), None)
        return (
            f"write   {key}:   and below it, indented by two more spaces,   {inner}: …" if inner else f"write   {key}:"
        )
    if field.format in ("markdown", "sources"):
        return f"write   {key}: |   and the text below it, indented by two more spaces"
    is_plain = field.format in ("plain", "") and "string" in field.types and not field.enum
    if not field.examples:
        return f'write   {key}: "…"' if is_plain else f"write   {key}: …"
    sample = field.examples[0]
    return f'for example   {key}: "{sample}"' if is_plain else f"for example   {key}: {sample}"


def is_secret(group: str, key: str) -> bool:
    """Check whether a key of a server's settings is for a secret, which no file of a newsletter may contain."""
    return group in ("delivery", "smtp", "imap") and key.lower() in (
        "password",
        "passwd",
        "passwort",
        "pass",
        "pwd",
        "secret",
        "token",
    )


def secret_source(group: str) -> str:
    """Return where to set the password of a server, by the group with the server's settings."""
    name = "COMPOSE_IMAP_PASSWORD" if group == "imap" else "COMPOSE_SMTP_PASSWORD"
    return f"{name} or your own configuration folder (compose help set-up-sending)"


def looks_like_prose(key: str) -> bool:
    """Check whether a “key” looks like the beginning of a sentence."""
    return bool(re.search(r"\s", key.strip())) or bool(re.match(r"[A-ZÄÖÜ\u4e00-\u9fff]", key.strip()))


def type_mistake(node: Node, field: SchemaField, key: str) -> tuple[str, str, str]:
    """Return code, message and hint for a value of the wrong type."""
    wanted = _wanted(field)
    if isinstance(node, Mapping):
        first = node.entries[0].key.text if node.entries else ""
        if looks_like_prose(first):
            return (
                "yaml-key",
                f"“{first}:” is read as a key because of its colon; expected {wanted}",
                f"write   {key}: |   and the text below it, indented by two spaces more than “{key}”",
            )
        if node.source.text.startswith("{", node.start):
            return (
                "yaml-brace",
                f"the braces {{ }} turn this into a group of keys; expected {wanted}",
                "put the whole value in quotes",
            )
        return "type", f"expected {wanted}, found a group of keys", example(key, field)
    if isinstance(node, Sequence):
        if node.source.text.startswith("[", node.start):
            return (
                "yaml-bracket",
                f"the brackets [ ] turn this into a list; expected {wanted}",
                "put the whole value in quotes",
            )
        return "type", f"expected {wanted}, found a list", example(key, field)
    return _scalar_mistake(node, field, wanted, key)


def _scalar_mistake(node: Scalar, field: SchemaField, wanted: str, key: str) -> tuple[str, str, str]:
    if "integer" in field.types:
        return (
            "type",
            f"{shown(node.text)} is not a whole number",
            f"for example   {key}: {(field.examples or ('12',))[0]}",
        )
    if "boolean" in field.types:
        return "type", f"expected true or false, found {shown(node.text)}", f"write   {key}: true"
    if field.is_array and node.text[:1] in OTHER_DASHES:
        return "yaml-dash", f"a list item must start with a hyphen (-), not with “{node.text[0]}”", "write   - …"
    return "type", f"expected {wanted}, found {shown(node.text)}", example(key, field)


def _wanted(field: SchemaField) -> str:
    if "string" in field.types:
        return "text"
    if field.is_array:
        return "a list (each item starts with a dash)"
    if field.is_object:
        names = [*field.required, *(each for each in field.properties if each not in field.required)]
        shown_names = names if len(names) <= _MOST_KEYS else [*names[:_FEW_KEYS], "…"]
        return f"a group of keys ({', '.join(shown_names)})" if names else "a group of keys"
    return "a whole number" if "integer" in field.types else "true or false"


def count_mistake(kind: str, limit: int, given: int, noun: str) -> str:
    """Return the message for a list that is too long or too short."""
    found = f"{given} {noun.removesuffix('s') if given == 1 else noun}"
    if kind == "maxItems":
        return f"{found} found; at most {limit} allowed"
    return f"{found} found; at least {limit} required"
