"""Logging: one line an event, for people or for machines, never a name, a text or a token."""

import logging
import sys
import threading
from types import TracebackType

import structlog

log = structlog.get_logger(__name__)

# Libraries that would say too much below a warning; python-telegram-bot logs whole requests.
_TALKATIVE = ("telegram", "httpx", "httpcore", "aiohttp", "apscheduler", "matplotlib", "asyncio")


def set_up(level: str, form: str) -> None:
    """Send all logs to standard error, from `level` on; `form` is "console" or "json"."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        _without_quotations,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        # Only the kind and the place of a fault: its text may quote what somebody wrote.
        structlog.processors.ExceptionRenderer(_where),
    ]
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer()
        if form == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))

    sys.excepthook = _crashed
    threading.excepthook = lambda thrown: _crashed(
        thrown.exc_type, thrown.exc_value, thrown.exc_traceback
    )
    sys.unraisablehook = lambda thrown: _crashed(
        thrown.exc_type, thrown.exc_value, thrown.exc_traceback
    )


def _crashed(
    kind: type[BaseException], fault: BaseException | None, trace: TracebackType | None
) -> None:
    """Log what nobody caught; Python itself would print its text, which may quote somebody."""
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, fault or kind(), trace)
        return
    log.critical("uncaught", exc_info=(kind, fault or kind(), trace))


def _without_quotations(
    _: object, __: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    """Cut what asyncio shows of a task below its first line: the exception in full."""
    record = event.get("_record")
    if isinstance(record, logging.LogRecord) and record.name == "asyncio":
        event["event"] = str(event["event"]).split("\n", 1)[0]
    return event


def _where(exc_info: structlog.typing.ExcInfo) -> str:
    kind, fault, trace = exc_info
    if isinstance(fault, BaseExceptionGroup):
        return " | ".join(_where((type(e), e, e.__traceback__)) for e in fault.exceptions)
    steps = []
    while trace is not None:
        code = trace.tb_frame.f_code
        steps.append(f"{code.co_filename.rsplit('/', 1)[-1]}:{trace.tb_lineno} {code.co_name}")
        trace = trace.tb_next
    return f"{kind.__name__} at {' > '.join(steps[-6:])}"
