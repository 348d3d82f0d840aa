"""Style sheet and scripts: served to be kept, as they were vendored, and nothing from elsewhere."""

import gzip
import re
from hashlib import sha256
from importlib.resources import files

import pytest

from loanstream.console.assets import address, assets
from tests.console.fake import FakeSystem

VENDORED = files("loanstream.console").joinpath("static", "vendor")
OUR_OWN = ("console.css", "console.js", "icon.svg")


def test_vendored_scripts_are_the_ones_that_were_looked_at() -> None:
    table = VENDORED.joinpath("VENDORED.md").read_text()
    listed = dict(re.findall(r"^\| `([a-z.]+)` .*`([0-9a-f]{64})` \|$", table, re.MULTILINE))
    scripts = [entry for entry in VENDORED.iterdir() if entry.name.endswith(".js")]
    assert {entry.name: sha256(entry.read_bytes()).hexdigest() for entry in scripts} == listed


def test_every_vendored_script_has_its_licence_beside_it() -> None:
    table = VENDORED.joinpath("VENDORED.md").read_text()
    named = set(re.findall(r"`([\w.-]+\.txt)`", table))
    assert named == {entry.name for entry in VENDORED.iterdir() if entry.name.endswith(".txt")}


def test_our_own_pages_name_no_other_host_and_no_inline_script() -> None:
    root = files("loanstream.console")
    own = [root.joinpath("static", name) for name in OUR_OWN] + list(root.joinpath("templates").iterdir())
    for entry in own:
        text = entry.read_text().replace('xmlns="http://www.w3.org/2000/svg"', "")
        assert not re.search(r"https?://", text), entry.name
        assert not re.search(r"\son[a-z]+=|<script>|hx-on|javascript:|\bjs:", text), entry.name


async def test_an_asset_with_its_version_is_kept_for_ever(system: FakeSystem) -> None:
    async with system.client() as browser:
        answer = await browser.get(address("console.css"))
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/css; charset=utf-8"
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["x-content-type-options"] == "nosniff"


async def test_an_asset_without_its_version_is_asked_for_again(system: FakeSystem) -> None:
    async with system.client() as browser:
        first = await browser.get("/static/console.js?v=old")
        again = await browser.get("/static/console.js", headers={"If-None-Match": first.headers["etag"]})
    assert first.headers["cache-control"] == "public, no-cache"
    assert (again.status_code, again.content) == (304, b"")


async def test_scripts_travel_compressed_to_who_can_read_it(system: FakeSystem) -> None:
    async with system.client() as browser, browser.stream("GET", "/static/vendor/echarts.min.js") as answer:
        sent = b"".join([chunk async for chunk in answer.aiter_raw()])
        plain = await browser.get("/static/vendor/echarts.min.js", headers={"Accept-Encoding": "identity"})
    assert answer.headers["content-encoding"] == "gzip"
    assert len(sent) < len(plain.content) / 2
    assert gzip.decompress(sent) == plain.content


@pytest.mark.parametrize("name", ["../console.js", "vendor/VENDORED.md", "", "nothing.css", "..%2f__init__.py"])
async def test_nothing_but_assets_is_served(system: FakeSystem, name: str) -> None:
    async with system.client() as browser:
        assert (await browser.get(f"/static/{name}")).status_code == 404


def test_addresses_change_with_the_content() -> None:
    assert address("icon.svg").endswith(sha256(assets()["icon.svg"].content).hexdigest()[:16])
    with pytest.raises(KeyError):
        address("nothing.css")
