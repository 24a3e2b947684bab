"""The command `landscape` as it is installed: Ctrl-C while its modules load ends it without a traceback."""

import signal

signal.signal(signal.SIGINT, signal.SIG_DFL)


def main() -> None:
    from tools.landscape import main as run

    signal.signal(signal.SIGINT, signal.default_int_handler)
    run()
