"""Asks the web whether the links of an issue still lead somewhere: addresses come in, an `Answer` for each goes out.

    asking      all links: what is asked once, who is asked when, what is remembered    (cache: between runs)
    following   one link over its redirects, HEAD first                                 (turns: politeness and time)
    fetching    one request, one answer's head, one deadline
    names       a host to addresses that may be asked                                   (addresses: which may not)
    targets     a link to what a request needs
    reach       how the outside is reached, and how long; what tests put in its place

Never asks inside a private network, never sends a cookie or a referrer, never reads a page, never changes an issue.
"""
