"""What staff record when a case ends: Child Helpline International's categories and what was done.

The list is the one of May 2026 (ten tops, 67 categories) as child helplines use it. It has no place for
identity, fraud and selling to children, which our people write about: these stand in an extension, whose
codes begin with ``x``. Which version was used is kept with each case.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from bot.core.outcome import Outcome

FRAMEWORK = "2026-05"

CATEGORIES: Mapping[str, tuple[str, ...]] = {
    "missing": ("abduction", "lost", "runaway", "other"),
    "violence": (
        *("bullying", "marriage", "labour", "cyberbullying", "fgm", "neglect", "online_sexual"),
        *("practices", "physical", "psychological", "sexual", "other"),
    ),
    "mental": (
        *("addiction", "behaviour", "self", "anger", "anxiety", "mood", "neuro", "eating", "self_harm"),
        *("suicide", "trauma", "other"),
    ),
    "physical": ("covid", "medical", "hiv", "nutrition", "pregnancy", "sexual", "other"),
    "access": ("education", "needs", "health", "legal", "mental", "sexual", "economic", "other"),
    "discrimination": ("ethnicity", "money", "gender", "identity", "health", "beliefs", "other"),
    "family": ("placement", "wellbeing", "issues", "caregiver", "siblings", "other"),
    "peers": ("classmates", "friends", "partner", "other"),
    "education": ("academic", "work", "school", "other"),
    "sexuality": ("behaviour", "orientation", "other"),
    "x_identity": ("impersonation", "account", "data"),
    "x_fraud": ("scam",),
    "x_marketing": ("ads", "tracking", "spending", "influencers", "contact"),
    "x_online": ("takedown", "content", "grooming", "extortion", "images"),
    "x_information": ("parents", "teachers"),
}
"""Top and its categories; a code is ``top.category``."""

CODES = tuple(f"{top}.{name}" for top, names in CATEGORIES.items() for name in names)

SUGGESTED: Mapping[str, tuple[str, ...]] = {
    "bullying/victim": ("violence.cyberbullying", "violence.bullying"),
    "bullying/aggressor": ("mental.behaviour", "peers.classmates"),
    "bullying/report_content": ("violence.cyberbullying", "x_online.takedown"),
    "bullying/school_response": ("education.school",),
    "bullying/prevention": ("x_information.parents",),
    "parental_controls": ("x_information.parents",),
    "classroom_tips": ("x_information.teachers",),
    "identity_theft/protection": ("x_information.parents",),
    "identity_theft/fake_profile": ("x_identity.impersonation",),
    "identity_theft/hacked_account": ("x_identity.account",),
    "identity_theft/leaked_data": ("x_identity.data",),
    "identity_theft/scam": ("x_fraud.scam",),
    "targeted_marketing/harmful_ads": ("x_marketing.ads",),
    "targeted_marketing/data_tracking": ("x_marketing.tracking",),
    "targeted_marketing/in_app_spending": ("x_marketing.spending",),
    "targeted_marketing/influencers": ("x_marketing.influencers",),
    "targeted_marketing/unwanted_contact": ("x_marketing.contact",),
    "abuse/grooming": ("violence.online_sexual", "x_online.grooming"),
    "abuse/sextortion": ("violence.online_sexual", "x_online.extortion"),
    "abuse/intimate_images": ("violence.online_sexual", "x_online.images"),
    "abuse/harmful_content": ("violence.other", "x_online.content"),
}
"""What is offered first for an intent. Disclosure, self-harm and missing children are for a person to
choose, so nothing is offered for them."""

REFERRALS = (
    *("none", "resources", "child_protection", "healthcare", "law_enforcement", "mental_health"),
    *("school", "other_organisation", "csam_report", "direct"),
)
"""What was done or passed on; ``direct`` is a direct intervention."""

MOST_CATEGORIES = 5


@dataclass(frozen=True, slots=True)
class Closing:
    """How a case is closed.

    ``flags_right`` says for each flag whether it was right, from which the measured precision comes.
    ``alone``: an emergency is closed without a second person, for the reason in ``note``.
    ``at`` is set by the store.
    """

    outcome: Outcome
    categories: tuple[str, ...] = ()
    referral: str = "none"
    flags_right: Mapping[str, bool] = field(default_factory=dict)
    follow_up: date | None = None
    note: str = ""
    tell: bool = True
    alone: bool = False
    at: datetime | None = None

    def __post_init__(self) -> None:
        """Raises ValueError for codes that are not in the lists."""
        if self.outcome not in set(Outcome):
            raise ValueError("an outcome is one of the list")
        if len(self.categories) > MOST_CATEGORIES or not set(self.categories) <= set(CODES):
            raise ValueError("categories are at most five of the list")
        if self.referral not in REFERRALS:
            raise ValueError("a referral is one of the list")
