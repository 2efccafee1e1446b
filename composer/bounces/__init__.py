"""Returned messages: bounces, complaints, and everything that must not be confused with them.

parse      from bytes to a closed vocabulary
webhooks   what providers post
intake     files, pipes, a mailbox
record     what is recorded, and its effect on the subscriber
health     counts and judgements of the audience
"""
