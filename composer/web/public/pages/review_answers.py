"""Approving an issue or requesting changes, by an editor's link.

Input: an editor's token. Output: every message of the review in a frame of its own, and a form. The ledger keeps the answers and
knows whose token it is.
"""

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from composer.web.public.pages.edition_pages import EditionPage
from composer.web.public.pages.page_context import Site
from composer.web.public.pages.review_pages import AnswerEffect, RequestedReview, ReviewAnswer
from composer.web.public.pages.web_copies import edition, picture
from composer.web.public.site.translations import own_name, subscribers_in_words

#: The text of the page after a request for changes, by its effect.
_AFTER = {
    AnswerEffect.RECORDED: "decided_text",
    AnswerEffect.HELD: "returned_held_text",
    AnswerEffect.STOPPED: "returned_stopped_text",
    AnswerEffect.LATE: "returned_late_text",
}


class ReviewAnswers:
    """The pages that an editor's link opens."""

    def __init__(self, site: Site) -> None:
        self._site = site

    async def approve(self, request: Request) -> Response:
        """GET: every message and the form. POST: the answer; a request for changes needs a comment."""
        site, token = self._site, request.path_params["token"]
        asked = await self._asked(token)
        if asked is None:
            return self._broken(request)
        texts = site.texts(request)
        if not asked.is_approver:
            return site.said("approve_former", texts, status=403)
        is_empty = False
        if request.method == "POST":
            form = await site.form(request)
            said = form.line("answer", 10)
            answer = ReviewAnswer(said) if said in list(ReviewAnswer) else None
            comment = form.text("comment", 4000)
            is_empty = answer is ReviewAnswer.NO and not comment
            if answer is not None and not is_empty:
                now = site.clock()
                effect = await site.executor.write(
                    lambda connection: site.approvals.record(connection, token, answer, comment, now)
                )
                if effect is None:
                    return self._broken(request)
                is_yes = answer is ReviewAnswer.YES
                what, text = ("approved", "decided_text") if is_yes else ("returned", _AFTER[effect])
                return site.said(what, texts, text=text)
        return site.page(
            "approve",
            texts,
            status=422 if request.method == "POST" else 200,
            here=f"/approve/{token}",
            frames=True,
            messages=[
                (each, own_name(each.language), subscribers_in_words(each.who, texts)) for each in asked.messages
            ],
            is_one_language=len({each.language for each in asked.messages}) == 1,
            is_decided=asked.answer is not None,
            is_empty=is_empty,
        )

    async def frame(self, request: Request) -> Response:
        """GET: one of the messages, for its frame."""
        token, number = request.path_params["token"], request.path_params["number"]
        shown = await self._shown(request)
        if shown is None:
            return self._broken(request)
        return edition(self._site, shown, f"/approve/{token}/edition/{number}/pictures", is_framed=True)

    async def plain_text(self, request: Request) -> Response:
        """GET: one of the messages as plain text."""
        shown = await self._shown(request)
        return self._broken(request) if shown is None else PlainTextResponse(shown.text)

    async def frame_picture(self, request: Request) -> Response:
        """GET: one of its pictures."""
        shown = await self._shown(request)
        found = picture(shown, request.path_params["name"]) if shown else None
        return found or self._broken(request)

    async def _asked(self, token: str) -> RequestedReview | None:
        site, now = self._site, self._site.clock()
        return await site.executor.read(lambda connection: site.approvals.look(connection, token, now))

    async def _shown(self, request: Request) -> EditionPage | None:
        site, now = self._site, self._site.clock()
        token, number = request.path_params["token"], request.path_params["number"]
        return await site.executor.read(lambda connection: site.approvals.show(connection, token, number, now))

    def _broken(self, request: Request) -> Response:
        """Return the same answer for every link that does not work, whatever the reason."""
        return self._site.said("approve_broken", self._site.texts(request), status=404)
