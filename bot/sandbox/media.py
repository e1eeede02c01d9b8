"""Pretend media: what a person attaches. There is no file behind it, and the bot must never ask for one."""

from __future__ import annotations

from random import Random

from bot.sandbox.text import Json

KINDS = ("photo", "video", "voice", "document", "sticker", "location", "contact")
CAPTIONED = frozenset({"photo", "video", "voice", "document"})


def pretend(kind: str, random: Random) -> Json:
    """The content of a message with a pretend ``kind`` of `KINDS`, as Telegram would send it."""
    match kind:
        case "photo":
            sizes = ((90, 67, 1_450), (800, 600, 61_300))
            photo = [{**_file(random), "width": w, "height": h, "file_size": size} for w, h, size in sizes]
            return {"photo": photo}
        case "video":
            video = {**_file(random), "width": 640, "height": 360, "duration": 12, "mime_type": "video/mp4"}
            return {"video": {**video, "file_name": "video.mp4", "file_size": 1_830_000}}
        case "voice":
            return {"voice": {**_file(random), "duration": 7, "mime_type": "audio/ogg", "file_size": 28_400}}
        case "document":
            document = {**_file(random), "file_name": "letter.pdf", "mime_type": "application/pdf"}
            return {"document": {**document, "file_size": 84_200}}
        case "sticker":
            shape = {"width": 512, "height": 512, "is_animated": False, "is_video": False, "type": "regular"}
            return {"sticker": {**_file(random), **shape, "emoji": "🙂", "file_size": 22_000}}
        case "location":
            return {"location": {"latitude": 0.0, "longitude": 0.0, "horizontal_accuracy": 1500.0}}
        case "contact":
            return {"contact": {"phone_number": "+0000000000", "first_name": "Somebody"}}
        case _:
            raise ValueError(f"no such kind of media: {kind}")


def _file(random: Random) -> Json:
    number = random.getrandbits(96)
    return {"file_id": f"pretend-{number:024x}", "file_unique_id": f"{number & 0xFFFFFFFFFFFF:012x}"}
