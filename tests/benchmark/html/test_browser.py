"""The page in a real browser: no request, no error, sorting, filtering, hiding, the address, print, dark, narrow.

`make browser` installs what these tests need; without it, or without a Chromium, they are skipped.
"""

from __future__ import annotations

import csv
import io
import shutil

import pytest
from pretrained_records import HOSTILE, grid, record

from rbench.benchmark.leaderboard.build import build

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed: make browser")
TABLE = "#d1-summary"


@pytest.fixture(scope="module")
def chromium():
    """Return a running Chromium: playwright's own, or else the system's."""
    with playwright.sync_playwright() as started:
        found = [None, *filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome")))]
        for path in found:
            try:
                browser = started.chromium.launch(executable_path=path, args=["--no-sandbox"])
            except playwright.Error:
                continue
            yield browser
            browser.close()
            return
        pytest.skip("there is no Chromium: make browser, or the package chromium of the system")


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """Return the address of a page whose attacks include one with a hostile, and one with a long name."""
    folder = tmp_path_factory.mktemp("page")
    named = [record(name, "direct", s, 30.0, audience="all") for name in (HOSTILE, "x" * 300) for s in range(2)]
    repaired = [record("bra", "direct", s, 20.0, "reestimate", "all") for s in range(3)]
    for name, content in build([*grid(), *named, *repaired], html=True).items():
        (folder / name).write_bytes(content)
    return (folder / "leaderboard.html").as_uri()


@pytest.fixture
def opened(chromium, address):
    """Return what opens the page, offline; at the end no request was made and nothing was reported as an error."""
    said, asked, contexts = [], [], []

    def open_(anchor="", **options):
        contexts.append(chromium.new_context(offline=True, **options))
        page = contexts[-1].new_page()
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("request", lambda request: asked.append(request.url))
        page.goto(address + anchor)
        return page

    yield open_
    for context in contexts:
        context.close()
    assert said == [] and {url.split("#")[0] for url in asked} == {address}


def column(page, place):
    """Return the texts of one column of the summary, of the rows that are shown, from the top."""
    return page.locator(f"{TABLE} tbody tr:visible > :nth-child({place})").all_inner_texts()


def head(page, name):
    return page.locator(f"{TABLE} thead th", has_text=name).first


def test_a_click_sorts_numbers_as_numbers_and_a_third_undoes_it(opened):
    page = opened()
    before = column(page, 4)
    numbers = [float(text.split()[0]) for text in before if text != "–"]
    button = head(page, "HIT@5 %").get_by_role("button")
    button.focus()
    page.keyboard.press("Enter")
    assert [float(text.split()[0]) for text in column(page, 4) if text != "–"] == sorted(numbers, reverse=True)
    assert head(page, "HIT@5 %").get_attribute("aria-sort") == "descending"
    button.click()
    assert [float(text.split()[0]) for text in column(page, 4) if text != "–"] == sorted(numbers)
    assert page.locator(f"{TABLE} [aria-sort]").count() == 1
    button.click()
    assert column(page, 4) == before and page.locator(f"{TABLE} [aria-sort]").count() == 0


def test_what_has_no_number_is_last_both_ways(opened):
    page = opened()
    button = head(page, "λ").get_by_role("button")
    for _ in range(2):
        button.click()
        texts = column(page, 6)
        assert "–" in texts and set(texts[texts.index("–") :]) == {"–"}


def test_filter_columns_and_the_address(opened):
    page = opened()
    page.locator(".board", has=page.locator(TABLE)).get_by_role("searchbox").fill("bra GROUP")
    assert column(page, 1) == ["bra-group"] and page.get_by_text("1 of 13 rows").is_visible()
    page.locator(".board", has=page.locator(TABLE)).get_by_text("Columns").click()
    page.locator(".board", has=page.locator(TABLE)).get_by_label("mode", exact=True).uncheck()
    assert not head(page, "mode").is_visible()
    head(page, "attack").get_by_role("button").click()
    again = opened("#" + page.url.partition("#")[2])
    for one in (page, again):
        assert column(one, 1) == ["bra-group"] and not head(one, "mode").is_visible()
        assert head(one, "attack").get_attribute("aria-sort") == "ascending"
    assert again.url == page.url


def test_a_click_on_a_point_leads_to_its_row(opened):
    page = opened()
    point = page.locator("svg a.mark", has=page.locator("title", has_text="bra · direct · reestimate: HIT@5"))
    point.first.dispatch_event("click")
    row = page.locator("tr.target")
    assert row.locator(":scope > *").all_inner_texts()[:3] == ["bra", "direct", "reestimate"] and row.is_visible()
    row.get_by_role("link").click()
    origin = page.locator(f"[id='{page.url.partition('#')[2]}']")
    assert "--defenses reestimate" in origin.locator("pre").inner_text() and origin.is_visible()


def test_a_link_keeps_the_state_and_finds_what_is_filtered_away(opened):
    page = opened("#~d1-summary.find=bra-group")
    page.evaluate("location.hash = 'd1-row1-short'")
    page.wait_for_function("location.hash.includes('~')")
    assert page.url.endswith("#d1-row1-short~d1-summary.find=bra-group")
    assert page.locator("#d1-row1-short").is_visible() and len(column(page, 1)) == 2


def test_saved_files_hold_what_is_shown(opened):
    page = opened("#~d1-summary.find=clean&d1-summary.hide=1")
    board = page.locator(".board", has=page.locator(TABLE))
    with page.expect_download() as caught:
        board.get_by_role("button", name="Save as CSV").click()
    rows = list(csv.reader(io.StringIO(caught.value.path().read_text("utf-8"))))
    assert [row[0] for row in rows] == ["attack", "clean", "clean", "clean"] and "mode" not in rows[0]
    with page.expect_download() as caught:
        board.get_by_role("button", name="Save as JSON").click()
    assert caught.value.suggested_filename == "d1-summary.json"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_narrow_window_scrolls_tables_and_not_the_page(opened, scheme):
    page = opened(viewport={"width": 375, "height": 800}, color_scheme=scheme)
    page.evaluate("document.querySelectorAll('details').forEach((one) => (one.open = true))")
    assert page.evaluate("document.documentElement.scrollWidth") == 375
    background = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert background == {"light": "rgb(255, 255, 255)", "dark": "rgb(20, 24, 29)"}[scheme]
    assert page.locator(f"{TABLE} tbody th").first.bounding_box()["width"] < 360, "a long name is broken"


def test_print_leaves_the_controls_out(opened):
    page = opened(color_scheme="dark")
    page.emulate_media(media="print")
    assert not page.locator(".tools").first.is_visible() and page.locator(TABLE).is_visible()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.pdf().startswith(b"%PDF")


def test_without_a_script_tables_and_pictures_are_there(opened):
    page = opened(java_script_enabled=False)
    assert page.locator(TABLE).is_visible() and page.locator("figure svg").first.is_visible()
    assert page.get_by_role("button").count() == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_serious_stands_in_the_way_of_a_screen_reader(opened, scheme):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed: make browser")
    page = opened(color_scheme=scheme, bypass_csp=True)
    found = axe.Axe().run(page).response["violations"]
    assert [(one["id"], one["nodes"][0]["html"]) for one in found if one["impact"] in ("serious", "critical")] == []
