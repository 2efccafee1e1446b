"""What providers post: bounces and complaints that they know of, recorded as if a message had come back.

Input: requests. Output: answers without a page, for programs. What is not proven to be the provider's is answered with 403
and changes nothing; where a provider is not set up there is nothing here.
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

#: Events of one call that are recorded in one transaction: half a second's worth, for each may leave somebody out.
_TOGETHER = 50


class WebhookEndpoints:
    """The addresses that providers post to."""

    def __init__(self, site: Site, log: logging.Logger) -> None:
        self._site, self._log = site, log

    async def ses(self, request: Request) -> Response:
        """Take what Amazon SNS posts; the first time, for each topic, confirm that it may."""
        callers = self._site.callers
        if not callers.webhooks.ses_topics:
            return self._nothing(request)
        body = await request.body()
        try:
            # Off the loop: the first one of a certificate waits for Amazon.
            found = await asyncio.to_thread(
                read_ses, body, topics=callers.webhooks.ses_topics, certificate=callers.certificate
            )
            if isinstance(found, Subscription):
                await asyncio.to_thread(callers.confirm, found.url)
                said = f"Amazon SES posts here from now on: {found.topic}"
                emit(self._log, "webhook.subscribed", said=said, provider="ses")
                return PlainTextResponse("confirmed\n")
        except CallError as error:
            return self._refused("ses", error)
        return await self._recorded([found] if found else [], "ses")

    async def postmark(self, request: Request) -> Response:
        """Take what Postmark posts."""
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
        """Take what any other provider posts, by the name at the end of the address."""
        name = request.path_params["name"]
        secret, webhook = self._site.callers.webhooks.secrets.get(name), WEBHOOKS.get(name)
        if secret is None or webhook is None:
            return self._nothing(request)
        body = await request.body()
        try:
            # Off the loop: a call may hold thousands of events.
            events = await asyncio.to_thread(
                lambda: list(webhook.read(body, request.headers, secret, self._site.clock()))
            )
        except CallError as error:
            return self._refused(name, error)
        return await self._recorded(events, name)

    async def _recorded(self, events: Sequence[Event], source: str) -> Response:
        site, now = self._site, self._site.clock()
        for start in range(0, len(events), _TOGETHER):
            # Between two of these others write. What is recorded when a call breaks off is known when it comes again.
            some = [(each.hash, each.returned) for each in events[start : start + _TOGETHER]]
            recorded = await site.executor.write(
                partial(record, messages=some, tokens=site.tokens, source=source, now=now)
            )
            log_recorded(self._log, recorded, source)
        return PlainTextResponse("taken\n")

    def _refused(self, name: str, error: CallError) -> Response:
        emit(self._log, "webhook.refused", level=logging.WARNING, said=f"{name}: {error.message}", provider=name)
        return PlainTextResponse("no\n", 403)

    def _nothing(self, request: Request) -> Response:
        return self._site.said("missing", self._site.texts(request), status=404)
