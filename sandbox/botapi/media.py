"""The content of a message with a file: what was uploaded or named, and its caption."""

from collections.abc import Mapping
from typing import Any

from sandbox.botapi.call import Call
from sandbox.botapi.entities import formatted
from sandbox.botapi.refusal import Refusal, bad_request
from sandbox.files import StoredFile, picture_size

CONTENT = frozenset(
    {"photo", "document", "voice", "video", "audio", "sticker", "animation", "poll"}
)
MOST_BYTES = 50 * 1024 * 1024
MOST_PHOTO_BYTES = 10 * 1024 * 1024
MOST_SIDES = 10_000
MOST_RATIO = 20
EXTRA = ("duration", "width", "height", "performer", "title", "supports_streaming")


def content(call: Call, kind: str, values: Mapping[str, Any], source: str | None) -> dict[str, Any]:
    """Return the fields of a message that carries a file.

    Args:
        call: The call with its uploads.
        kind: "photo", "document", "voice", "video", "audio", "sticker" or "animation".
        values: The parameters, or the InputMedia object, that the caption stands in.
        source: A file_id, ``attach://name``, or None where the file is a part of the request.
    """
    stored = _stored(call, kind, source)
    if "thumbnail" in values or "thumbnail" in call.uploads:
        _thumbnail(call, values.get("thumbnail"))
    made: dict[str, Any] = {kind: [photo(stored)] if kind == "photo" else about(kind, stored)}
    if kind != "photo":
        made[kind] |= {name: values[name] for name in EXTRA if name in values}
    made |= caption(values)
    if values.get("has_spoiler"):
        made["has_media_spoiler"] = True
    return made


def caption(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the caption with its entities; nothing where there is none."""
    if "caption" not in values:
        return {}
    text, entities = formatted(values, "caption")
    if not text:
        return {}
    return {"caption": text} | ({"caption_entities": entities} if entities else {})


def photo(stored: StoredFile) -> dict[str, Any]:
    """Return a file as the Bot API's PhotoSize."""
    return {
        "file_id": stored.file_id,
        "file_unique_id": stored.unique_id,
        "file_size": stored.size,
        "width": stored.width,
        "height": stored.height,
    }


def about(kind: str, stored: StoredFile) -> dict[str, Any]:
    """Return a file as the Bot API's Document, Voice, Video, Audio or Sticker."""
    base = {
        "file_id": stored.file_id,
        "file_unique_id": stored.unique_id,
        "file_size": stored.size,
    }
    match kind:
        case "sticker":
            return base | {
                "type": "regular",
                "width": stored.width or 512,
                "height": stored.height or 512,
                "is_animated": False,
                "is_video": False,
                "emoji": "👍",
            }
        case "voice":
            return base | {"duration": 0, "mime_type": stored.mime}
        case "audio":
            return base | {"duration": 0, "mime_type": stored.mime, "file_name": stored.name}
        case "video" | "animation":
            size = {"width": stored.width or 640, "height": stored.height or 360}
            named = {"mime_type": stored.mime, "file_name": stored.name}
            return base | {"duration": 0} | size | named
    return base | {"file_name": stored.name, "mime_type": stored.mime}


def _stored(call: Call, kind: str, source: str | None) -> StoredFile:
    files = call.desk.world.files
    if source is not None and not source.startswith("attach://"):
        if source.startswith(("http://", "https://")):
            raise bad_request(
                "failed to get HTTP URL content (the sandbox fetches nothing; upload the file)"
            )
        known = files.get(source)
        if known is None:
            raise bad_request("wrong remote file identifier specified: can't unserialize it")
        if known.kind != kind and not (kind == "document" and known.kind != "photo"):
            raise bad_request(f"can't use file of type {known.kind.title()} as {kind.title()}")
        return known
    name = kind if source is None else source.removeprefix("attach://")
    upload = call.uploads.get(name)
    if upload is None:
        if source is None:
            raise bad_request(f"there is no {kind} in the request")
        raise bad_request(f'attached file "{name}" not found in the request')
    if not upload.content:
        raise bad_request("file must be non-empty")
    if len(upload.content) > MOST_BYTES:
        raise Refusal(413, "Request Entity Too Large")
    if kind == "photo":
        _check_photo(upload.content)
    return files.add(kind, upload.name, upload.mime, upload.content)


def _check_photo(content_: bytes) -> None:
    if len(content_) > MOST_PHOTO_BYTES:
        raise bad_request("file is too big")
    size = picture_size(content_)
    if size is None:
        raise bad_request("IMAGE_PROCESS_FAILED")
    width, height = size
    if not width or not height or width + height > MOST_SIDES:
        raise bad_request("PHOTO_INVALID_DIMENSIONS")
    if max(width, height) > MOST_RATIO * min(width, height):
        raise bad_request("PHOTO_INVALID_DIMENSIONS")


def _thumbnail(call: Call, source: str | None) -> None:
    """Check a thumbnail; it is not shown, because a phone draws its own."""
    name = source.removeprefix("attach://") if source else "thumbnail"
    upload = call.uploads.get(name)
    if upload is None:
        raise bad_request(f'attached file "{name}" not found in the request')
    if picture_size(upload.content) is None:
        raise bad_request("IMAGE_PROCESS_FAILED")
