"""The keys of phrases that the dialogue asks for. A test compares them with what it really asks."""

from __future__ import annotations

from bot.core.contact import OPENINGS, WINDOWS
from bot.core.dialogue.commands import COMMANDS
from bot.core.taxonomy import GUIDANCE_SINGLES, GUIDANCE_TOPICS, ROLES

_DUTY = ("duty", "off")

SAFETY_PHRASES = (
    *("call_now", "call_now_unknown", "helplines", "not_a_person", "secrecy", "safe_word", "safe_word_shown"),
    *(f"case_opened_{duty}" for duty in _DUTY),
    *(f"person_{duty}" for duty in _DUTY),
    *("understood", "corrected", "info_only", "safe_now", "not_safe", "without_phone"),
    *("added", "added_off", "added_again", "added_again_off"),
    *("call_now_none", "fallback", "open_now", "corrected_held", "nobody_came", "aim", "back_at"),
    *("aim_lately", "aim_lately_hours"),
)

EVERYDAY_PHRASES = (
    *("welcome", "greet", "help", "thanks", "goodbye", "privacy", "draft_notice", "menu", "unsure"),
    *("something_else", "miss_again", "out_of_scope", "affirm_alone", "deny_alone"),
    *("country_ask", "country_set", "country_unknown", "role_ask", *(f"role_{role}" for role in ROLES)),
    *("language_ask", "language_set", *(f"person_opened_{duty}" for duty in _DUTY)),
    *("case_none", "case_waiting", "case_claimed", "case_closed"),
    *("delete_confirm", "delete_done", "delete_done_open_case", "delete_kept"),
    *("media_photo", "media_voice", "media_other", "old_button", "group_invite"),
    *("contacts_heading", "contacts_worldwide", "contact_unsure", "contact_unsure_web", "contact_free"),
    *(
        "contact_hours_always",
        "contact_hours",
        "contact_hours_unknown",
        "contact_whatsapp",
        "contact_children",
    ),
    *("mon", "tue", "wed", "thu", "fri", "sat", "sun"),
    *("more_heading", "say_heading", "say_heading_child", "avoid_heading"),
    *("platform_heading", "platform_ask", "platform_note", "urgent_reminder"),
    *("staff_joined", "staff_signature", "staff_left", "staff_released", "person_here"),
    *("also_read", "forwarded", "slow_down", "exit_done", "exit_kept", "delete_receipt", "delete_why"),
    *("helped_ask", "helped_thanks", "helped_sorry"),
    *("contact_ask", "contact_how", "contact_neutral_set", "contact_plain_set", "contact_never_set"),
    *("contact_later", *(f"contact_knock_{name}" for name in OPENINGS)),
    *("media_document", "media_sticker", "media_location", "media_contact", "media_poll"),
    *("bot_short", "bot_about", *(f"cmd_{name}" for name in COMMANDS)),
)

BUTTONS = (
    *("more", "say", "say_child", "avoid", "platform", "who", "for_teachers", "for_parents", "back", "menu"),
    *("person", "person_yes", "wrong", "info_only", "safe_yes", "safe_no", "something_else", "numbers"),
    *("language", "country", "other_country", *(f"role_{role}" for role in ROLES)),
    *("action_report_message", "action_report_profile", "action_report_impersonation"),
    *("action_hacked_account", "action_block", "action_parental_tools", "action_ad_controls"),
    *("contact", "contact_any", *(f"contact_{name}" for name in WINDOWS), "contact_no"),
    *("contact_plain", *(f"contact_open_{name}" for name in OPENINGS), "knock_yes", "knock_no", "exit"),
    *("helped_yes", "helped_no"),
    *("lesson_pdf", "lesson_family", "lesson_other", "lesson_told", "lesson_whole"),
    *("weekly", "weekly_stop", "weekly_yes", "weekly_no"),
    *("delete_yes", "delete_no", *(f"topic_{name}" for name in (*GUIDANCE_TOPICS, *GUIDANCE_SINGLES))),
)

LESSON_PHRASES = (
    *("card_head", "quote", "ages", "draft", "goal", "group", "materials"),
    *("before", "steps", "step_minutes", "questions", "key_message", "check", "closing"),
    *("safeguarding", "do_not", "big_class", "adaptations", "follow_up", "family", "sheet_do"),
    *("sheet_say", "sheet_avoid", "sheet_if", "sheet_agree", "sheet_head", "sheet_forward", "help_heading"),
    *("help_heading_unknown", "help_checked", "help_choose", "made_with", "sources", "page", "ask"),
    *("ask_age", "found", "nearest", "pdf_coming", "pdf_sheet_coming", "weekly_ask", "weekly_on"),
    *("weekly_already", "weekly_off", "weekly_heading"),
)

SAFETY_KEYS = frozenset(f"safety.{key}" for key in SAFETY_PHRASES)
LESSON_KEYS = frozenset(f"lessons.{key}" for key in LESSON_PHRASES)
ALL_KEYS = (
    SAFETY_KEYS
    | LESSON_KEYS
    | {f"everyday.{key}" for key in EVERYDAY_PHRASES}
    | {f"buttons.{key}" for key in BUTTONS}
)

PLACEHOLDERS: dict[str, frozenset[str]] = {
    "everyday.country_set": frozenset({"country"}),
    "everyday.contacts_heading": frozenset({"country"}),
    "everyday.language_set": frozenset({"language"}),
    "everyday.case_waiting": frozenset({"reference"}),
    "everyday.case_claimed": frozenset({"reference", "staff"}),
    "everyday.case_closed": frozenset({"reference"}),
    "everyday.delete_done_open_case": frozenset({"reference"}),
    "everyday.contact_hours": frozenset({"hours"}),
    "everyday.contact_whatsapp": frozenset({"number"}),
    "everyday.platform_heading": frozenset({"platform"}),
    "everyday.staff_joined": frozenset({"staff"}),
    "everyday.person_here": frozenset({"staff"}),
    "everyday.staff_signature": frozenset({"staff"}),
    "everyday.welcome": frozenset({"safe_word"}),
    "everyday.urgent_reminder": frozenset({"safe_word"}),
    "everyday.slow_down": frozenset({"safe_word"}),
    "everyday.delete_receipt": frozenset({"when"}),
    "safety.aim": frozenset({"minutes"}),
    "safety.aim_lately": frozenset({"minutes"}),
    "safety.aim_lately_hours": frozenset({"hours"}),
    "safety.back_at": frozenset({"when"}),
    "safety.safe_word": frozenset({"safe_word"}),
    "lessons.card_head": frozenset({"ages", "minutes"}),
    "lessons.ages": frozenset({"ages"}),
    "lessons.quote": frozenset({"text"}),
    "lessons.step_minutes": frozenset({"minutes"}),
    "lessons.help_heading": frozenset({"country"}),
    "lessons.help_checked": frozenset({"date"}),
    "lessons.page": frozenset({"page", "pages"}),
}
"""Placeholders a text must hold; ``{safe_word}`` may stand anywhere."""
