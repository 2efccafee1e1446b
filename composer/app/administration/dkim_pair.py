"""Creates the keys that sign messages, and returns their DNS records.

Input: a newsletter, the environment with the key folder, a domain, selectors. Output: the records.
Guarantees: no key is overwritten, and no private key is returned.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from composer.content.document.newsletter import Newsletter
from composer.core.addresses import AddressError, domain_to_ascii
from composer.core.environment import Environment
from composer.core.errors import UsageError
from composer.delivery.config.dkim_keys import dkim_record, generate, read_key, write_key
from composer.delivery.config.dns_record import DnsRecord
from composer.delivery.config.resolve import key_path, selectors_of, signing_of
from composer.mail.dkim_signing import Algorithm

_SELECTOR = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,50}[A-Za-z0-9])?")


@dataclass(frozen=True, slots=True, kw_only=True)
class DkimRecords:
    """The selectors of keys, and their DNS records."""

    domain: str
    selectors: tuple[str, ...]
    records: tuple[DnsRecord, ...]
    #: Whether the selectors were named by the caller or by newsletter.yaml.
    is_named: bool = True


def make_dkim_keys(
    newsletter: Newsletter,
    environment: Environment,
    *,
    selector: str = "compose",
    domain: str | None = None,
    written: Callable[[Path], None] = lambda path: None,
) -> DkimRecords:
    """Create an RSA and an Ed25519 key; `written` is called with each file. Raises UsageError, KeyFileError."""
    if not _SELECTOR.fullmatch(selector):
        raise UsageError(f"“{selector}” is not a valid selector", "use only letters, digits and -, such as   compose")
    signing_domain = _domain(domain, newsletter)
    made = {f"{selector}-rsa": Algorithm.RSA, f"{selector}-ed": Algorithm.ED25519}
    paths = {name: key_path(environment, signing_domain, name) for name in made}
    if taken := next((path for path in paths.values() if path.exists()), None):
        raise UsageError(
            f"the key already exists: {taken}", "use another name:   compose dkim keygen --selector compose2"
        )
    for name, algorithm in made.items():
        write_key(paths[name], generate(algorithm))
        written(paths[name])
    return _records(environment, signing_domain, made)


def dkim_records(
    newsletter: Newsletter, environment: Environment, selectors: Sequence[str] = (), *, domain: str | None = None
) -> DkimRecords:
    """Return the records of keys; without selectors, of those in newsletter.yaml, or else of all keys.

    Raises UsageError if no key is set up, and KeyFileError if one cannot be read.
    """
    signing = None if selectors else signing_of(newsletter)
    signing_domain = _domain(domain or (signing.domain if signing else None), newsletter)
    if named := selectors or (signing.selectors if signing else ()):
        return _records(environment, signing_domain, named)
    found = selectors_of(environment, signing_domain)
    if not found:
        raise UsageError(
            f"newsletter.yaml lists no selectors, and no key for {signing_domain} was found",
            "to create keys, run   compose dkim keygen",
        )
    return _records(environment, signing_domain, found, is_named=False)


def _domain(given: str | None, newsletter: Newsletter) -> str:
    try:
        return domain_to_ascii(given) if given else newsletter.sender.domain
    except AddressError as error:
        raise UsageError(f"--domain: {error}", "write a domain such as   news.example.org") from None


def _records(environment: Environment, domain: str, selectors: Iterable[str], *, is_named: bool = True) -> DkimRecords:
    names = tuple(selectors)
    records = tuple(dkim_record(read_key(key_path(environment, domain, each), selector=each), domain) for each in names)
    return DkimRecords(domain=domain, selectors=names, records=records, is_named=is_named)
