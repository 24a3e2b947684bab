"""docs/drawings/radar.svg and radar-rings.svg: the radar of the shipped data.

The first has the names below the rings. The second ends below the rings, to stand at the head of a page.
"""

from collections.abc import Iterator
from pathlib import Path

from chalicelib.bootstrap import open_store, services
from chalicelib.services.radar_svg import radar_svg
from chalicelib.settings import Settings
from ops.stage import stage_environment
from tools.load.command import load_files
from tools.load.register import Register
from tools.serve import DATA


def drawings(place: Path) -> Iterator[tuple[str, str]]:
    """The name and the text of each. `place` is an empty folder for the state of the stage local."""
    environment = {"LANDSCAPE_STORE_URL": "sqlite:///:memory:", "XDG_STATE_HOME": str(place)}
    settings = Settings.read(stage_environment("local", environment))
    found = services(open_store(settings))
    load_files(DATA, Register(found))
    for name, has_list in (("radar.svg", True), ("radar-rings.svg", False)):
        shown = found.technologies.on_radar()
        yield name, radar_svg(shown, settings.radar_title, has_list=has_list)
