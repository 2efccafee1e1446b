"""Keeps compiled templates between runs, like Python's .pyc files.

Input: the language of an environment and a name for its options. Output: a cache for it. Guarantees: a template is
compiled again if its text changes; newsletters whose templates have the same names do not share their code.
"""

from jinja2 import BytecodeCache
from jinja2.bccache import Bucket

from composer.core.kept_results import keep, recall


class TemplateCache(BytecodeCache):
    """Compiled code fits environments with the same language and options only: Jinja2 runs filters of fixed texts early."""

    def __init__(self, language: str, options: str) -> None:
        """Keep the templates of environments with a language (BCP 47) and options."""
        self._kind, self._options = f"template.{language}", options

    def load_bytecode(self, bucket: Bucket) -> None:
        """Load the code of a template, if it was kept."""
        code = recall(self._kind, (self._options, bucket.key, bucket.checksum))
        if isinstance(code, bytes):
            bucket.bytecode_from_string(code)

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep the code of a template."""
        keep(self._kind, (self._options, bucket.key, bucket.checksum), bucket.bytecode_to_string())
