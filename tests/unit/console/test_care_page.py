"""The page that is one's own: a break, a talk, what to keep away from, in plain forms."""

from __future__ import annotations

from bot.core.closing import Closing
from bot.core.outcome import Outcome
from bot.core.taxonomy import Priority
from tests.unit.console.stage import Case, Stage, Visit


async def test_an_evening_of_one_who_answers(stage: Stage, ana: Visit, luis: Visit) -> None:
    grave = Case("he has a knife", {"imminent_danger": "knife"}, Priority.EMERGENCY)
    reference = await stage.opens(1, grave)
    member = await stage.member("ana")
    await stage.store.service.claim(member, reference)
    await ana.open("/care")
    assert "hand it over or give it back first" in (await ana.press("/care/break", minutes="10")).lower()
    assert ana.page.status_code == 409
    await ana.open(f"/cases/{reference}?pane=details")
    assert "Noted for you alone" in await ana.press(f"/cases/{reference}/hard")
    alone = Closing(Outcome.SUPPORTED, alone=True, note="alone at night")
    await stage.store.service.close(member, reference, alone)
    queue = await ana.open("/queue")
    assert "After an emergency: a break" in queue
    assert "Hard cases within eight hours: 1" in queue
    await ana.open("/care")
    assert "You rest until" in await ana.press("/care/break", minutes="10")
    assert "On a break: Ana until" in await luis.open("/queue")
    assert "No case is passed" not in await ana.press("/care/back")

    await ana.open("/care")
    assert "Your colleague is asked" in await ana.press("/care/talk", to=str((await stage.member("luis")).id))
    assert "Would like to talk for some minutes: Ana" in await luis.open("/queue")
    await luis.open("/care")
    assert "Yes, I have time for Ana" in luis.page.text
    page = await luis.press("/care/talk/answer", answer="yes")
    assert "I have time for Ana" not in page

    await stage.opens(2, Case("she cuts herself", {"self_harm": "cuts"}))
    await luis.open("/care")
    page = await luis.press("/care/topics", **{"from.self_harm": "1", "from.other": "1"})
    assert 'name="from.self_harm" value="1" checked' in page
    await luis.open("/queue")
    assert "topics you keep away from" in await luis.press("/queue/next")
    for broken in ({"minutes": "x"}, {"minutes": "7"}):
        await ana.open("/care")
        assert (await ana.send("/care/break", **broken)).status_code == 400
