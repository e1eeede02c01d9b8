"""A lesson as a file: made at delivery for the person's country, sent once, refused cleanly where it cannot be made."""

from __future__ import annotations

from pypdfium2 import PdfDocument

from bot.chat.delivery import Delivery
from tests.whole import Whole


async def ask_for_pdf(whole: Whole) -> None:
    """As far as the tap on the button, which is not yet answered."""
    await whole.say("/country")
    await whole.press("Paraguay")
    await whole.say("/tips")
    await whole.press("6-9 años")
    await whole.press("El círculo se abre")


def words_of(whole: Whole) -> tuple[str, str]:
    """The newest file's name, and the words in it."""
    (message,) = [m for m in whole.messages(whole.person()) if "document" in m.content]
    document = message.content["document"]
    data = whole.sandbox.storage.file(document["file_id"])
    assert data is not None
    file = PdfDocument(data)
    words = " ".join(file[at].get_textpage().get_text_range() for at in range(len(file)))
    return document["file_name"], words


async def test_the_file_holds_the_lesson_and_the_numbers_of_the_country(whole: Whole) -> None:
    await ask_for_pdf(whole)
    (answer,) = await whole.press("En PDF, para imprimir")
    name, words = words_of(whole)
    assert name == "amparo_bullying_6-9_es.pdf"
    assert "El círculo se abre" in words
    assert "Fono Ayuda 147" in words
    assert "1147" not in words  # another country's
    assert "PDF" in answer.text


async def test_without_a_maker_of_files_the_message_is_refused_and_the_chat_goes_on(whole: Whole) -> None:
    await ask_for_pdf(whole)
    whole.delivery = Delivery(whole.client, whole.store.outbox, whole.bot_id, per_second=10_000)
    assert await whole.press("En PDF, para imprimir") == []
    assert await whole.say("/help") != []
