"""Telegram's command menu for each person: the table of commands, by role and language."""

import structlog
from telegram import Bot, BotCommand, BotCommandScopeAllPrivateChats, BotCommandScopeChat
from telegram.error import TelegramError

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
        """Bring the menus up to date; best effort, what fails is tried at the next call."""
        try:
            if self._defaults_for is not catalogue:
                await self._set_defaults(catalogue)
                self._shown.clear()
                self._defaults_for = catalogue
            for chat_id in self._shown.keys() - menus.keys():
                await self._bot.delete_my_commands(BotCommandScopeChat(chat_id))
                del self._shown[chat_id]
            for chat_id, menu in menus.items():
                if self._shown.get(chat_id) != menu:
                    # Marked first: a chat that refuses its menu is not asked at every tick.
                    self._shown[chat_id] = menu
                    await self._bot.set_my_commands(
                        _lines(catalogue, *menu), BotCommandScopeChat(chat_id)
                    )
        except TelegramError as error:
            log.info("menu_not_set", error=type(error).__name__)

    async def _set_defaults(self, catalogue: Catalogue) -> None:
        patients_menu: frozenset[Role] = frozenset({"patient"})
        scope = BotCommandScopeAllPrivateChats()
        await self._bot.set_my_commands(
            _lines(catalogue, patients_menu, catalogue.language(None)), scope
        )
        for language in catalogue.languages:
            await self._bot.set_my_commands(
                _lines(catalogue, patients_menu, language), scope, language[:2]
            )


def _lines(catalogue: Catalogue, roles: frozenset[Role], language: str) -> list[BotCommand]:
    return [
        BotCommand(command.name, catalogue.label(language, command.described_by))
        for command in COMMANDS
        if command.in_menu and command.roles & roles
    ]
