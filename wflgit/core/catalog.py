"""The types of steps and triggers: the built-in ones with a model of their config each, and an account's own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Literal, Protocol

from pydantic import AfterValidator, Discriminator, Field, Tag

from wflgit.core.fields import (
    Cron,
    Currency,
    Duration,
    EmailAddress,
    EventName,
    FieldName,
    Json,
    Language,
    Model,
    Moment,
    Secret,
    Shape,
    SignedDuration,
    Text,
    TimeZone,
    WebAddress,
    WorkflowSlug,
    refuse,
)
from wflgit.core.wording import HIDDEN, SECRET_HINT

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from wflgit.core.graph import Pointer
    from wflgit.core.problems import Problem


class Nothing(Model):
    """This type has nothing to configure."""


class SendEmail(Model):
    """Send an e-mail to the contact."""

    template: Text
    """The template it is made from."""
    subject: Text | None = None
    """Instead of the template's subject."""
    sender_name: Text | None = None
    sender: EmailAddress | None = None
    reply_to: EmailAddress | None = None
    data: dict[str, Json] | None = None
    """What the template may refer to beside the contact."""


class SendSms(Model):
    """Send a text message to the contact's phone."""

    text: Text
    sender: Text | None = None
    """The number or name it comes from."""


class SendPush(Model):
    """Show a notification on the contact's devices."""

    title: Text
    text: Text
    link: WebAddress | None = None
    """What opens when it is touched."""


class SendWhatsapp(Model):
    """Send an approved WhatsApp template to the contact."""

    template: Text
    language: Language | None = None
    data: dict[str, Json] | None = None
    """Values for the template's placeholders."""


class NotifyTeam(Model):
    """Tell colleagues about the contact."""

    text: Text
    to: Annotated[list[Text], Field(min_length=1)]
    """E-mail addresses, or the names of chat rooms."""
    channel: Literal["email", "slack", "teams", "in_app"] = "email"


class TagConfig(Model):
    """A tag of the contact."""

    tag: Text


class UpdateField(Model):
    """Set a field of the contact."""

    field: FieldName
    value: Json
    """The new value; null empties the field."""


class ListConfig(Model):
    """A list of contacts."""

    list: Text


class CreateTask(Model):
    """Give somebody a task about the contact."""

    title: Text
    description: Text | None = None
    due_in: Duration | None = None
    """How long there is for it."""
    assignee: Text | None = None
    """Whose task it is; the contact's owner unless said otherwise."""
    priority: Literal["low", "normal", "high"] = "normal"


class CreateDeal(Model):
    """Open a deal with the contact."""

    title: Text
    pipeline: Text
    stage: Text
    amount: Annotated[float, Field(ge=0)] | None = None
    currency: Currency | None = None


class MoveDeal(Model):
    """Move the contact's deal to another stage."""

    stage: Text
    pipeline: Text | None = None
    """Where the deal is, if the contact may have several."""


class AssignOwner(Model):
    """Make somebody responsible for the contact."""

    owner: Text
    """A user, or a team whose members take turns."""


class AddNote(Model):
    """Write a note on the contact's record."""

    text: Text


_CREDENTIAL_HEADERS = frozenset({"authorization", "proxy-authorization", "cookie", "x-api-key", "x-auth-token"})


def _check_headers(headers: dict[str, str]) -> dict[str, str]:
    for name in headers:
        if name.lower() in _CREDENTIAL_HEADERS:
            message = f"expected '{name}' among 'secret_headers' but found it among 'headers'"
            raise refuse(message, SECRET_HINT, rule="plain-secret")
    return headers


class CallWebhook(Model):
    """Call another system."""

    url: WebAddress
    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"] = "POST"
    headers: Annotated[dict[str, str], AfterValidator(_check_headers)] | None = None
    secret_headers: dict[str, Secret] | None = None
    """Headers whose values are secrets, such as Authorization."""
    body: Json = None
    """What is sent; the contact unless said otherwise."""
    timeout_s: Annotated[int, Field(ge=1, le=300)] | None = None


class StartWorkflow(Model):
    """Start another workflow for the contact."""

    workflow: WorkflowSlug
    context: dict[str, Json] | None = None


class StopWorkflow(Model):
    """Take the contact out of another workflow."""

    workflow: WorkflowSlug


class SetVariable(Model):
    """Keep a value for later steps of this execution."""

    name: FieldName
    value: Json


class ScoreLead(Model):
    """Add points to the contact's score, or take some off."""

    points: int
    reason: Text | None = None


class WaitForDuration(Model):
    """Wait for so long."""

    duration: Duration


class WaitUntil(Model):
    """Wait until a time."""

    until: Moment


class WaitForEvent(Model):
    """Wait until something happens, or no longer than a timeout."""

    event: EventName
    timeout: Duration | None = None
    """How long at most; then the execution goes on along `on_timeout`."""


def _kind_of_wait(config: Any) -> str | None:
    named = (key for key in ("duration", "until", "event") if isinstance(config, dict) and key in config)
    return next((f"{HIDDEN}{key}" for key in named), None)


WaitConfig = Annotated[
    Annotated[WaitForDuration, Tag(f"{HIDDEN}duration")]
    | Annotated[WaitUntil, Tag(f"{HIDDEN}until")]
    | Annotated[WaitForEvent, Tag(f"{HIDDEN}event")],
    Discriminator(
        _kind_of_wait,
        custom_error_type="wrong-value",
        custom_error_message="{message}",
        custom_error_context={
            "message": "expected 'duration', 'until' or 'event' but found none of them",
            "hint": 'write {"duration": "P1D"}, {"until": "{{contact.renewal_date}}"} or {"event": "email_opened"}',
        },
    ),
]


class GoalConfig(Model):
    """Count the contact as a success."""

    goal: Text | None = None
    """What is reached; the step's id unless said otherwise."""
    value: Annotated[float, Field(ge=0)] | None = None
    """What it is worth."""


class ContactCreated(Model):
    """A contact is new."""

    source: Text | None = None
    """Only from this source."""


class ContactUpdated(Model):
    """A field of a contact changed."""

    field: FieldName | None = None
    """Only this field."""
    value: Json = None
    """Only to this value."""


class FormSubmitted(Model):
    """A contact sent a form."""

    form: Text


class EmailOpened(Model):
    """A contact opened an e-mail."""

    template: Text | None = None
    """Only one made from this template."""


class EmailClicked(Model):
    """A contact followed a link in an e-mail."""

    template: Text | None = None
    """Only in one made from this template."""
    link: WebAddress | None = None
    """Only this link."""


class AppointmentBooked(Model):
    """A contact booked an appointment."""

    calendar: Text | None = None
    """Only in this calendar."""


class DealStageChanged(Model):
    """A deal of a contact moved."""

    pipeline: Text | None = None
    stage: Text | None = None
    """Only to this stage."""


class PurchaseMade(Model):
    """A contact bought something."""

    product: Text | None = None
    """Only this product."""
    min_amount: Annotated[float, Field(ge=0)] | None = None
    """Only from this amount on."""


class DateReached(Model):
    """A date in a contact's record has come."""

    field: FieldName
    offset: SignedDuration | None = None
    """How long after it, or before it with a minus."""


class Schedule(Model):
    """The clock says so."""

    cron: Cron
    """Minute, hour, day, month and weekday."""
    timezone: TimeZone = "UTC"


class WebhookReceived(Model):
    """Another system calls."""

    path: Text | None = None
    """The last part of the address it calls."""
    secret: Secret | None = None
    """What it signs its calls with."""


_STEPS: Mapping[str, Any] = {
    "send_email": SendEmail,
    "send_sms": SendSms,
    "send_push": SendPush,
    "send_whatsapp": SendWhatsapp,
    "notify_team": NotifyTeam,
    "add_tag": TagConfig,
    "remove_tag": TagConfig,
    "update_field": UpdateField,
    "add_to_list": ListConfig,
    "remove_from_list": ListConfig,
    "create_task": CreateTask,
    "create_deal": CreateDeal,
    "move_deal": MoveDeal,
    "assign_owner": AssignOwner,
    "add_note": AddNote,
    "call_webhook": CallWebhook,
    "start_workflow": StartWorkflow,
    "stop_workflow": StopWorkflow,
    "set_variable": SetVariable,
    "score_lead": ScoreLead,
    "wait": WaitConfig,
    "condition": Nothing,
    "split": Nothing,
    "goal": GoalConfig,
}

_TRIGGERS: Mapping[str, Any] = {
    "contact_created": ContactCreated,
    "contact_updated": ContactUpdated,
    "tag_added": TagConfig,
    "tag_removed": TagConfig,
    "form_submitted": FormSubmitted,
    "list_joined": ListConfig,
    "email_opened": EmailOpened,
    "email_clicked": EmailClicked,
    "appointment_booked": AppointmentBooked,
    "deal_stage_changed": DealStageChanged,
    "purchase_made": PurchaseMade,
    "date_reached": DateReached,
    "schedule": Schedule,
    "webhook_received": WebhookReceived,
    "manual": Nothing,
}


class ConfigType(Protocol):
    """A type of steps or triggers, as far as its config goes."""

    def problems(self, config: Mapping[str, Any], pointer: Pointer) -> Iterator[Problem]:
        """Find what is wrong with a config that stands at `pointer`; the problems carry no lines."""

    @property
    def schema(self) -> Mapping[str, Any]:
        """JSON Schema of the config."""


@dataclass(frozen=True)
class Catalog:
    """The types that an account may use, by name."""

    steps: Mapping[str, ConfigType]
    triggers: Mapping[str, ConfigType]


BUILT_IN = Catalog(
    {name: Shape(model) for name, model in _STEPS.items()},
    {name: Shape(model) for name, model in _TRIGGERS.items()},
)


def load_catalog(step_schemas: Mapping[str, bytes], trigger_schemas: Mapping[str, bytes]) -> Catalog:
    """Add an account's own types to the built-in ones.

    A schema under the name of a built-in type takes its place, so an account can be stricter than wflgit. A schema that cannot
    be used makes a type all the same: whatever uses it has a problem that names the file.

    Args:
        step_schemas: type name -> content of `schemas/steps/<type>.schema.json`.
        trigger_schemas: type name -> content of `schemas/triggers/<type>.schema.json`.
    """
    if not step_schemas and not trigger_schemas:
        return BUILT_IN
    from wflgit.core.owntypes import own_types

    return Catalog(
        {**BUILT_IN.steps, **own_types("schemas/steps", step_schemas)},
        {**BUILT_IN.triggers, **own_types("schemas/triggers", trigger_schemas)},
    )
