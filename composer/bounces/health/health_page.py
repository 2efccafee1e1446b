"""The health page: figures, two charts, tables. The file is complete: it loads nothing and runs no script.

Input: an `AudienceHealth`, the newsletter's name. Output: HTML with SVG. Guarantees: pure.
"""

from html import escape as _escaped

from composer.bounces.health.audience_health import (
    BOUNCES_ALARM,
    BOUNCES_WATCH,
    COMPLAINTS_ALARM,
    COMPLAINTS_WATCH,
    AudienceHealth,
    Figures,
    HealthMark,
    Month,
)
from composer.core.untrusted.untrusted_text import tame

_WIDTH, _HEIGHT, _LEFT, _BOTTOM = 680, 200, 56, 24
_STYLE = """
:root { color-scheme: light dark; --ink: #1b1b1b; --soft: #5c5c5c; --line: #d5d5d5; --up: #1f6f4a; --down: #9b1c1c;
  --watch: #8a5a00; --page: #fff; }
@media (prefers-color-scheme: dark) { :root { --ink: #eee; --soft: #b0b0b0; --line: #444; --up: #6cc79b; --down: #ff9c92;
  --watch: #f0c060; --page: #161616; } }
body { font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--page); max-width: 720px; margin: 2rem auto;
  padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; margin: 1rem 0; font-variant-numeric: tabular-nums; }
th, td { text-align: right; padding: .3rem .5rem; border-bottom: 1px solid var(--line); }
th:first-child, td:first-child { text-align: left; overflow-wrap: anywhere; }
caption { text-align: left; color: var(--soft); padding-bottom: .3rem; }
svg { width: 100%; height: auto; } svg text { font: 12px system-ui, sans-serif; fill: var(--soft); }
.alarm { color: var(--down); font-weight: 700; } .watch { color: var(--watch); font-weight: 700; }
p.note { color: var(--soft); }
"""
_WORDS = {HealthMark.GOOD: "", HealthMark.WATCH: " watch", HealthMark.ALARM: " too high", HealthMark.FEW: " (few)"}


def escape(text: str) -> str:
    """Return external text as HTML that only displays it."""
    return _escaped(tame(text))


def page(health: AudienceHealth, name: str) -> str:
    """Return the page."""
    subscribers = ", ".join(f"{number:,} {status}" for status, number in health.subscribers.items()) or "none yet"
    parts = [
        f"<h1>{escape(name)}: audience health</h1>",
        f"<p>{health.now:%Y-%m-%d}. Subscribers: {escape(subscribers)}.</p>",
        "<h2>Growth</h2>",
        *((_growth(health.months), _months(health.months)) if health.months else ("<p>No subscribers yet.</p>",)),
        f"<h2>Mailings of the last {health.days} days</h2>",
    ]
    if health.mailings:
        rows = [(f"{each.issue} ({each.made:%Y-%m-%d})", each.total) for each in health.mailings]
        parts += [_rates(health), _table("Mailings, newest first", "Mailing", rows)]
        parts.append(_table("By provider", "Provider", list(health.by_provider().items())))
        parts.append(_table("Domains with the most messages", "Domain", health.by_domain()))
    else:
        parts.append("<p>No mailings were sent.</p>")
    parts.append(
        f'<p class="note">Gmail and Yahoo ask for a complaint rate below {COMPLAINTS_WATCH:.1%} that never reaches'
        f" {COMPLAINTS_ALARM:.1%}; Microsoft publishes no limit. Gmail does not forward complaints: check its Postmaster"
        f" Tools. None of them publishes a limit for bounces; this page warns from {BOUNCES_WATCH:.0%}, and from"
        f" {BOUNCES_ALARM:.0%} Amazon SES puts an account under review.</p>"
    )
    if health.refusals:
        parts += ["<h2>Rejected because of the sender or the message</h2>", _refusals(health)]
    title = f"{escape(name)}: audience health"
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        f"<style>{_STYLE}</style></head><body>\n" + "\n".join(parts) + "\n</body></html>\n"
    )


def _growth(months: tuple[Month, ...]) -> str:
    """Return the chart of new subscribers (above the line) and lost subscribers (below)."""
    up = max([each.joined for each in months] + [1])
    down = max([each.lost for each in months] + [0])
    plot = _HEIGHT - _BOTTOM
    scale = plot / (up + down)
    zero = up * scale
    step = (_WIDTH - _LEFT) / max(len(months), 1)
    shapes = [_line(zero, "0", "var(--line)"), _label(10, f"+{up:,}")]
    if down:
        shapes.append(_label(plot - 2, f"-{down:,}"))
    for place, each in enumerate(months):
        x = _LEFT + place * step
        came = f"{each.joined:,} joined, {each.imported:,} imported"
        words = f"{each.first:%Y-%m}: {came}, {each.lost:,} lost, {each.active:,} active"
        shapes.append(
            f"<g><title>{words}</title>"
            f"{_bar(x, zero - each.joined * scale, step, each.joined * scale, 'var(--up)')}"
            f"{_bar(x, zero, step, each.lost * scale, 'var(--down)')}</g>"
            f'<text x="{x + step / 2:.1f}" y="{_HEIGHT - 6}" text-anchor="middle">{each.first:%m/%y}</text>'
        )
    return _drawing("Subscribers gained (without imports) and lost, by month", shapes)


def _rates(health: AudienceHealth) -> str:
    """Return the chart of the mailings' bounce rates, oldest first, with the two limits."""
    shown = health.mailings[:24][::-1]
    plot = _HEIGHT - _BOTTOM
    top = max([each.total.bounce_rate for each in shown] + [BOUNCES_ALARM]) * 1.1
    step = (_WIDTH - _LEFT) / max(len(shown), 1)
    shapes = []
    for rate, colour in ((BOUNCES_ALARM, "var(--down)"), (BOUNCES_WATCH, "var(--watch)")):
        shapes.append(_line(plot - plot * rate / top, f"{rate:.0%}", colour))
    for place, each in enumerate(shown):
        total = each.total
        height = plot * total.bounce_rate / top
        words = f"{each.issue}: {total.bounce_rate:.2%} bounced, {total.complaint_rate:.3%} complained"
        bar = _bar(_LEFT + place * step, plot - height, step, height, "var(--ink)")
        shapes.append(f"<g><title>{escape(words)}</title>{bar}</g>")
    return _drawing("Bounce rate by mailing, oldest first", shapes)


def _drawing(title: str, shapes: list[str]) -> str:
    return (
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{escape(title)}"><title>{escape(title)}</title>'
        f"{''.join(shapes)}</svg>"
    )


def _bar(x: float, y: float, step: float, height: float, colour: str) -> str:
    width = min(step * 0.7, 40)
    left = x + (step - width) / 2
    return f'<rect x="{left:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" fill="{colour}"/>'


def _line(y: float, words: str, colour: str) -> str:
    return f'<line x1="{_LEFT}" x2="{_WIDTH}" y1="{y:.1f}" y2="{y:.1f}" stroke="{colour}"/>{_label(y + 4, words)}'


def _label(y: float, words: str) -> str:
    return f'<text x="{_LEFT - 6}" y="{y:.1f}" text-anchor="end">{words}</text>'


def _months(months: tuple[Month, ...]) -> str:
    rows = "".join(
        f"<tr><td>{each.first:%Y-%m}</td><td>{each.joined:,}</td><td>{each.imported:,}</td><td>{each.left:,}</td><td>{each.bounced:,}</td>"
        f"<td>{each.complained:,}</td><td>{each.active:,}</td></tr>"
        for each in reversed(months)
    )
    return (
        "<table><caption>Months, newest first</caption><tr><th>Month</th><th>joined</th><th>imported</th>"
        f"<th>unsubscribed</th><th>bounced</th><th>complained</th><th>active at the end</th></tr>{rows}</table>"
    )


def _table(caption: str, first: str, rows: "list[tuple[str, Figures]]") -> str:
    body = "".join(
        f"<tr><td>{escape(str(name) or 'unknown')}</td><td>{each.accepted:,}</td>"
        f"<td{_class(each.bounce_mark)}>{each.bounced:,} · {each.bounce_rate:.2%}{_WORDS[each.bounce_mark]}</td>"
        f"<td{_class(each.complaint_mark)}>{each.complaints:,} · {each.complaint_rate:.3%}{_WORDS[each.complaint_mark]}</td>"
        f"<td>{each.ours:,}</td></tr>"
        for name, each in rows
    )
    return (
        f"<table><caption>{escape(caption)}</caption><tr><th>{escape(first)}</th><th>accepted</th><th>bounced</th>"
        f"<th>complaints</th><th>rejected (sender or message)</th></tr>{body}</table>"
    )


def _class(mark: HealthMark) -> str:
    return f' class="{mark.value}"' if mark in (HealthMark.WATCH, HealthMark.ALARM) else ""


def _refusals(health: AudienceHealth) -> str:
    rows = "".join(
        f"<tr><td>{escape(domain)}</td><td>{escape(status)}</td><td>{escape(words)}</td><td>{number:,}</td></tr>"
        for domain, status, words, number in health.refusals
    )
    return f"<table><tr><th>Domain</th><th>code</th><th>server’s answer</th><th>times</th></tr>{rows}</table>"
