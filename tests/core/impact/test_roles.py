"""What fields are about and which steps send, by what they are called."""

from __future__ import annotations

from typing import Any

import pytest

from wflgit.core.graph import Pointer, Step, StepKind
from wflgit.core.impact.roles import Role, holds_secret, role_of, sends, telling_path


@pytest.mark.parametrize(
    ("path", "role"),
    [
        (("url",), Role.ENDPOINT),
        (("parameters", "webhookUrl"), Role.ENDPOINT),
        (("imageUrl",), None),
        (("Parameters", "TopicArn"), Role.ENDPOINT),
        (("Parameters", "QueueUrl.$"), Role.ENDPOINT),
        (("OutputPath",), None),
        (("parameters", "requestMethod"), Role.METHOD),
        (("credentials", "gmailOAuth2", "id"), Role.CREDENTIAL),
        (("Credentials", "RoleArn"), Role.CREDENTIAL),
        (("parameters", "toEmail"), Role.RECIPIENT),
        (("parameters", "fromEmail"), None),
        (("recipientsCount",), None),
        (("parameters", "emailMessage/To"), Role.RECIPIENT),
        (("inputs", "body", "To"), Role.RECIPIENT),
        (("inputs", "body", "url"), Role.BODY),
        (("data", "url"), None),
        (("ResultSelector", "output_uri.$"), None),
        (("ItemSelector", "function_arn.$"), None),
        (("Parameters", "TaskToken.$"), None),
        (("autoUnsubscribe",), None),
        (("parameters", "jsCode"), Role.CODE),
        (("statusCode",), None),
        (("options", "overwrite"), Role.DESTRUCTIVE),
        (("Retry", 0, "IntervalSeconds"), Role.RETRY),
        (("retryOnFail",), Role.RETRY),
        (("TimeoutSeconds",), Role.TIMEOUT),
        (("inputs", "retryPolicy", "interval"), Role.RETRY),
        (("Parameters", "MessageDeduplicationId"), Role.IDEMPOTENCY),
        (("maxTokens",), None),
        (("pageToken",), None),
        (("MaxConcurrency",), Role.CONCURRENCY),
        (("max_per_day",), Role.RATE),
        (("parameters", "rule", "interval", 0, "field"), Role.SCHEDULE),
        (("quiet_hours", "from"), Role.WINDOW),
        (("filters", "sender"), Role.FILTER),
        (("do_not_contact",), Role.SUPPRESSION),
        (("double_opt_in",), Role.SUPPRESSION),
        (("reEnrollment",), Role.REENTRY),
        (("allow_re_entry",), Role.REENTRY),
        ((), None),
    ],
)
def test_the_last_telling_key_says_what_a_field_is_about(path: Pointer, role: Role | None) -> None:
    assert role_of(path) is role


def test_what_is_inside_of_a_telling_field_belongs_to_it() -> None:
    assert telling_path(("Retry", 0, "MaxAttempts")) == ("Retry",)
    assert telling_path(("parameters", "options", "x")) == ("parameters", "options", "x")


@pytest.mark.parametrize("key", ["password", "clientSecret", "X-API-Key", "Authorization", "private_key", "botToken"])
def test_some_keys_hold_secrets(key: str) -> None:
    assert holds_secret(key)


@pytest.mark.parametrize("key", ["passwordField", "tokens", "nextToken", "secretary", "key"])
def test_keys_that_only_look_alike_hold_none(key: str) -> None:
    assert not holds_secret(key)


SENDING: list[tuple[str, dict[str, Any]]] = [
    ("send_email", {}),
    ("call_webhook", {}),
    ("charge_card", {}),
    ("n8n-nodes-base.gmail", {"parameters": {"operation": "send"}}),
    ("n8n-nodes-base.emailSend", {}),
    ("n8n-nodes-base.slackTool", {}),
    ("n8n-nodes-base.httpRequest", {"parameters": {"method": "POST"}}),
    ("http request", {"method": "PUT"}),
    ("e-mail", {}),
    ("mqtt out", {}),
    ("Task", {"Resource": "arn:aws:states:::sns:publish"}),
    ("Task", {"Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken"}),
    ("Task", {"Resource": "arn:aws:states:::aws-sdk:sesv2:sendEmail"}),
    ("Task", {"Resource": "arn:aws:states:::http:invoke", "Parameters": {"Method": "POST"}}),
    ("Task", {"Resource": "arn:aws:states:::lambda:invoke", "Arguments": {"FunctionName": "SendReceipt"}}),
    ("Task", {"Resource": "arn:aws:lambda:eu-west-1:1:function:charge-card"}),
    ("Http", {"inputs": {"method": "POST", "uri": "https://a"}}),
    ("ApiConnection", {"inputs": {"method": "post", "path": "/v2/Mail"}}),
    ("OpenApiConnection", {"inputs": {"host": {"operationId": "SendEmailV2"}}}),
]
QUIET: list[tuple[str, dict[str, Any]]] = [
    ("add_tag", {}),
    ("call_webhook", {"method": "GET"}),
    ("get_send_status", {}),
    ("n8n-nodes-base.gmail", {"parameters": {"operation": "getAll"}}),
    ("n8n-nodes-base.gmail", {"parameters": {"resource": "draft", "operation": "create"}}),
    ("n8n-nodes-base.httpRequest", {}),
    ("n8n-nodes-base.httpRequest", {"parameters": {"method": "={{ $json.method }}"}}),
    ("http request", {"method": "use"}),
    ("Task", {"Resource": "arn:aws:states:::dynamodb:getItem"}),
    ("Task", {"Resource": "arn:aws:states:::sqs:receiveMessage"}),
    ("Task", {"Resource": {"Fn::GetAtt": ["Send", "Arn"]}}),
    ("Http", {"inputs": {"method": "GET"}}),
    ("Http", {"inputs": "x"}),
    ("ApiConnection", {"inputs": {"method": "get", "path": "/v2/Mail"}}),
    ("OpenApiConnection", {"inputs": {"host": {"operationId": "GetEmailsV3"}}}),
    ("", {}),
]


@pytest.mark.parametrize(("type_", "config"), SENDING)
def test_a_step_that_reaches_somebody_outside_sends(type_: str, config: dict[str, Any]) -> None:
    step = Step("a", type_, StepKind.ACTION, config)
    assert sends(step)
    assert not sends(step._replace(disabled=True))
    assert not sends(step._replace(kind=StepKind.WAIT))


@pytest.mark.parametrize(("type_", "config"), QUIET)
def test_a_step_that_only_reads_or_tidies_does_not_send(type_: str, config: dict[str, Any]) -> None:
    assert not sends(Step("a", type_, StepKind.ACTION, config))
