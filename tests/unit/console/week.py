"""A week of a helpline: cases that waited, were answered, closed or are still held, and staff of every role."""

from __future__ import annotations

from dataclasses import replace

from bot.core.closing import Closing
from bot.core.effects import Audience
from bot.core.outcome import Outcome
from bot.core.taxonomy import Priority
from bot.helpline.service import CannedText, HelplineForm, Wanted
from tests.unit.console.stage import PASSWORD, Case, Stage

ROLES = {"sara": "supervisor", "admin": "administrator", "audit": "auditor", "partner": "partner"}
GRAVE = Case("he is outside with a knife", {"imminent_danger": "with a knife"}, Priority.EMERGENCY)
CASES = (
    GRAVE,
    Case("she cuts herself", {"self_harm": "cuts herself"}, Priority.EMERGENCY, "abuse/self_harm"),
    Case("they insult him", {}, Priority.URGENT, "bullying/victim", Audience("en", "gh", "teacher")),
    Case(
        "a false profile", {}, Priority.ROUTINE, "identity_theft/fake_profile", Audience("fr", "sn", "parent")
    ),
    Case("he wants to meet", {"sexual_harm": "meet"}, Priority.URGENT, "abuse/grooming"),
    Case("they ask for money", {"violence": "money"}, Priority.URGENT, "abuse/sextortion"),
)
ENDS = (
    Closing(Outcome.SUPPORTED, ("violence.cyberbullying",), flags_right={"imminent_danger": True}),
    Closing(
        Outcome.REFERRED, ("mental.self_harm",), referral="mental_health", flags_right={"self_harm": True}
    ),
    Closing(Outcome.INFORMATION, ("x_identity.impersonation",)),
    Closing(Outcome.FALSE_ALARM, ("x_online.grooming",), flags_right={"sexual_harm": False}),
)


async def staff_of_every_role(stage: Stage) -> None:
    """Beside ana and luis; each signs in by a name of its own."""
    for login, role in ROLES.items():
        await stage.world.accounts.add(login, login.capitalize(), PASSWORD, role)


async def a_week(stage: Stage) -> list[str]:
    """References of the six cases that are still open: two are with Ana, two with nobody."""
    service = stage.store.service
    ana, luis = await stage.member("ana"), await stage.member("luis")
    for number, (end, case) in enumerate(zip(ENDS, CASES[:2] + CASES[3:5], strict=True)):
        stage.clock.advance(hours=5)
        reference = await stage.opens(100 + number, case)
        stage.clock.advance(minutes=7 * (number + 1))
        holder = (ana, luis)[number % 2]
        await service.claim(holder, reference)
        seen = (await service.case(holder, reference)).last_line
        await service.reply(holder, reference, "I am with you", seen=seen, token=f"t{number}")
        grave = case.priority is Priority.EMERGENCY
        ended = replace(end, alone=True, note="alone at night") if grave else end
        await service.close(holder, reference, ended)
    found = [await stage.opens(200 + number, case) for number, case in enumerate(CASES)]
    for reference in found[:2]:
        await service.claim(ana, reference)
    await service.claim(luis, found[2])
    await service.claim(luis, found[3])
    return found


async def an_office(stage: Stage) -> None:
    """Another helpline, ready texts and receivers of alerts."""
    service, admin = stage.store.service, await stage.member("admin")
    form = HelplineForm("Fono Ayuda", ("py",), ("es", "gn"), {"mon": ["08:00-12:00"]}, "America/Asuncion")
    await service.keep_helpline(admin, "py-fono", form, new=True)
    wanted = Wanted(("https://cases.example.org/amparo",), ("lead@example.org",), ("-1001234567890",), "es")
    await service.set_receivers(admin, "default", wanted)
    for language, text in (("en", "I am still here."), ("es", "Sigo aquí.")):
        await service.keep_canned(admin, CannedText("still-here", language, text))
