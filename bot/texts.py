"""Today's texts: loaded whole, looked at again while the bot runs, the last good ones kept."""

from pathlib import Path

import structlog

from messages.catalogue import SHIPPED, Catalogue, CatalogueInvalid, load

log = structlog.get_logger(__name__)


class Texts:
    """The shipped content with the clinic's own laid over it.

    Args:
        own: the clinic's own directory (PROTOCOLS_DIR), if it has one.
        language: the clinic's language, spoken where a patient's own has no text.

    Raises:
        CatalogueInvalid: the content cannot be used; at the start there is no last good one.
    """

    def __init__(self, own: Path | None, language: str) -> None:
        self._directories = (SHIPPED, own) if own else (SHIPPED,)
        self._own = own
        self._language = language
        self._seen = self._state()
        self.catalogue: Catalogue = load(*self._directories, default=language)

    def refresh(self) -> bool:
        """Load again if a file of the clinic's own has changed; returns whether texts changed.

        A set of texts with a fault is refused whole, and what was good goes on being used.
        """
        state = self._state()
        if state == self._seen:
            return False
        self._seen = state
        try:
            self.catalogue = load(*self._directories, default=self._language)
        except CatalogueInvalid as invalid:
            log.warning(
                "texts_refused",
                issues=[str(issue) for issue in invalid.issues if issue.blocks][:20],
                advice="run `aftercare check`; the last good texts are still in use",
            )
            return False
        log.info("texts_loaded")
        return True

    def _state(self) -> frozenset[tuple[str, int, int]]:
        if self._own is None:
            return frozenset()
        found = set()
        for path in self._own.rglob("*.toml"):
            try:
                stat = path.stat()
            except OSError:
                continue  # it went away while we looked: the next look sees that
            found.add((str(path), stat.st_mtime_ns, stat.st_size))
        return frozenset(found)
