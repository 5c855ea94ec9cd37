"""The story of the sample account: four months of work by four people, in the order it happened.

Only data. `edits` says what an edit is, `build` makes Git objects of it. A file is changed on one branch at a time, so
no merge here ever has a conflict.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sample_repo.edits import (
    Before,
    contacts_ended,
    had_file,
    lacked,
    lacked_files,
    lacked_line,
    lacked_steps,
    step_was_named,
    was,
    was_named,
)

TRUNK = "main"


@dataclass(frozen=True, slots=True)
class Author:
    """Somebody who works on the account. `offset` is the time zone of their clock, e.g. `-0400`."""

    name: str
    email: str
    offset: str

    def moment(self, at: str) -> datetime:
        """Read a time of this author's clock (`2025-04-07 09:14`)."""
        return datetime.strptime(f"{at} {self.offset}", "%Y-%m-%d %H:%M %z")


@dataclass(frozen=True, slots=True)
class Commit:
    """A change of files on a branch; a branch that is not there yet starts at the trunk's tip."""

    at: str
    author: Author
    message: str
    before: tuple[Before, ...]
    branch: str = TRUNK


@dataclass(frozen=True, slots=True)
class Landing:
    """How a branch came to the trunk.

    A merged branch is gone afterwards, as is one that the trunk was fast-forwarded to; a squashed one stays, being the
    only place that still shows its commits.
    """

    at: str
    author: Author
    branch: str
    how: Literal["merge", "squash", "fast-forward"]
    message: str = ""


@dataclass(frozen=True, slots=True)
class Tag:
    """`git tag -a SLUG/vNUMBER` on the trunk commit that changed the workflow last. The number is typed, as users do."""

    at: str
    author: Author
    slug: str
    number: int
    message: str


Event = Commit | Landing | Tag

MAYA = Author("Maya Lindqvist", "maya@harbor-dental.example", "-0400")
TOMAS = Author("Tomás Okafor", "tomas@harbor-dental.example", "-0400")
BEN = Author("Ben Castellan", "ben@harbor-dental.example", "-0400")
PRIYA = Author("Priya Raman", "priya@northlight.example", "+0200")


def commit(at: str, author: Author, message: str, *before: Before, on: str = TRUNK) -> Commit:
    """Write a commit down; the edits are undone in the order given."""
    return Commit(at, author, message, before, on)


def workflow(slug: str) -> Before:
    """The commit added this workflow."""
    return lacked_files(f"workflows/{slug}.json")


APRIL: tuple[Event, ...] = (
    commit(
        "2025-04-07 09:14", MAYA, "Start the account: settings and the first contacts", lacked_files("wflgit.toml", "contacts.csv")
    ),
    commit("2025-04-07 10:02", MAYA, "Welcome new patients", workflow("welcome")),
    commit("2025-04-08 08:40", MAYA, "Birthday greeting", workflow("birthday-greeting")),
    Tag("2025-04-08 08:55", MAYA, "welcome", 1, "The first welcome series"),
    Tag("2025-04-08 08:56", MAYA, "birthday-greeting", 1, "A greeting in the morning"),
    commit("2025-04-09 14:20", TOMAS, "Appointment reminders", workflow("appointment-reminders")),
    commit(
        "2025-04-10 09:05",
        MAYA,
        "Welcome: wait a day before looking at opens, not two hours",
        was("welcome", "steps.wait_a_day.config.duration", "PT2H"),
    ),
    Tag("2025-04-10 09:10", MAYA, "welcome", 2, "Look at opens after a day"),
    commit(
        "2025-04-11 11:32",
        TOMAS,
        "Reminders: give people until the next morning to answer",
        was("appointment-reminders", "steps.wait_for_answer.config.timeout", "PT6H"),
    ),
    Tag("2025-04-11 11:40", TOMAS, "appointment-reminders", 2, "Reminders go live"),
    commit("2025-04-14 10:15", PRIYA, "Newsletter sign-up", workflow("newsletter-signup"), on="newsletter"),
    commit(
        "2025-04-14 11:48",
        PRIYA,
        "Newsletter: score those who click",
        lacked_steps("newsletter-signup", "wait_for_click", "interested"),
        on="newsletter",
    ),
    Landing("2025-04-15 09:00", MAYA, "newsletter", "fast-forward"),
    Tag("2025-04-15 09:03", MAYA, "newsletter-signup", 2, "Newsletter sign-up, with a score for clicks"),
    commit("2025-04-15 15:30", TOMAS, "Contacts: those of the first week", contacts_ended("2025-04-07")),
    commit("2025-04-16 09:20", MAYA, "Welcome: text those who did not open", lacked_steps("welcome", "nudge")),
    commit("2025-04-17 16:45", TOMAS, "Referral thanks", workflow("referral-thanks")),
    Tag("2025-04-17 17:10", MAYA, "referral-thanks", 1, "Thank those who send a friend"),
    commit("2025-04-18 10:25", MAYA, "Win back patients who stayed away", workflow("reactivation")),
    commit("2025-04-22 10:40", PRIYA, "Open day: invitation and reminder", workflow("open-day"), on="open-day"),
    commit(
        "2025-04-23 09:55",
        PRIYA,
        "Open day: invite those who did not answer once more",
        lacked_steps("open-day", "second_invitation", "wait_again", onward=None),
        on="open-day",
    ),
    commit(
        "2025-04-23 12:10",
        TOMAS,
        "Reminders: say where to park",
        was("appointment-reminders", "steps.directions.config.text", "See you at {{appointment.time}}. We are at 12 Quay Street."),
    ),
    Landing("2025-04-24 09:30", MAYA, "open-day", "merge", "Merge branch 'open-day'"),
    Tag("2025-04-24 09:35", MAYA, "open-day", 1, "Invitations for 24 May"),
    Tag("2025-04-24 13:02", TOMAS, "appointment-reminders", 3, "Directions name the parking lot"),
    commit(
        "2025-04-28 09:10", PRIYA, "Own step type: book a chair", lacked_files("schemas/steps/book_chair.schema.json"), on="recall"
    ),
    commit("2025-04-28 16:22", PRIYA, "Six-month recall", workflow("six-month-recall"), on="recall"),
    commit(
        "2025-04-29 09:45", MAYA, "Welcome: introduce the team before asking for a visit", lacked_steps("welcome", "meet_the_team")
    ),
    Tag("2025-04-29 09:50", MAYA, "welcome", 4, "Text those who did not open, and introduce the team"),
    commit(
        "2025-04-30 11:05",
        PRIYA,
        "Recall: hold a chair for those who answer",
        lacked_steps("six-month-recall", "hold_a_chair", "desk_confirms", "wait_for_desk"),
        on="recall",
    ),
)

MAY: tuple[Event, ...] = (
    commit(
        "2025-05-02 14:18",
        PRIYA,
        "Recall: give up after six rounds, not twelve",
        was("six-month-recall", "steps.how_many.branches.1.when.value", 12),
        on="recall",
    ),
    Landing(
        "2025-05-05 08:50",
        MAYA,
        "recall",
        "merge",
        "Merge branch 'recall'\n\nSix-month recall, with a chair held for those who answer.",
    ),
    Tag("2025-05-05 09:00", MAYA, "six-month-recall", 1, "Recall goes live"),
    commit("2025-05-06 15:40", TOMAS, "Contacts: the rest of April", contacts_ended("2025-04-15")),
    commit(
        "2025-05-07 10:12",
        MAYA,
        "Reactivation: a postcard for those who do not answer e-mails",
        lacked_steps("reactivation", "postcard", "wait_for_post"),
    ),
    Tag("2025-05-07 10:20", MAYA, "reactivation", 2, "E-mail, then a postcard"),
    commit(
        "2025-05-08 09:30",
        PRIYA,
        "Own step type: request a review",
        lacked_files("schemas/steps/request_review.schema.json"),
        on="reviews",
    ),
    commit("2025-05-08 15:15", PRIYA, "Ask for a review after a visit", workflow("review-request"), on="reviews"),
    commit(
        "2025-05-09 10:02",
        PRIYA,
        "Reviews: call those who were unhappy",
        lacked("review-request", "steps.score.branches.1"),
        lacked_steps("review-request", "call_back", "warn_team"),
        on="reviews",
    ),
    Landing("2025-05-12 09:05", MAYA, "reviews", "squash", "Ask for a review after a visit (#4)"),
    Tag("2025-05-12 09:15", MAYA, "review-request", 1, "Review requests go live"),
    commit(
        "2025-05-13 13:33",
        TOMAS,
        "Reminders: how to prepare for surgery",
        lacked_steps("appointment-reminders", "kind_of_visit", "surgery_instructions", "tell_surgeon"),
    ),
    commit(
        "2025-05-14 17:20", TOMAS, "Referral thanks: stop until the gift is decided", had_file("workflows/referral-thanks.json")
    ),
    commit("2025-05-15 11:11", TOMAS, "No-show rescue", workflow("no-show-rescue"), on="no-show"),
    commit(
        "2025-05-16 09:40",
        TOMAS,
        "No-shows: ask for a deposit from the third time on",
        lacked_steps("no-show-rescue", "how_often", "ask_deposit"),
        on="no-show",
    ),
    commit("2025-05-16 14:05", MAYA, "Welcome: score those who open", lacked_steps("welcome", "score_warm")),
    commit(
        "2025-05-19 08:35",
        TOMAS,
        "No-shows: let it rest for two hours; a message after 15 minutes felt like a scolding",
        was("no-show-rescue", "steps.let_it_rest.config.duration", "PT15M"),
        on="no-show",
    ),
    Landing("2025-05-19 16:50", BEN, "no-show", "merge", "Merge branch 'no-show'"),
    Tag("2025-05-20 08:30", BEN, "no-show-rescue", 1, "No-show rescue goes live"),
    Tag("2025-05-20 09:00", MAYA, "welcome", 5, "Score those who open"),
    commit(
        "2025-05-20 16:28",
        PRIYA,
        "Welcome: offer a first check-up to those who do not book",
        lacked_steps("welcome", "first_visit_offer", "wait_for_offer", onward="call_task"),
        on="welcome-offer",
    ),
    commit(
        "2025-05-21 10:07",
        PRIYA,
        "Welcome: name the X-rays in the subject",
        was("welcome", "steps.first_visit_offer.config.subject", "Your first check-up"),
        on="welcome-offer",
    ),
    Landing("2025-05-22 09:12", MAYA, "welcome-offer", "merge", "Merge branch 'welcome-offer'"),
    Tag("2025-05-22 09:20", MAYA, "welcome", 6, "An offer for those who do not book within a week"),
    commit("2025-05-27 09:00", MAYA, "The open day is over", had_file("workflows/open-day.json")),
    commit(
        "2025-05-28 10:45",
        MAYA,
        "Reactivation is called win-back by everybody, so call it that",
        was("six-month-recall", "steps.to_win_back.config.workflow", "reactivation"),
        was_named("workflows/reactivation.json", "workflows/win-back.json"),
    ),
    Tag("2025-05-28 11:00", MAYA, "win-back", 1, "As reactivation/v2, under its new name"),
    Tag("2025-05-28 11:01", MAYA, "six-month-recall", 2, "Hands over to win-back"),
    commit(
        "2025-05-30 15:55",
        BEN,
        "A stable channel for the tablet at the front desk",
        lacked_line("wflgit.toml", 'channels = ["stable"]'),
    ),
)

JUNE: tuple[Event, ...] = (
    commit("2025-06-02 10:30", PRIYA, "Implant enquiries become deals", workflow("sales/implant-enquiry"), on="implants"),
    commit(
        "2025-06-03 09:15",
        PRIYA,
        "Implants: find out what the insurance pays",
        lacked_steps("sales/implant-enquiry", "insurance", "insurance_check", "insurance_answer", "good_news"),
        on="implants",
    ),
    Landing("2025-06-03 11:00", MAYA, "implants", "fast-forward"),
    Tag("2025-06-03 11:05", MAYA, "sales/implant-enquiry", 2, "Implant enquiries go live"),
    commit("2025-06-04 12:00", PRIYA, "Aligner consultation", workflow("sales/aligner-consultation"), on="aligners"),
    commit("2025-06-05 09:25", MAYA, "Newsletter: start by tag, too", lacked("newsletter-signup", "triggers.2")),
    Tag("2025-06-05 09:30", MAYA, "newsletter-signup", 3, "Also for those tagged by hand"),
    commit(
        "2025-06-06 16:40",
        PRIYA,
        "Aligners: a photo check as a first step",
        lacked_steps(
            "sales/aligner-consultation",
            "first_answer",
            "photo_check_email",
            "wait_for_photos",
            "photo_reminder",
            "wait_for_photos_again",
            "photos_task",
            "wait_for_dentist",
            "suitable",
            "suitable_email",
            "not_suitable_email",
            onward="consultation_email",
        ),
        on="aligners",
    ),
    commit(
        "2025-06-09 11:20",
        TOMAS,
        "Reminders: intake form before a first visit",
        lacked("appointment-reminders", "steps.kind_of_visit.branches.1"),
        lacked_steps("appointment-reminders", "intake_form"),
    ),
    Tag("2025-06-09 11:30", TOMAS, "appointment-reminders", 5, "Instructions for surgery and for a first visit"),
    commit(
        "2025-06-10 10:55",
        PRIYA,
        "Aligners: leave children to the orthodontist",
        lacked_steps("sales/aligner-consultation", "adult", "child_note", "child_email", onward="open_deal"),
        on="aligners",
    ),
    commit("2025-06-12 15:05", TOMAS, "Contacts: May", contacts_ended("2025-04-30")),
    commit(
        "2025-06-13 09:35",
        PRIYA,
        "Aligners: instalments for those who hesitate",
        lacked_steps("sales/aligner-consultation", "instalments", "last_wait", onward="lost"),
        on="aligners",
    ),
    Landing(
        "2025-06-16 09:20",
        MAYA,
        "aligners",
        "merge",
        "Merge branch 'aligners'\n\nFrom the first click to the signed treatment plan.",
    ),
    Tag("2025-06-17 18:02", BEN, "sales/aligner-consultation", 1, "Aligner consultation goes live"),
    commit("2025-06-18 12:48", TOMAS, "Referral thanks are back, with a gift", workflow("referral-thanks")),
    Tag("2025-06-18 13:00", MAYA, "referral-thanks", 3, "Thanks with a gift, once the friend was here"),
    commit("2025-06-19 11:30", PRIYA, "Whitening offer", workflow("whitening-offer"), on="whitening"),
    commit(
        "2025-06-20 09:50",
        PRIYA,
        "Whitening: try two subject lines",
        lacked_steps("whitening-offer", "subject_line", "playful_offer", onward="plain_offer"),
        on="whitening",
    ),
    commit(
        "2025-06-23 10:10",
        PRIYA,
        "Whitening: hold a chair for those who buy",
        lacked_steps("whitening-offer", "hold_a_chair"),
        on="whitening",
    ),
    Landing("2025-06-24 09:08", MAYA, "whitening", "squash", "Whitening offer, with two subject lines (#11)"),
    Tag("2025-06-24 09:15", MAYA, "whitening-offer", 1, "Whitening offer goes live"),
    commit("2025-06-25 13:17", TOMAS, "Last-minute openings", workflow("last-minute-openings"), on="openings"),
    commit(
        "2025-06-26 08:52",
        TOMAS,
        "Reminders: give the chair of those who do not answer to somebody else",
        lacked_steps("appointment-reminders", "release_chair", "fill_the_chair"),
        on="openings",
    ),
    commit(
        "2025-06-26 10:31",
        MAYA,
        "Welcome: ask for a time of day, it gets more answers",
        was(
            "welcome",
            "steps.nudge.config.text",
            "Hi {{contact.first_name}}, Harbor Dental here. When may we see you for a first visit?",
        ),
    ),
    Landing("2025-06-27 08:45", BEN, "openings", "merge", "Merge branch 'openings'"),
    Tag("2025-06-27 09:00", TOMAS, "last-minute-openings", 1, "Free chairs are offered by text"),
    Tag("2025-06-27 09:01", TOMAS, "appointment-reminders", 6, "Unconfirmed chairs are given away in time"),
    Tag("2025-06-30 09:10", MAYA, "welcome", 7, "The text asks for a time of day"),
)

JULY: tuple[Event, ...] = (
    commit("2025-07-01 14:00", MAYA, "Harbor Plan renewal", workflow("membership-renewal"), on="plan-renewal"),
    commit(
        "2025-07-02 09:33",
        MAYA,
        "Renewal: text those whose card was declined",
        lacked_steps("membership-renewal", "can_text", "text_about_card", "wait_again", onward="desk_calls"),
        on="plan-renewal",
    ),
    commit("2025-07-02 15:20", TOMAS, "Contacts: June", contacts_ended("2025-05-31")),
    commit(
        "2025-07-03 10:14",
        MAYA,
        "Renewal: say what the plan saved",
        lacked_steps("membership-renewal", "savings", "worth_it", "announce_with_savings", onward="announce"),
        on="plan-renewal",
    ),
    Landing("2025-07-07 17:30", BEN, "plan-renewal", "merge", "Merge branch 'plan-renewal'"),
    Tag("2025-07-07 17:35", BEN, "membership-renewal", 1, "Renewals go live with the July plans"),
    commit(
        "2025-07-08 11:26",
        PRIYA,
        "Welcome: say thank you for the booking",
        lacked_steps("welcome", "thank_you"),
        on="welcome-thanks",
    ),
    commit(
        "2025-07-09 09:48",
        PRIYA,
        "Welcome: say what to expect, too",
        was("welcome", "steps.thank_you.config.template", "thank-you"),
        was("welcome", "steps.thank_you.config.subject", "Thank you for booking"),
        on="welcome-thanks",
    ),
    Landing("2025-07-10 09:02", MAYA, "welcome-thanks", "squash", "Welcome: what to expect on a first visit (#15)"),
    Tag("2025-07-10 09:10", MAYA, "welcome", 8, "What to expect on a first visit"),
    commit(
        "2025-07-11 10:38",
        TOMAS,
        "Recall: members read that their check-up is paid already",
        lacked_steps("six-month-recall", "has_plan", "member_invitation", onward="invitation"),
    ),
    Tag("2025-07-11 10:50", MAYA, "six-month-recall", 3, "An invitation of their own for plan members"),
    commit("2025-07-14 08:20", BEN, "No-shows: tell the front desk who answered", lacked_steps("no-show-rescue", "front_desk")),
    Tag("2025-07-14 08:25", BEN, "no-show-rescue", 2, "The front desk hears of answers"),
    commit(
        "2025-07-15 12:44",
        PRIYA,
        "Aligners: an open evening as a second way in",
        lacked("sales/aligner-consultation", "steps.first_answer.branches.1"),
        was("sales/aligner-consultation", "steps.first_answer.branches.0.weight", 60),
        was("sales/aligner-consultation", "steps.first_answer.branches.1.weight", 40),
        lacked_steps(
            "sales/aligner-consultation",
            "open_evening_email",
            "wait_for_seat",
            "seat_booked",
            "day_before",
            "evening_reminder",
            "evening_over",
        ),
        on="aligner-evening",
    ),
    commit(
        "2025-07-16 09:15",
        MAYA,
        "Birthday: by text for those who agreed to it",
        lacked_steps("birthday-greeting", "has_consent", "greet_by_sms", onward="greet_by_email"),
    ),
    commit(
        "2025-07-17 10:20",
        PRIYA,
        "Aligners: a free consultation for those who came",
        lacked_steps("sales/aligner-consultation", "was_there", "evening_offer", onward="consultation_email"),
        on="aligner-evening",
    ),
    commit(
        "2025-07-18 15:36",
        PRIYA,
        "Aligners: more people to the open evening, fewer to the photo check",
        was("sales/aligner-consultation", "steps.first_answer.branches.0.weight", 50),
        was("sales/aligner-consultation", "steps.first_answer.branches.1.weight", 20),
        on="aligner-evening",
    ),
    Landing("2025-07-21 09:11", MAYA, "aligner-evening", "merge", "Merge branch 'aligner-evening'"),
    Tag("2025-07-21 09:20", MAYA, "sales/aligner-consultation", 2, "With the open evening"),
    Tag("2025-07-21 09:21", MAYA, "birthday-greeting", 2, "By text where the patient agreed"),
    commit("2025-07-22 15:12", TOMAS, "Contacts: July, so far", contacts_ended("2025-06-30")),
    commit(
        "2025-07-23 10:03",
        MAYA,
        "Whitening: a push message instead of a second e-mail",
        was(
            "whitening-offer",
            "steps.second_try",
            {
                "type": "send_email",
                "config": {"template": "whitening-second-try", "subject": "$50 off whitening, still ten days"},
                "next": "wait_until_end",
            },
        ),
    ),
    Tag("2025-07-23 10:10", MAYA, "whitening-offer", 2, "A push message for those who did not open"),
    commit(
        "2025-07-24 11:41",
        PRIYA,
        "Implants: name the first step after what it does",
        step_was_named("sales/implant-enquiry", "step_1", "open_deal"),
    ),
    commit(
        "2025-07-25 09:27",
        TOMAS,
        "Reviews: maps first, search for the reminder",
        was("review-request", "steps.ask_for_review.config.site", "search"),
        was("review-request", "steps.remind_once.config.site", "maps"),
    ),
    Tag("2025-07-25 09:40", MAYA, "review-request", 2, "Maps first"),
    commit(
        "2025-07-28 17:15",
        BEN,
        "Renewal: one more week before a plan lapses",
        lacked_steps("membership-renewal", "last_wait", onward="lapse"),
    ),
    Tag("2025-07-28 17:20", BEN, "membership-renewal", 2, "One more week"),
    commit(
        "2025-07-29 10:58",
        MAYA,
        "Win-back: let people say that they have moved away",
        lacked("win-back", "steps.which_link.branches.0"),
        lacked_steps("win-back", "moved_away", "stop_recall", "leave_list"),
    ),
    Tag("2025-07-29 11:05", MAYA, "win-back", 2, "Leaves those alone who have moved away"),
    commit(
        "2025-07-30 10:16",
        PRIYA,
        "Welcome: keep the offer open for ten days, not fourteen",
        was("welcome", "steps.wait_for_offer.config.timeout", "P14D"),
    ),
    Tag("2025-07-31 09:05", MAYA, "welcome", 9, "The offer is open for ten days"),
)

AUGUST: tuple[Event, ...] = (
    commit(
        "2025-08-01 08:44",
        TOMAS,
        "Openings: two hours to answer, four were too long to find somebody else",
        was("last-minute-openings", "steps.wait_for_yes.config.timeout", "PT4H"),
        was(
            "last-minute-openings",
            "steps.offer.config.text",
            "A chair is free on {{opening.date}} at {{opening.time}}. Reply YES and it is yours.",
        ),
    ),
    commit(
        "2025-08-04 12:31",
        PRIYA,
        "Aligners: do not let photos wait for an answer",
        lacked_steps("sales/aligner-consultation", "dentist_late", onward="consultation_email"),
    ),
    commit("2025-08-05 09:37", MAYA, "Welcome: ten points for an open", was("welcome", "steps.score_warm.config.points", 5)),
    commit(
        "2025-08-06 14:22",
        TOMAS,
        "Referral thanks: tell the practice manager of ambassadors",
        lacked_steps("referral-thanks", "tell_owner"),
    ),
    Tag("2025-08-06 14:40", MAYA, "referral-thanks", 4, "The practice manager hears of ambassadors"),
    commit(
        "2025-08-07 16:05",
        BEN,
        "Win-back: no postcards while the printer is on holiday",
        lacked("win-back", "steps.postcard.disabled"),
        lacked("win-back", "steps.postcard.notes"),
    ),
    Tag("2025-08-07 16:10", BEN, "win-back", 3, "Without postcards until September"),
)

HISTORY: tuple[Event, ...] = (*APRIL, *MAY, *JUNE, *JULY, *AUGUST)
"""All events, oldest first."""
