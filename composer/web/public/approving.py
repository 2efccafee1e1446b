"""Approving and returning an edition, by the link of a test message.

Comes in: an editor's token. Goes out: the frozen edition in a frame, and a form. What is kept, and whose token it is, is the
ledger's (approvals.py).
"""

from starlette.requests import Request
from starlette.responses import Response

from composer.web.public.approvals import Answer, Asked
from composer.web.public.reading import edition, picture
from composer.web.public.site import Site


class Approving:
    """The page behind an editor's link."""

    def __init__(self, site: Site) -> None:
        self._site = site

    async def approve(self, request: Request) -> Response:
        """GET: the edition and the question. POST: the answer; who returns an edition says why."""
        site, token = self._site, request.path_params["token"]
        asked = await self._asked(token)
        if asked is None:
            return site.broken(request)
        tongue = site.tongue(request)
        is_empty = False
        if request.method == "POST":
            form = await site.form(request)
            said = form.line("answer", 10)
            answer = Answer(said) if said in list(Answer) else None
            comment = form.text("comment", 4000)
            is_empty = answer is Answer.NO and not comment
            if answer is not None and not is_empty:
                now = site.clock()
                is_kept = await site.turns.write(
                    lambda connection: site.approvals.record(connection, token, answer, comment, now)
                )
                what = "approved" if answer is Answer.YES else "returned"
                return site.said(what, tongue, text="decided_text") if is_kept else site.broken(request)
        return site.page(
            "approve",
            tongue,
            status=422 if request.method == "POST" else 200,
            here=f"/approve/{token}",
            frames=True,
            subject=asked.edition.subject,
            is_decided=asked.answer is not None,
            is_empty=is_empty,
        )

    async def frame(self, request: Request) -> Response:
        """GET: the edition itself, for the frame."""
        token = request.path_params["token"]
        asked = await self._asked(token)
        if asked is None:
            return self._site.broken(request)
        return edition(self._site, asked.edition, f"/approve/{token}/pictures", is_framed=True)

    async def frame_picture(self, request: Request) -> Response:
        """GET: one of its pictures."""
        asked = await self._asked(request.path_params["token"])
        found = picture(asked.edition, request.path_params["name"]) if asked else None
        return found or self._site.broken(request)

    async def _asked(self, token: str) -> Asked | None:
        site, now = self._site, self._site.clock()
        return await site.turns.read(lambda connection: site.approvals.look(connection, token, now))
