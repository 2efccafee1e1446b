"""Servers with a limit of messages per session: how they say it, and how the transport reacts."""

from dataclasses import replace

import pytest

from composer.transport.envelope import Envelope
from composer.transport.outcome import OutcomeState, Scope, Stage
from composer.transport.replies.reply_meaning import ends_session
from composer.transport.smtp.reply_parser import make_reply
from composer.transport.smtp.session_limit import SessionLimit
from composer.transport.smtp.smtp_transport import SmtpConnection
from tests.fake_smtp import FakeSmtp, after, leaves, says, session_limits
from tests.transport.setup import ANNA, MESSAGE, PATIENT, transport

MOST, MESSAGES = 3, 10
LIMITS = session_limits(MOST)

_THE_SESSION = """
452 4.4.5 Maximum number of messages per session exceeded
421 Connection closed by server. Maximum message count per session reached.
421 too many messages in this connection
421 4.7.0 Too many messages in this session
452 4.5.3 Too many messages in one connection
452 Too many messages in this session, please try again later
421 #4.x.2 Too many messages for this session
421 4.7.0 Too many MAIL commands in one session
421 4.7.0 mx.example.org Error: too many errors on this connection, closing transmission channel
421 You have exceeded the maximum number of messages per connection (10)
421 max messages per connection reached
421 4.2.1 limit of 20 mails/connection
450 4.7.1 Only 10 messages are allowed per SMTP session
550 5.7.0 Too many mails in one connection
452 4.7.1 Sorry, 10 messages max on a session; come back with a new one
421 4.7.0 server closing connection after 10 messages
421 4.7.0 per-connection message cap
421 4.7.0 Session terminated, too many messages
421 This session has reached its message limit
421 Session quota exceeded
421 4.7.0 Connection limit reached, please reconnect
451 4.7.0 open a new connection to send more mail
421 Session time limit exceeded (300 seconds)
421 connection lifetime exceeded
421 4.4.2 mx.example.org Error: timeout exceeded
421 4.7.0 mx.example.org Error: too many errors
452 Message count exceeded
421 Error: too many messages
421 4.7.0 too many messages
421 RSET count exceeded
452 4.5.3 Too many recipients
421 mx.example.org Service not available, closing transmission channel
451 MI:DMC 163 smtp1,abc http://mail.163.example/help/help_spam_16.htm?ip=192.0.2.4
450 当前连接发送的邮件数量超出限制。请减少每次连接中投递的邮件数量
450 RP:DRC 当前连接发送的收件人数量超出限制
421 一个SMTP会话最多发送10封邮件
421 1セッションあたりの送信数の上限を超えました
421 この接続で送信できるメールの数を超えました
421 접속당 메일 수 제한을 초과했습니다
421 Zu viele Nachrichten in dieser Sitzung
421 Maximale Anzahl an Nachrichten pro Verbindung erreicht
421 Pro Verbindung sind nur 10 Nachrichten erlaubt
421 Trop de messages par connexion
421 4.7.0 Limite de messages atteinte pour cette connexion
421 Demasiados mensajes en esta sesión
421 Il numero massimo di messaggi per sessione è stato superato
421 Número máximo de mensagens por sessão excedido
421 Te veel berichten in deze sessie
421 Zbyt wiele wiadomości w jednej sesji
421 Слишком много писем за одну сессию
"""
_SOMETHING_ELSE = """
421 4.7.0 [TSS04] Messages from 192.0.2.4 temporarily deferred due to unexpected volume or user complaints
421 4.7.28 Our system has detected an unusual rate of unsolicited mail
421 4.7.0 Try again later, closing connection. (MAIL)
421 4.7.0 IP not in whitelist for RCPT domain, closing connection.
450 4.7.1 too many messages, slow down
450 4.7.1 Error: too much mail from 192.0.2.4
421 4.7.0 mx.example.org Error: too many connections from 192.0.2.4
450 4.7.1 too many messages, try again later
421 4.7.0 Too many messages per minute, closing connection
421 4.7.0 too many messages from your IP, try again later
421 You have sent too many messages in the last hour
421 4.4.2 Message submission rate for this client has exceeded the configured limit
421 RP-002 Unfortunately, the mail server has exceeded the rate limit allowed on this connection.
454 4.7.0 Throttling failure: Maximum sending rate exceeded
421 4.7.0 too many connections from 192.0.2.4
421 4.3.2 Too many concurrent connections
421 4.4.5 Service unavailable, concurrency limit reached
421 Trop de connexions, veuillez verifier votre configuration. OFR004_104 [104]
421 Слишком много соединений с вашего адреса
421 HL:ICC 该IP同时并发连接数过大，超过了网易的限制
421 HL:IFC 该IP短期内发送了大量信件，超过了网易的限制
451 MI:SFQ 发信人在15分钟内的发信数量超过限制
421 server too busy, closing connection
421 4.3.2 System not accepting network messages
452 4.3.1 Insufficient system storage
452 4.2.2 mailbox full
452 4.5.3 Too many recipients received this hour
450 4.2.1 The user you are trying to contact is receiving mail too quickly
451 4.3.0 too many messages for this user
451 4.7.1 Greylisting in action, please come back later
550 5.1.1 no such user
550 5.7.1 blocked using zen.spamhaus.example
554 5.7.1 Service unavailable; client blocked, closing connection
"""


@pytest.mark.parametrize(("many", "is_session"), [(_THE_SESSION, True), (_SOMETHING_ELSE, False)])
def test_how_servers_say_it(many: str, is_session: bool) -> None:
    """A full session is distinguished from a rate, too many connections, a busy server and a mailbox."""
    replies = [make_reply((int(line[:3]), [line[4:].encode()])) for line in many.strip().splitlines()]
    assert [str(each) for each in replies if ends_session(each) is not is_session] == []


def _recipient(number: int) -> Envelope:
    return replace(ANNA, recipient=f"reader{number}@example.net")


class _Dots:
    """Counts the requests for a final dot."""

    asked = 0

    def __call__(self) -> bool:
        self.asked += 1
        return True


def _hand_over_all(connection: SmtpConnection) -> int:
    """Send all messages, as often as needed; return how often the caller had to send one again."""
    again = 0
    for number in range(MESSAGES):
        while True:
            dots = _Dots()
            outcome = connection.hand_over(_recipient(number), MESSAGE, dots)
            assert dots.asked <= 1
            if outcome.state is OutcomeState.ACCEPTED:
                break
            assert (outcome.state, outcome.scope, outcome.stage) == (OutcomeState.DEFERRED, Scope.SESSION, Stage.DOT)
            again += 1
    connection.close()
    return again


@pytest.mark.parametrize("offers", [("PIPELINING",), ()], ids=["pipelined", "one by one"])
@pytest.mark.parametrize("kind", [each for each in LIMITS if not each.startswith("silence at dot")])
def test_a_full_session_is_followed_by_another(kind: str, offers: tuple[str, ...]) -> None:
    """At once, with the same message, unless its dot was requested; from the third session on, in advance."""
    with FakeSmtp(LIMITS[kind], offers=offers) as office:
        again = _hand_over_all(transport(office).connect())
    assert [visit.count for visit in office.visits] == [3, 3, 3, 1]
    assert len({recipient for recipient, _ in office.taken}) == len(office.taken) == MESSAGES
    assert again == (2 if kind.endswith("at dot") else 0)
    # After the server has said it twice, the sessions have the right length.
    verbs = [[line.split(b" ")[0] for line in visit.heard] for visit in office.visits]
    if kind.startswith("452"):
        assert all(each[-1] == b"QUIT" for each in verbs)
    if not kind.startswith("silence after"):
        assert [each.count(b"MAIL") for each in verbs] == [4, 4, 3, 1]


def test_the_connections_of_a_run_learn_together() -> None:
    """A limit that one saw twice, or two saw once each, applies to all; another run starts without it."""
    with FakeSmtp(LIMITS["452 at data"]) as office:
        to = transport(office)
        for connection in (to.connect(), to.connect(), transport(office).connect()):
            _hand_over_all(connection)
    mails = [sum(line.startswith(b"MAIL") for line in visit.heard) for visit in office.visits]
    assert mails.count(4) == 2 + 0 + 2


@pytest.mark.parametrize("words", [b"421 4.3.2 out of order\r\n", b"452 4.3.1 out of order\r\n"])
def test_a_limit_that_is_not_said_is_learned(words: bytes) -> None:
    """Two sessions that end after the same number of messages: throttles are reported, and then there are none."""
    with FakeSmtp({"mail": after(MOST, says(words), b"250 Ok\r\n")}) as office:
        connection = transport(office, replace(PATIENT, rest=0)).connect()
        outcomes = [connection.hand_over(_recipient(number), MESSAGE) for number in range(MESSAGES)]
        connection.close()
    assert [number for number, each in enumerate(outcomes) if each.state is not OutcomeState.ACCEPTED] == [3, 7]
    assert all(each.scope is Scope.SERVER for each in outcomes if each.state is OutcomeState.DEFERRED)


def test_a_throttled_session_is_left_after_a_rest_only() -> None:
    """It may be kept at first: a greylisted recipient, or a short problem, is not a reason to sign in again."""
    script = {"mail": after(1, says(b"452 4.3.1 out of order\r\n"), b"250 Ok\r\n")}
    for rest, visits in ((10, 1), (0, 2)):
        with FakeSmtp(script) as office:
            connection = transport(office, replace(PATIENT, rest=rest)).connect()
            states = [connection.hand_over(_recipient(number), MESSAGE).state for number in range(3)]
            connection.close()
        assert states[:2] == [OutcomeState.ACCEPTED, OutcomeState.DEFERRED]
        assert len(office.visits) == visits
        assert all(visit.heard[-1] == b"QUIT" for visit in office.visits)


def test_messages_that_are_put_off_one_after_the_other_end_a_session() -> None:
    """Each looks like a problem of the recipient; five in a row are about the session, and twice that is a limit."""
    with FakeSmtp({"rcpt": after(MOST, says(b"450 4.2.0 out of order\r\n"), b"250 Ok\r\n")}) as office:
        connection = transport(office).connect()
        states = [connection.hand_over(_recipient(number), MESSAGE).state for number in range(30)]
        connection.close()
    assert [each is OutcomeState.ACCEPTED for each in states] == ([True] * 3 + [False] * 5) * 2 + [True] * 14
    assert [visit.count for visit in office.visits] == [3, 3, 3, 3, 3, 3, 2]


@pytest.mark.parametrize("stage", ["mail", "rcpt", "data", "dot"])
def test_a_session_that_takes_nothing_is_not_full(stage: str) -> None:
    """Another session would get the same reply. It is a throttle, reported once, without more connections."""
    with FakeSmtp({stage: says(b"452 4.4.5 Maximum number of messages per session exceeded\r\n")}) as office:
        connection = transport(office).connect()
        outcome = connection.hand_over(ANNA, MESSAGE)
        connection.close()
    assert (outcome.state, outcome.scope, len(office.visits)) == (OutcomeState.DEFERRED, Scope.SERVER, 1)


def test_a_message_that_ends_every_session_is_deferred() -> None:
    """A server that always disconnects at this message is tried a second time, and no more."""
    with FakeSmtp({"data": after(1, leaves, b"354 go ahead\r\n")}) as office:
        connection = transport(office).connect()
        assert connection.hand_over(ANNA, MESSAGE).state is OutcomeState.ACCEPTED
        office.script = {"data": leaves}
        outcome = connection.hand_over(ANNA, MESSAGE)
        connection.close()
    assert (outcome.state, outcome.stage, outcome.reply) == (OutcomeState.DEFERRED, Stage.DATA, None)
    assert (len(office.visits), len(office.taken)) == (2, 1)


def test_a_refusal_that_names_the_session_is_tried_in_another() -> None:
    """With 5xx, too: the message is rejected only if the next session rejects it, too."""
    words = b"550 5.7.0 Too many messages in one session\r\n"
    with FakeSmtp({"dot": after(MOST, says(words), b"250 Ok\r\n")}) as office:
        assert _hand_over_all(transport(office).connect()) == 2
    assert len(office.taken) == MESSAGES


def test_a_limit() -> None:
    """Learned from two sessions of the same length; discarded if one accepts nothing; a much shorter one proves nothing."""
    limit = SessionLimit()
    assert limit.ended(10, is_said=True) and limit.most(100) == 100
    assert limit.ended(10, is_said=True) and limit.most(100) == 10 and limit.most(5) == 5
    assert not limit.ended(0, is_said=True) and limit.most(100) == 100
    assert not limit.ended(4, is_said=True)
    assert limit.ended(5, is_said=True)
    assert not limit.ended(12, is_said=False) and not limit.ended(12, is_said=False) and limit.most(100) == 12
