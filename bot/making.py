"""What the channel has files made by: the pure makers, and those that read the database."""

from collections.abc import Callable, Mapping

from bot import attachments, data_file, export_file, figures_made
from bot.telegram import Maker
from bot.turn import House
from scheduler.clock import Clock
from scheduler.database import Store


def maker(store: Store, house: Callable[[], House], clock: Clock, files: data_file.Files) -> Maker:
    """Return what makes every attachment by name, on the thread that calls it.

    Args:
        store: the database; a maker that needs it asks for a little at a time.
        house: returns the clinic and its texts as of now.
        clock: what the plans live by.
        files: makes a patient's own data, with their pictures.
    """

    def make(name: str, args: Mapping[str, object]) -> tuple[str, bytes]:
        if name == data_file.MAKER:
            return files.make(args)
        if name == "export":
            return export_file.make(store, house(), args, now=clock.now())
        if name in ("figures", "figures_table"):
            return figures_made.make(name, store, house(), args)
        return attachments.make(name, args)

    return make
