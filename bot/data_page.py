"""The readable file of /mydata: one page without anything from outside, in the patient's words."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any, Final

from bot.languages import own_name
from messages.catalogue import Catalogue
from messages.markup import plain
from messages.render import moment_long
from scheduler.clinic import Clinic
from scheduler.patients import Patient
from scheduler.portability import Held

_STYLE: Final = """body{font:16px/1.5 system-ui,sans-serif;max-width:44rem;margin:2rem auto;
padding:0 1rem;color:#1c1c1e;background:#fff}h1{font-size:1.5rem}
h2{font-size:1.1rem;margin-top:2rem;border-bottom:1px solid #ccc}dt{color:#666;font-size:.85rem}
dd{margin:0 0 .7rem;white-space:pre-wrap}img{max-width:100%;border-radius:8px}
@media(prefers-color-scheme:dark){body{color:#eee;background:#1c1c1e}dt{color:#aaa}}"""
_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'"
_IMAGES: Final = (".jpg", ".jpeg", ".png", ".webp")

Line = tuple[str, str]
"""What stands small above, and the words below; both as plain text."""


@dataclass(frozen=True, slots=True)
class Subject:
    """Whose page it is: what is held, what was sent in words, and which files come with it.

    ``sent`` has the moment (epoch ms) and the words of every message that reached the patient;
    ``pictures`` the name of each file by the reply's number.
    """

    patient: Patient
    held: Held
    sent: Sequence[tuple[int, str]]
    pictures: Mapping[int, str]
    linked: bool


def page(catalogue: Catalogue, clinic: Clinic, subject: Subject, *, now: int) -> str:
    """Return the page as HTML, in the patient's language and zone (``now`` in UTC epoch ms)."""
    patient = subject.patient
    language = patient.language

    def text(key: str, /, **params: object) -> str:
        return plain(catalogue.text(language, f"patient.rights.file.{key}", **params))

    def at(instant: int | None) -> str:
        return "" if instant is None else moment_long(instant, patient.timezone, language)

    made = text("made", when=at(now), clinic=clinic.name, phone=clinic.phone)
    sections = _sections(catalogue, subject, text, at)
    return "".join(
        [
            f'<!doctype html><html lang="{language}"><head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width,initial-scale=1">',
            f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">',
            f"<title>{escape(text('title'))}</title><style>{_STYLE}</style></head><body>",
            f"<h1>{escape(text('title'))}</h1><p>{escape(made)}</p>",
            *(
                f"<h2>{escape(title)}</h2>{_list(lines, text('nothing'), subject)}"
                for title, lines in sections
            ),
            "</body></html>\n",
        ]
    )


def _list(lines: Sequence[Line], nothing: str, subject: Subject) -> str:
    if not lines:
        return f"<p>{escape(nothing)}</p>"
    parts = []
    for small, words in lines:
        parts.append(f"<dt>{escape(small)}</dt><dd>{escape(words)}")
        name = next((name for name in subject.pictures.values() if name in words), None)
        if subject.linked and name is not None and name.endswith(_IMAGES):
            parts.append(f'<br><img src="{escape(name)}" alt="">')
        parts.append("</dd>")
    return f"<dl>{''.join(parts)}</dl>"


def _sections(
    catalogue: Catalogue,
    subject: Subject,
    text: Callable[..., str],
    at: Callable[[int | None], str],
) -> list[tuple[str, list[Line]]]:
    patient, held = subject.patient, subject.held
    language = patient.language

    def treated(name: str) -> str:
        try:
            return catalogue.treatment_name(language, name)
        except KeyError:
            return name

    return [
        (
            text("you"),
            [
                (text("label"), patient.label),
                (text("chat"), str(patient.chat_id)),
                (text("language"), own_name(language)),
                (text("zone"), patient.timezone),
                (text("since"), at(held["patients"][0]["created_at"])),
            ],
        ),
        (
            text("consents"),
            [
                (
                    at(row["at"]),
                    plain(catalogue.text(language, f"patient.rights.privacy.what.{row['purpose']}"))
                    + f": {text('yes' if row['given'] else 'no')} ({row['version']})",
                )
                for row in held["consents"]
            ],
        ),
        (
            text("plans"),
            [
                (at(row["created_at"]), f"{treated(row['treatment'])}, {row['area']}")
                for row in held["enrollments"]
            ],
        ),
        (text("visits"), [(at(row["starts_at"]), row["state"]) for row in held["sessions"]]),
        (text("sent"), [(at(when), words) for when, words in subject.sent]),
        (text("said"), list(_said(subject, text, at))),
        (
            text("written"),
            [(at(row["at"]), row["text"] or text("staff_file")) for row in held["staff_messages"]],
        ),
        (text("alerts"), list(_alerts(held, at))),
        (text("happened"), [(at(row["at"]), row["kind"]) for row in held["events"]]),
    ]


def _said(
    subject: Subject, text: Callable[..., str], at: Callable[[int | None], str]
) -> Iterator[Line]:
    for row in subject.held["replies"]:
        words = [f"{row['question']}: {row['value']}"] if row["question"] else []
        if row["text"]:
            words.append(row["text"])
        name = subject.pictures.get(row["id"])
        if name is not None:
            words.append(text("picture", file=name))
        elif row["file_id"]:
            words.append(text("picture_missing" if row["kind"] == "photo" else "other_file"))
        yield at(row["at"]), "\n".join(words) or row["kind"]


def _alerts(held: Held, at: Callable[[int | None], str]) -> Iterator[Line]:
    reasons: dict[int, list[dict[str, Any]]] = {}
    for reason in held["alert_reasons"]:
        reasons.setdefault(reason["alert_id"], []).append(reason)
    for row in held["alerts"]:
        words = [plain(_first(reason["words"])) for reason in reasons.get(row["id"], [])]
        yield f"{at(row['opened_at'])} · {row['level']} · {row['state']}", "\n".join(words)


def _first(words: Mapping[str, str]) -> str:
    return next(iter(words.values()), "")
