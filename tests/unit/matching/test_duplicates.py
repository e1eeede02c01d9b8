"""Examples that teach nothing new are found; different ones are left alone."""

from bot.core.nlu import Example
from bot.matching.duplicates import find_copies, find_duplicates


def kinds(*examples: Example) -> list[str]:
    return sorted(item.kind for item in find_duplicates(examples))


def test_repeat_in_other_spelling() -> None:
    assert kinds(Example("¿Qué hago?", "a", "es"), Example("que hago", "a", "es")) == ["same"]


def test_near_repeat() -> None:
    first = Example("le hackearon la cuenta de facebook a mi hija y piden plata", "a", "es")
    second = Example("le hackearon la cuenta de facebook a mi hijo y piden plata", "a", "es")
    assert kinds(first, second) == ["near"]


def test_one_text_under_two_intents() -> None:
    assert kinds(Example("hola", "greet", "es"), Example("Hola!", "help", "es")) == ["two_intents"]


def test_filled_frame() -> None:
    fillings = ("whatsapp", "instagram", "el parque central")
    frames = [Example(f"me molestan por {name} ahora", "a", "es") for name in fillings]
    assert kinds(*frames[:2]) == []
    frames[2] = Example("me molestan por telegram ahora", "a", "es")
    assert kinds(*frames) == ["frame", "frame"]


def test_different_messages_are_left_alone() -> None:
    texts = ("mi hija no come", "mi hija no duerme bien", "my daughter is sad", "qué hago con el celular")
    assert kinds(*(Example(text, "a", "es") for text in texts)) == []


def test_copy_of_a_held_out_message() -> None:
    examples = [
        Example("le robaron la cuenta a mi hermana", "a", "es"),
        Example("otra cosa muy distinta", "a", "es"),
    ]
    held_out = [Example("le robaron la cuenta a mi hermana!!", "a", "es")]
    (copy,) = find_copies(examples, held_out)
    assert (copy.kind, copy.first, copy.second) == ("held_out", examples[0], held_out[0])


def test_short_messages_may_stand_in_both() -> None:
    assert find_copies([Example("hola", "greet", "es")], [Example("hola", "greet", "es")]) == []
