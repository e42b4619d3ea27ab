"""Telegram's command menu for each person: the table of commands, by role and language."""

from collections.abc import Awaitable

import structlog
from telegram import Bot, BotCommand, BotCommandScopeAllPrivateChats, BotCommandScopeChat
from telegram.error import BadRequest, Forbidden, TelegramError

from bot.commands import COMMANDS, Role
from messages.catalogue import Catalogue
from scheduler import patients, staff
from scheduler.database import Tx

log = structlog.get_logger(__name__)


def wanted(tx: Tx) -> dict[int, tuple[frozenset[Role], str]]:
    """Return the roles and the language of every chat that has a menu of its own: staff."""
    menus: dict[int, tuple[frozenset[Role], str]] = {}
    for member in staff.everyone(tx):
        roles: set[Role] = {member.role}
        if patients.at_chat(tx, member.chat_id) is not None:
            roles.add("patient")
        menus[member.chat_id] = (frozenset(roles), member.language)
    return menus


class Menus:
    """Keeps Telegram's menus as the table of commands and the list of staff say."""

    def __init__(self, bot: Bot) -> None:
        self._bot = bot
        self._shown: dict[int, tuple[frozenset[Role], str]] = {}
        self._defaults_for: Catalogue | None = None

    async def sync(
        self, menus: dict[int, tuple[frozenset[Role], str]], catalogue: Catalogue
    ) -> None:
        """Bring the menus up to date; best effort, what did not get through is tried next time."""
        try:
            if self._defaults_for is not catalogue:
                await self._set_defaults(catalogue)
                self._shown.clear()
                self._defaults_for = catalogue
            for chat_id in self._shown.keys() - menus.keys():
                await self._ask(self._bot.delete_my_commands(BotCommandScopeChat(chat_id)))
                del self._shown[chat_id]
            for chat_id, menu in menus.items():
                if self._shown.get(chat_id) != menu:
                    await self._ask(
                        self._bot.set_my_commands(
                            _lines(catalogue, *menu), BotCommandScopeChat(chat_id)
                        )
                    )
                    self._shown[chat_id] = menu
        except TelegramError as error:
            log.info("menu_not_set", error=type(error).__name__)

    async def _set_defaults(self, catalogue: Catalogue) -> None:
        patients_menu: frozenset[Role] = frozenset({"patient"})
        scope = BotCommandScopeAllPrivateChats()
        lines = _lines(catalogue, patients_menu, catalogue.language(None))
        await self._ask(self._bot.set_my_commands(lines, scope))
        for language in catalogue.languages:
            lines = _lines(catalogue, patients_menu, language)
            await self._ask(self._bot.set_my_commands(lines, scope, language[:2]))

    async def _ask(self, asked: Awaitable[bool]) -> None:
        """Ask for one menu; a refusal is final: a chat that is gone is not asked at every tick."""
        try:
            await asked
        except (BadRequest, Forbidden) as error:
            log.info("menu_refused", error=type(error).__name__)


def _lines(catalogue: Catalogue, roles: frozenset[Role], language: str) -> list[BotCommand]:
    return [
        BotCommand(command.name, catalogue.label(language, command.described_by))
        for command in COMMANDS
        if command.in_menu and command.roles & roles
    ]
