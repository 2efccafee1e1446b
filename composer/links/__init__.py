"""Check whether the links of an issue still work: from addresses to a `LinkAnswer` for each.

    link_check          all links: each page once, answers cached between runs    (cache)
    redirects           one link and its redirects, HEAD first                    (host_rate_limiter: pauses and time)
    fetch               one request, the head of its answer, one deadline
    name_lookup         from a host to addresses that may be contacted            (public_addresses: which may not)
    targets             from a link to what a request needs
    network             how connections are made, and the limits; tests replace it

Guarantees: never contacts a private network, never sends a cookie or a referrer, never reads a page, never changes an
issue.
"""
