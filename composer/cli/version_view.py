"""What `compose --version` prints: the version, and what this version can read.

Input: nothing. Output: lines. Guarantees: opens no newsletter and no database.
"""

from importlib.metadata import version

from composer.cli.program_name import program_name


def version_lines() -> str:
    """Return the version, and the formats that this version can read."""
    # Imported late: other commands do not need them.
    from composer.content.schema.schema import FORMAT as TEXTS
    from composer.database.schema_version import newest
    from composer.mail.compiled_message import FORMAT as MESSAGES
    from composer.publish.sources.public_source import FORMAT as SOURCES

    return "\n".join(
        (
            f"{program_name()} {version('compose-newsletter')}",
            f"  newsletter.yaml, issues   format {_up_to(TEXTS)}",
            f"  database                  schema {_up_to(newest())}",
            f"  frozen mailings           format {_up_to(MESSAGES)}",
            f"  sources of the archive    format {_up_to(SOURCES)}",
        )
    )


def _up_to(newest: int) -> str:
    return f"1 to {newest}" if newest > 1 else "1"
