"""Webhooks of email providers: bounces and complaints, recorded like bounce messages.

Input: requests. Output: plain-text responses for programs. Guarantees: a request without proof that it is the provider's gets
a 403 and changes nothing. For a provider that is not set up, the response is a 404.
"""

import asyncio
import logging
from collections.abc import Sequence
from functools import partial

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from composer.bounces.record.bounce_log import log_recorded
from composer.bounces.record.recorder import record
from composer.bounces.webhooks.postmark import read_postmark
from composer.bounces.webhooks.ses import Subscription, read_ses
from composer.bounces.webhooks.webhook_calls import CallError, Event
from composer.bounces.webhooks.webhook_registry import WEBHOOKS
from composer.core.event_log import emit
from composer.web.public.pages.page_context import Site

#: Events of one call that are recorded in one transaction. They take half a second at most, since each can suppress an address.
_TOGETHER = 50


class WebhookEndpoints:
    """The endpoints that providers post to."""

    def __init__(self, site: Site, log: logging.Logger) -> None:
        self._site, self._log = site, log

    async def ses(self, request: Request) -> Response:
        """Handle a call of Amazon SNS; confirm the subscription of each topic once."""
        callers = self._site.callers
        if not callers.webhooks.ses_topics:
            return self._nothing(request)
        body = await request.body()
        try:
            # In a thread: the first call with a certificate waits for Amazon.
            found = await asyncio.to_thread(
                read_ses, body, topics=callers.webhooks.ses_topics, certificate=callers.certificate
            )
            if isinstance(found, Subscription):
                await asyncio.to_thread(callers.confirm, found.url)
                said = f"confirmed: Amazon SES now posts notifications here: {found.topic}"
                emit(self._log, "webhook.subscribed", said=said, provider="ses")
                return PlainTextResponse("confirmed\n")
        except CallError as error:
            return self._refused("ses", error)
        return await self._recorded([found] if found else [], "ses")

    async def postmark(self, request: Request) -> Response:
        """Handle a call of Postmark."""
        secret = self._site.callers.webhooks.postmark
        if secret is None:
            return self._nothing(request)
        body = await request.body()
        try:
            event = read_postmark(body, authorization=request.headers.get("authorization"), secret=secret)
        except CallError as error:
            return self._refused("postmark", error)
        return await self._recorded([event] if event else [], "postmark")

    async def provider(self, request: Request) -> Response:
        """Handle a call of any other provider, whose name is at the end of the address."""
        name = request.path_params["name"]
        secret, webhook = self._site.callers.webhooks.secrets.get(name), WEBHOOKS.get(name)
        if secret is None or webhook is None:
            return self._nothing(request)
        body = await request.body()
        try:
            # In a thread: a call can contain thousands of events.
            events = await asyncio.to_thread(
                lambda: list(webhook.read(body, request.headers, secret, self._site.clock()))
            )
        except CallError as error:
            return self._refused(name, error)
        return await self._recorded(events, name)

    async def _recorded(self, events: Sequence[Event], source: str) -> Response:
        site, now = self._site, self._site.clock()
        for start in range(0, len(events), _TOGETHER):
            # Other writes run between two batches. If a call is interrupted, its retry skips what is already recorded.
            some = [(each.hash, each.returned) for each in events[start : start + _TOGETHER]]
            recorded = await site.executor.write(
                partial(record, messages=some, tokens=site.tokens, source=source, now=now)
            )
            log_recorded(self._log, recorded, source)
        return PlainTextResponse("recorded\n")

    def _refused(self, name: str, error: CallError) -> Response:
        emit(self._log, "webhook.refused", level=logging.WARNING, said=f"{name}: {error.message}", provider=name)
        return PlainTextResponse("rejected\n", 403)

    def _nothing(self, request: Request) -> Response:
        return self._site.said("missing", self._site.texts(request), status=404)
