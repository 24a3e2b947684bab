"""The entry point of the command `landscape`. Ctrl-C during its imports prints no traceback."""

import signal

signal.signal(signal.SIGINT, signal.SIG_DFL)


def main() -> None:
    from tools.landscape import main as run

    signal.signal(signal.SIGINT, signal.default_int_handler)
    run()
