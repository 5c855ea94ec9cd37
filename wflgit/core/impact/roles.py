"""What a field of a step or trigger is about, and what a step does, known by what they are called, whatever the format. Pure.

No format says which of its fields is an address or a recipient, and most types of steps are other people's. So the words of a key
decide, split at capitals, underscores and hyphens: `toEmail` is a recipient, `fromEmail` and `recipientsCount` are not.
"""

from __future__ import annotations

import re
from enum import StrEnum
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from wflgit.core.formats.shapes import object_of, text_of
from wflgit.core.graph import StepKind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wflgit.core.graph import Pointer, Step


class Role(StrEnum):
    """What a field is about."""

    ENDPOINT = "endpoint"
    METHOD = "method"
    CREDENTIAL = "credential"
    RECIPIENT = "recipient"
    SUBJECT = "subject"
    BODY = "body"
    CODE = "code"
    DESTRUCTIVE = "destructive"
    RETRY = "retry"
    TIMEOUT = "timeout"
    IDEMPOTENCY = "idempotency"
    CONCURRENCY = "concurrency"
    RATE = "rate"
    """How many at most in a time."""
    SCHEDULE = "schedule"
    WINDOW = "window"
    """The hours and days on which something may be done."""
    FILTER = "filter"
    SUPPRESSION = "suppression"
    """Who is left out: unsubscribed, excluded, without consent."""
    REENTRY = "reentry"
    """Whether somebody may come again."""
    BACKFILL = "backfill"
    """Whether those come too who were there already."""


def _set(text: str) -> frozenset[str]:
    return frozenset(phrase.strip() for phrase in text.split(","))


def _phrases(role: Role, text: str) -> dict[str, Role]:
    return dict.fromkeys(_set(text), role)


_BY_KEY: Mapping[str, Role] = {
    **_phrases(
        Role.ENDPOINT,
        """
        url, uri, host, hostname, port, path, relative path, route, endpoint, webhook, queue, queue name, topic, topic name,
        table, table name, table id, database, database id, bucket, bucket name, stream, stream name, resource, function name,
        collection, sheet id, sheet name, document id, spreadsheet id, folder id, project id, dataset, container name,
        repository, index name, broker
        """,
    ),
    **_phrases(Role.METHOD, "method, http method, request method, verb, operation, operation id, operation name, action"),
    **_phrases(
        Role.CREDENTIAL,
        """
        credentials, credential, credential id, connection, connection id, connection name, connection reference,
        api connection, connection reference name, authentication, authentication type, auth, auth type, generic auth type,
        node credential type, secret name, secret ref, secret reference, secret id, secret headers, role arn, username,
        user name, identity
        """,
    ),
    **_phrases(
        Role.RECIPIENT,
        """
        to, cc, bcc, recipient, recipients, to email, to emails, email to, cc email, bcc email, to address, to addresses,
        send to, cc address, cc addresses, bcc address, bcc addresses, to recipients, cc recipients, bcc recipients,
        recipient email, cc list, recipient emails, recipient id, recipient address, recipient phone, recipient phone number,
        recipient list, bcc list, mail to, phone, phone number, to number, to phone, chat id, channel, channel id,
        channel name, destination
        """,
    ),
    **_phrases(Role.SUBJECT, "subject, title, email subject, mail subject, message subject"),
    **_phrases(
        Role.BODY,
        """
        body, text, html, message, messages, content, template, template id, template name, template data, payload, caption,
        blocks, attachments, link, language, html body, text body, body text, body html, message body, json body,
        body parameters, blocks ui
        """,
    ),
    **_phrases(
        Role.CODE,
        """
        code, js code, python code, function code, source code, custom code, inline code, func, script, query, sql, sql query,
        raw query, command, commands, initialize, finalize, program
        """,
    ),
    **_phrases(
        Role.DESTRUCTIVE,
        """
        delete, delete all, delete existing, delete permanently, permanently delete, hard delete, overwrite,
        overwrite existing, force, force delete, force overwrite, truncate, truncate table, purge, drop table, wipe,
        destroy, erase, replace all, remove all, clear, clear all, skip confirmation, skip confirm, no confirm
        """,
    ),
    **_phrases(Role.RETRY, "max tries, max attempts, wait between tries, attempts, tries, backoff, backoff rate"),
    **_phrases(Role.TIMEOUT, "heartbeat seconds, heartbeat seconds path, deadline"),
    **_phrases(Role.IDEMPOTENCY, "client token, client request token"),
    **_phrases(
        Role.CONCURRENCY,
        """
        concurrency, max concurrency, max concurrency path, parallelism, max parallel, batch size, batching, repetitions,
        max items per batch
        """,
    ),
    **_phrases(Role.RATE, "rate limit, rate limits, throttle, throttling, rate, rate units, nb rate units"),
    **_phrases(
        Role.SCHEDULE,
        """
        cron, cron expression, crontab, schedule, recurrence, trigger times, poll times, repeat, once, once delay, interval,
        every, frequency, time zone, timezone, start time, end time, rule, offset
        """,
    ),
    **_phrases(
        Role.WINDOW,
        """
        window, send window, sending window, delivery window, quiet hours, business hours, working hours, office hours,
        send days, allowed hours, allowed days, send hours, weekdays only, only weekdays, not before, not after, holidays
        """,
    ),
    **_phrases(
        Role.FILTER,
        """
        filter, filters, conditions, condition, where, when, criteria, audience, segment, segments, only, event, events,
        event types, updates, label ids
        """,
    ),
    **_phrases(
        Role.BACKFILL,
        """
        backfill, enroll existing, enrol existing, include existing, existing contacts, catch up, catchup, process existing
        """,
    ),
}
"""The words of a whole key."""

_BY_END: Mapping[str, Role] = {
    **_phrases(Role.ENDPOINT, "url, uri, arn, endpoint, host"),
    **_phrases(
        Role.CREDENTIAL,
        """
        credential, credentials, password, passphrase, secret, token, api key, private key, connection string
        """,
    ),
    **_phrases(Role.BODY, "body, html, template"),
    **_phrases(Role.CODE, "script"),
    **_phrases(Role.RETRY, "retries, attempts"),
}
"""The words at the end of a key."""

_BY_WORD: Mapping[str, Role] = {
    **_phrases(Role.RETRY, "retry"),
    **_phrases(Role.TIMEOUT, "timeout"),
    **_phrases(Role.IDEMPOTENCY, "idempotency, idempotent, deduplication, dedupe, dedup"),
    **_phrases(
        Role.SUPPRESSION,
        """
        suppress, suppression, suppressions, suppressed, unsubscribed, unsubscribes, consent, consents, exclude, excludes,
        excluded, exclusion, exclusions, optin, optout, blocklist, blacklist, denylist
        """,
    ),
}
"""A word anywhere in a key."""

_BY_WORDS: Mapping[tuple[str, str], Role] = {
    ("opt", "in"): Role.SUPPRESSION,
    ("opt", "out"): Role.SUPPRESSION,
    ("not", "contact"): Role.SUPPRESSION,
    ("re", "enter"): Role.REENTRY,
    ("re", "entry"): Role.REENTRY,
}
"""Two words that follow each other anywhere in a key."""

_PICTURES = frozenset({"image", "logo", "avatar", "icon", "photo", "picture", "thumbnail"})
_PASSING = frozenset({"page", "next", "continuation", "sync", "cursor", "task"})
"""What a token is of that opens nothing."""

_WHOLE = frozenset(
    {
        Role.RETRY,
        Role.CREDENTIAL,
        Role.IDEMPOTENCY,
        Role.SCHEDULE,
        Role.WINDOW,
        Role.FILTER,
        Role.SUPPRESSION,
        Role.RATE,
        Role.CONCURRENCY,
    }
)
"""What is inside of such a field is about the same, whatever it is called there."""

_SENT = frozenset({Role.RECIPIENT, Role.SUBJECT, Role.BODY})
"""What the fields inside of something that is sent can be about; the words of the rest are the receiver's."""

_DATA = frozenset(
    {"data", "context", "variables", "assign", "assignments", "metadata", "item selector", "result selector", "output", "outputs"}
    | {"wires"}
)
"""Under these keys others name things as they like, or are the ways on."""

_SECRET_KEYS = _set(
    """
    password, passwd, passphrase, secret, token, api key, apikey, private key, privatekey, connection string, authorization,
    proxy authorization, cookie, auth token, x auth token, x api key, account key, signing key, secret access key,
    ocp apim subscription key, x functions key
    """
)
_SECRET_ENDS = ("password", "passphrase", "secret", "token", "api key", "private key", "connection string")

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")


@lru_cache(maxsize=8192)
def words_of(text: str) -> tuple[str, ...]:
    """The words of an identifier, small.

    >>> words_of("chatId"), words_of("X-API-Key"), words_of("HTTPRequest2")
    (('chat', 'id'), ('x', 'api', 'key'), ('http', 'request', '2'))
    """
    return tuple(word.lower() for word in _WORD.findall(text))


def role_of(path: Pointer) -> Role | None:
    """What the field at a path of a config is about; None if that cannot be told.

    The last telling key decides, but not inside of a field that is about one thing as a whole, such as a schedule.

    >>> role_of(("parameters", "options", "timeout")), role_of(("Retry", 0, "interval"))
    (<Role.TIMEOUT: 'timeout'>, <Role.RETRY: 'retry'>)
    >>> role_of(("toEmail",)), role_of(("fromEmail",)), role_of(("recipientsCount",))
    (<Role.RECIPIENT: 'recipient'>, None, None)
    """
    return _told(path)[0]


def telling_path(path: Pointer) -> Pointer:
    """The path to the field that is about something, of a path that may lead into it; the path itself if none is.

    >>> telling_path(("Retry", 0, "interval"))
    ('Retry',)
    """
    role, length = _told(path)
    return path if role is None else path[:length]


@lru_cache(maxsize=8192)
def _told(path: Pointer) -> tuple[Role | None, int]:
    """What a field is about, and how many keys of its path it takes to know that."""
    found: tuple[Role | None, int] = None, 0
    for length, key in enumerate(path, 1):
        if isinstance(key, int):
            continue
        if " ".join(_words_of_key(key)) in _DATA:
            return None, 0
        role = _role_of_key(key)
        if role is None or (found[0] is Role.BODY and role not in _SENT):
            continue
        found = role, length
        if role in _WHOLE:
            break
    return found


@lru_cache(maxsize=8192)
def _role_of_key(key: str) -> Role | None:
    words = _words_of_key(key)
    found = _BY_KEY.get(" ".join(words)) or _role_of_parts(words)
    if found is not None or not words:
        return found
    if _PICTURES.isdisjoint(words) and _PASSING.isdisjoint(words):
        return _BY_END.get(words[-1]) or _BY_END.get(" ".join(words[-2:]))
    return None


def _role_of_parts(words: tuple[str, ...]) -> Role | None:
    if words[:1] == ("max",) and "per" in words:
        return Role.RATE
    if any(word.startswith(("reenrol", "reentry", "reenter")) for word in words):
        return Role.REENTRY
    for first, second in pairwise(words):
        if first == "re" and second.startswith("enrol"):
            return Role.REENTRY
        if (first, second) in _BY_WORDS:
            return _BY_WORDS[first, second]
    return next((_BY_WORD[word] for word in words if word in _BY_WORD), None)


def _words_of_key(key: str) -> tuple[str, ...]:
    """The words of a key; of one that is itself a path, such as `emailMessage/To`, those of its last part."""
    return words_of(key.removesuffix(".$").rpartition("/")[2])


@lru_cache(maxsize=8192)
def holds_secret(key: str) -> bool:
    """Say whether a literal value under that key is a secret.

    >>> holds_secret("clientSecret"), holds_secret("Authorization"), holds_secret("maxTokens"), holds_secret("pageToken")
    (True, True, False, False)
    """
    words = _words_of_key(key)
    phrase = " ".join(words)
    if phrase in _SECRET_KEYS:
        return True
    return _PASSING.isdisjoint(words) and any(phrase.endswith(f" {end}") for end in _SECRET_ENDS)


_TOKEN = re.compile(
    r"gh[pousr]_[0-9A-Za-z]{20}|github_pat_[0-9A-Za-z]{10}|glpat-[0-9A-Za-z_-]{20}|[sr]k_live_[0-9A-Za-z]{10}|xox[abeoprs]-[0-9A-Za-z-]{10}"
    r"|AKIA[0-9A-Z]{16}|AIza[0-9A-Za-z_-]{35}|sk-(?:proj-|ant-)?[0-9A-Za-z_-]{32}|SG\.[0-9A-Za-z_-]{16,64}\.[0-9A-Za-z_-]{16}"
    r"|-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----|hooks\.slack\.com/services/T[0-9A-Z]{6,16}/B|https?://[^\s/:@]{1,80}:[^\s/@{}$]{1,200}@"
)


def holds_token(text: object) -> bool:
    """Say whether a text has a secret in it that can be told by its form, as those of well-known services can.

    >>> holds_token("Bearer ghp_" + "a" * 36), holds_token("https://api.example.com/ghp")
    (True, False)
    """
    return isinstance(text, str) and _TOKEN.search(text) is not None


_SENDING = frozenset({"send", "sends", "notify", "charge", "refund", "publish", "broadcast", "tweet", "pay", "dial"})
"""Words of a type, an operation or a function that does something to somebody outside."""

_OF_MAIL = _SENDING | {"mail", "message", "messages", "post", "sms", "chat", "reply", "forward"}
_READING = _set("get, getall, list, search, find, read, download, lookup, query, count, check, fetch, describe, receive")
_TIDYING = _READING | {"add", "remove", "mark", "archive", "label", "draft", "save"}
_QUIET_RESOURCES = _set("draft, label, folder, channel, user, user group, contact, calendar, reaction, star")

_SERVICES = _set(
    """
    gmail, email send, slack, telegram, twilio, discord, mattermost, microsoft teams, microsoft outlook, aws ses, aws sns,
    aws sqs, mailgun, mailjet, mandrill, send grid, send in blue, brevo, vonage, postmark, message bird, plivo, sms 77, seven,
    msg 91, mocean, pushover, pushbullet, gotify, line, matrix, rocketchat, whats app, twitter, linked in, zulip, cisco webex,
    google chat, stripe, pay pal, mqtt, kafka, rabbitmq, e mail, mqtt out, telegram sender, twilio out, tcp out, udp out,
    amqp out, kafka out, http out
    """
)
"""Types of steps, without their package, that send or charge unless they are told to read."""

_REQUESTS = frozenset({"http request", "http"})
_FUNCTIONS = ("lambda", "function")
_SENDING_CALLS = frozenset(
    {
        *(
            ("sns", "publish"),
            ("sns", "publish batch"),
            ("sqs", "send message"),
            ("sqs", "send message batch"),
            ("ses", "send email"),
        ),
        *(("ses", "send raw email"), ("ses", "send templated email"), ("pinpoint", "send messages")),
    }
)
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


def sends(step: Step) -> bool:
    """Say whether a step does something outside that cannot be taken back: a message, a payment, a call that changes something.

    What is only known when an execution is there, or hidden in a function of the account, counts as no.
    """
    if step.kind is not StepKind.ACTION or step.disabled:
        return False
    if "Resource" in step.config:
        return _calls_to_send(step.config)
    if "inputs" in step.config:
        return _asks_to_send(step.type, object_of(step.config["inputs"]))
    type_ = step.type.rpartition(".")[2]
    words = words_of(type_)
    said = {**step.config, **object_of(step.config.get("parameters"))}
    name = " ".join(words).removesuffix(" tool")
    if name in _REQUESTS:
        return _changes(said, "GET")
    if name == "call webhook":
        return _changes(said, "POST")
    if name in _SERVICES:
        return _is_told_to_send(said)
    return bool(words) and words[0] not in _READING and not _SENDING.isdisjoint(words)


def _changes(said: Mapping[str, Any], default: str) -> bool:
    """Whether a request is one that changes something."""
    method = next((said[key] for key in ("method", "requestMethod", "Method") if said.get(key)), default)
    return isinstance(method, str) and method.isalpha() and method.upper() not in (*_SAFE, "USE")


def _is_told_to_send(said: Mapping[str, Any]) -> bool:
    if " ".join(words_of(text_of(said.get("resource")))) in _QUIET_RESOURCES:
        return False
    operation = words_of(text_of(said.get("operation")))
    return not operation or operation[0] not in _TIDYING


def _calls_to_send(config: Mapping[str, Any]) -> bool:
    """Whether a state of Amazon States Language calls a service that sends, or a function that is called so."""
    parts = text_of(config["Resource"]).partition(".")[0].split(":")
    given = object_of(config.get("Parameters")) or object_of(config.get("Arguments"))
    service, call = (parts[-2], parts[-1]) if len(parts) > 1 else ("", "")
    if (service, call) in (("http", "invoke"), ("apigateway", "invoke")):
        return _changes(given, "")
    if service in _FUNCTIONS:
        called = text_of(given.get("FunctionName")) if call == "invoke" else call
        return _is_of_sending(words_of(called.rpartition("function:")[2]))
    return (service.removesuffix("v2"), " ".join(words_of(call))) in _SENDING_CALLS


def _asks_to_send(type_: str, inputs: Mapping[str, Any]) -> bool:
    """Whether an action of Logic Apps sends: by its method, and for a connector by what it asks of it."""
    if type_.lower() == "http":
        return _changes(inputs, "")
    host = {**object_of(inputs.get("serviceProviderConfiguration")), **object_of(inputs.get("host"))}
    if operation := words_of(text_of(host.get("operationId"))):
        return operation[0] not in _TIDYING and not _OF_MAIL.isdisjoint(operation)
    return _changes(inputs, "GET") and not _OF_MAIL.isdisjoint(words_of(text_of(inputs.get("path"))))


def _is_of_sending(words: tuple[str, ...]) -> bool:
    return bool(words) and words[0] not in _READING and not _SENDING.isdisjoint(words)


def is_destructive(operation: object) -> bool:
    """Say whether a method or operation deletes.

    >>> is_destructive("DELETE"), is_destructive("arn:aws:states:::dynamodb:deleteItem"), is_destructive("getDeleted")
    (True, True, False)
    """
    words = words_of(text_of(operation).rpartition(":")[2])
    return bool(words) and words[0] in ("delete", "purge", "truncate", "drop", "destroy", "wipe", "erase")
