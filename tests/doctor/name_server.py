"""A name server on this computer, with records from a table."""

import contextlib
import socket
import threading
from collections.abc import Iterator, Mapping

import dns.flags
import dns.message
import dns.rcode
import dns.resolver
import dns.rrset
import pytest

#: (name, type) -> values, as in a zone file.
Table = Mapping[tuple[str, str], tuple[str, ...]]


@contextlib.contextmanager
def name_server(records: Table, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Answer the lookups of this process until the block ends."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as channel:
        channel.bind(("127.0.0.1", 0))
        resolver = dns.resolver.Resolver(configure=False)
        resolver.nameservers, resolver.port = ["127.0.0.1"], channel.getsockname()[1]
        monkeypatch.setattr(dns.resolver, "default_resolver", resolver)
        thread = threading.Thread(target=_serve, args=(channel, records), daemon=True)
        thread.start()
        try:
            yield
        finally:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as own:
                own.sendto(b"", channel.getsockname())
            thread.join(60)


def _serve(channel: socket.socket, records: Table) -> None:
    while True:
        data, client = channel.recvfrom(4096)
        if not data:
            return
        asked = dns.message.from_wire(data)
        (question,) = asked.question
        kind = dns.rdatatype.to_text(question.rdtype)
        name = question.name.to_text(omit_final_dot=True)
        answer = dns.message.make_response(asked)
        answer.flags |= dns.flags.AA
        if found := records.get((name, kind)):
            answer.answer.append(dns.rrset.from_text(question.name, 60, "IN", kind, *found))
        elif not any(known == name for known, _ in records):
            answer.set_rcode(dns.rcode.NXDOMAIN)
        channel.sendto(answer.to_wire(), client)
