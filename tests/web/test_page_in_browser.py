"""The dashboards as people see them: in a real browser, served over HTTP."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, Route, expect, sync_playwright

from filiera.settings import Settings

pytestmark = pytest.mark.slow

PROGRAM = """
import sys
from pathlib import Path
from filiera.settings import Settings
from filiera.web.server import serve
serve(Settings(home=Path(sys.argv[1]), port=0), on_ready=lambda url: print(url, flush=True))
"""
CHROMIUM = "/usr/bin/chromium"
QUIET = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update"),
)
FIGURES = "#factory-headline .figure-value"
DRAWN = "#factory-trend .recharts-wrapper"
FLEET_FIGURES = "#fleet-headline .figure-value"

BEYOND_THE_EDGE = """() =>
  [...document.querySelectorAll('main *')]
    .filter((e) => e.offsetParent && !e.closest('.unseen, thead, .recharts-wrapper'))
    .filter((e) => e.getBoundingClientRect().right > innerWidth + 0.5)
    .map((e) => e.outerHTML.slice(0, 90))"""

Open = Callable[..., "Visit"]

expect.set_options(timeout=30_000)


class Visit:
    """A page that notes what went wrong on it and whom it asked."""

    def __init__(self, page: Page, base: str) -> None:
        self.page = page
        self.base = base
        self.complaints: list[str] = []
        self.elsewhere: list[str] = []
        page.set_default_timeout(30_000)
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", self._request)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(message.text)

    def _request(self, request: Request) -> None:
        if not request.url.startswith((self.base, "data:", "blob:")):
            self.elsewhere.append(request.url)

    def go(self, address: str = "") -> Page:
        """Open an address of the app."""
        self.page.goto(self.base + address)
        return self.page

    def drawn(self) -> Page:
        """Wait until every region is there."""
        expect(self.page.locator(DRAWN)).to_have_count(2, timeout=30_000)
        expect(self.page.locator("#factory-machines tbody tr").first).to_be_visible()
        return self.page

    def fleet_drawn(self) -> Page:
        """Wait until every region of the fleet's page is there."""
        expect(self.page.locator("#fleet-trend .recharts-wrapper")).to_have_count(2, timeout=30_000)
        for region in ("routes", "drivers", "maintenance", "in-progress"):
            expect(self.page.locator(f"#fleet-{region} tbody tr").first).to_be_visible()
        return self.page

    def figures(self) -> list[str]:
        """The headline figures as they stand."""
        return self.page.locator(FIGURES).all_inner_texts()


def served(home: Path) -> Iterator[str]:
    with subprocess.Popen([sys.executable, "-c", PROGRAM, str(home)], stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout
        yield server.stdout.readline().strip()
        server.terminate()


def look_often(route: Route) -> None:
    """Have the page look for a new publication twice a second instead of once a minute."""
    layout = route.fetch().text()
    assert '"interval":60000' in layout
    route.fulfill(body=layout.replace('"interval":60000', '"interval":500'), content_type="application/json")


@pytest.fixture(scope="module")
def base(published: Settings) -> Iterator[str]:
    yield from served(published.home)


@pytest.fixture
def fresh_base(unpublished: Settings) -> Iterator[str]:
    yield from served(unpublished.home)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture
def visit(browser: Browser) -> Iterator[Open]:
    contexts = []

    def open_(base: str, **options: Any) -> Visit:
        context = browser.new_context(**({"viewport": {"width": 1440, "height": 1000}} | options))
        contexts.append(context)
        return Visit(context.new_page(), base)

    yield open_
    for context in contexts:
        context.close()


def test_the_page_is_drawn_without_a_complaint_and_asks_nobody_else(visit: Open, base: str) -> None:
    visited = visit(base)
    visited.go()
    page = visited.drawn()
    expect(page).to_have_title("Factory production · filiera")
    expect(page.locator("#factory-deliveries")).to_contain_text("2 deliveries are not in these figures")
    expect(page.locator("#factory-machines tbody tr")).to_have_count(10)
    expect(page.locator("#factory-rejected-rows tbody tr")).to_have_count(8)
    expect(page.locator("#shell-freshness")).to_contain_text("run of 31 Dec 2025")
    assert len(visited.figures()) == 4
    page.locator("[aria-label='Production by plant over time'] .recharts-wrapper").hover()
    expect(page.locator(".recharts-tooltip-wrapper").first).to_contain_text("Torino")
    page.get_by_text("Pieces", exact=True).click()
    expect(page.get_by_label("Scrapped pieces by plant over time")).to_be_visible()
    assert visited.complaints == []
    assert visited.elsewhere == []


def test_a_chosen_plant_is_in_the_url_and_the_link_shows_the_same_to_others(visit: Open, base: str) -> None:
    visited = visit(base)
    visited.go()
    page = visited.drawn()
    every = visited.figures()
    page.get_by_role("textbox", name="Plants").click()
    page.get_by_role("option", name="Torino").click()
    expect(page).to_have_url(re.compile(r"\?from=2025-10-03&to=2025-12-31&plant=Torino$"))
    expect(page.locator(FIGURES).first).not_to_have_text(every[0])
    page.keyboard.press("Escape")
    page.get_by_text("30 days", exact=True).click()
    expect(page).to_have_url(re.compile(r"\?from=2025-12-02&to=2025-12-31&plant=Torino$"))
    expect(page.locator(".figure-change").first).to_contain_text("previous 30 days")
    shared = visit(base)
    shared.go(page.url.removeprefix(base))
    shared.drawn()
    assert shared.figures() == visited.figures()
    expect(shared.page.locator(".mantine-Pill-label")).to_have_text(["Torino"])
    assert shared.page.locator(FIGURES).first.inner_text() != every[0]
    assert visited.complaints == shared.complaints == []


def test_the_way_back_brings_the_choice_before(visit: Open, base: str) -> None:
    visited = visit(base)
    visited.go()
    page = visited.drawn()
    before = visited.figures()
    page.get_by_text("7 days", exact=True).click()
    expect(page.locator(".figure-change").first).to_contain_text("previous 7 days")
    page.go_back()
    expect(page.locator(FIGURES)).to_have_text(before)
    expect(page.get_by_role("radio", name="90 days")).to_be_checked()


def test_days_can_be_picked(visit: Open, base: str) -> None:
    visited = visit(base)
    visited.go("?from=2025-12-01&to=2025-12-31")
    page = visited.drawn()
    page.get_by_label("First and last day").first.click()
    page.get_by_label("8 December 2025", exact=True).click()
    page.get_by_label("14 December 2025", exact=True).click()
    expect(page).to_have_url(re.compile(r"\?from=2025-12-08&to=2025-12-14$"))
    expect(page.locator(".figure-change").first).to_contain_text("previous 7 days")
    assert visited.complaints == []


def test_a_plant_of_the_comparison_can_be_followed(visit: Open, base: str) -> None:
    visited = visit(base)
    visited.go()
    page = visited.drawn()
    page.get_by_role("link", name="Cuneo").click()
    expect(page.locator(".mantine-Pill-label")).to_have_text(["Cuneo"])
    expect(page.locator("#factory-comparison .card").first.locator("tbody tr")).to_have_count(1)


def test_rejected_rows_can_be_turned_over_and_narrowed(visit: Open, base: str) -> None:
    visited = visit(base)
    visited.go()
    page = visited.drawn()
    rows = page.locator("#factory-rejected-rows")
    first = rows.inner_text()
    page.get_by_role("button", name="2", exact=True).click()
    expect(rows).not_to_have_text(first)
    page.get_by_role("textbox", name="Only rows with this reason").click()
    page.get_by_role("option", name="DUPLICATE_KEY").click()
    expect(rows.locator(".codes").first).to_have_text("DUPLICATE_KEY")
    expect(rows).not_to_contain_text("SCRAP_GT_PRODUCTION")
    expect(page.locator("#factory-rejected-page [data-active]")).to_have_text("1")
    assert visited.complaints == []


@pytest.mark.parametrize("width", [360, 390, 820, 1100])
def test_no_width_needs_sideways_scrolling(visit: Open, base: str, width: int) -> None:
    visited = visit(base, viewport={"width": width, "height": 780}, is_mobile=width < 500, has_touch=width < 500)
    visited.go()
    page = visited.drawn()
    beyond = page.evaluate(BEYOND_THE_EDGE)
    assert beyond == []
    assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")


def test_dark_follows_the_system_and_a_switch_is_remembered(visit: Open, base: str) -> None:
    visited = visit(base, color_scheme="dark")
    visited.go()
    page = visited.drawn()
    ground = "() => getComputedStyle(document.body).backgroundColor"
    dark = page.evaluate(ground)
    expect(page.locator("html")).to_have_attribute("data-mantine-color-scheme", "dark")
    page.get_by_label("Switch between light and dark").click()
    expect(page.locator("html")).to_have_attribute("data-mantine-color-scheme", "light")
    page.reload()
    visited.drawn()
    expect(page.locator("html")).to_have_attribute("data-mantine-color-scheme", "light")
    assert page.evaluate(ground) != dark
    assert visited.complaints == []


def test_the_fleet_is_one_click_away_and_drawn_without_a_complaint(visit: Open, base: str) -> None:
    visited = visit(base)
    visited.go()
    visited.drawn()
    visited.page.get_by_role("link", name="Fleet and deliveries").click()
    page = visited.fleet_drawn()
    expect(page).to_have_url(f"{base}fleet")
    expect(page).to_have_title("Fleet and deliveries · filiera")
    expect(page.locator(FLEET_FIGURES)).to_have_count(4)
    expect(page.locator("#fleet-week .week-cell")).to_have_count(7 * 16)
    expect(page.locator("#fleet-in-progress")).to_contain_text("1 h 30 min late")
    expect(page.locator("#shell-freshness")).to_contain_text("run of 31 Dec 2025")
    page.get_by_role("link", name="Status", exact=True).click()
    expect(page.get_by_role("heading", name="Latest runs")).to_be_visible()
    page.get_by_role("link", name="Factory production").click()
    visited.drawn()
    assert visited.complaints == []
    assert visited.elsewhere == []


def test_a_city_and_a_vehicle_type_are_in_the_url_and_the_link_shows_the_same_to_others(visit: Open, base: str) -> None:
    visited = visit(base)
    visited.go("fleet")
    page = visited.fleet_drawn()
    every = page.locator(FLEET_FIGURES).all_inner_texts()
    page.get_by_role("textbox", name="Cities of departure").click()
    page.get_by_role("option", name="Cali").click()
    expect(page).to_have_url(re.compile(r"/fleet\?from=2025-10-03&to=2025-12-31&city=Cali$"))
    page.keyboard.press("Escape")
    page.get_by_role("textbox", name="Vehicle types").click()
    page.get_by_role("option", name="Van").click()
    expect(page).to_have_url(re.compile(r"&city=Cali&vehicle=Van$"))
    expect(page.locator("#fleet-routes tbody tr")).to_have_count(2)
    shared = visit(base)
    shared.go(page.url.removeprefix(base))
    shared.fleet_drawn()
    figures = shared.page.locator(FLEET_FIGURES).all_inner_texts()
    expect(page.locator(FLEET_FIGURES)).to_have_text(figures)
    assert figures[1] != every[1]
    assert visited.complaints == shared.complaints == []


def test_routes_and_drivers_can_be_seen_from_the_other_end(visit: Open, base: str) -> None:
    visited = visit(base)
    visited.go("fleet")
    page = visited.fleet_drawn()
    routes, drivers = page.locator("#fleet-routes"), page.locator("#fleet-drivers")
    expect(routes.locator("thead").first).to_contain_text("RouteCost")
    routes.get_by_text("Fuel", exact=True).click()
    expect(routes.locator("thead").first).to_contain_text("RouteL/100 km")
    expect(drivers.locator("tbody th").first).to_contain_text("1. Driver")
    drivers.get_by_text("Last", exact=True).click()
    expect(drivers.locator("tbody th").first).to_contain_text("12. Driver")
    assert visited.complaints == []


@pytest.mark.parametrize("width", [360, 390, 820, 1100])
def test_no_width_of_the_fleet_needs_sideways_scrolling(visit: Open, base: str, width: int) -> None:
    visited = visit(base, viewport={"width": width, "height": 780}, is_mobile=width < 500, has_touch=width < 500)
    visited.go("fleet")
    page = visited.fleet_drawn()
    assert page.evaluate(BEYOND_THE_EDGE) == []
    assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")


def test_before_the_first_run_the_page_says_what_to_do_and_fills_by_itself(
    visit: Open, fresh_base: str, publisher: Callable[..., Path]
) -> None:
    visited = visit(fresh_base)
    page = visited.page
    page.route("**/_dash-layout", look_often)
    visited.go()
    expect(page.get_by_role("heading", name="Nothing has been published yet")).to_be_visible()
    expect(page.locator(".commands")).to_contain_text("filiera run")
    publisher(1)
    visited.drawn()
    before = visited.figures()
    publisher(2, also="update factory.mart_production_daily set total_produced = total_produced + 1000;")
    expect(page.locator(FIGURES).first).not_to_have_text(before[0])
    assert visited.complaints == []


def test_a_wrong_address_leads_back(visit: Open, base: str) -> None:
    visited = visit(base)
    page = visited.go("no-such-page")
    expect(page.get_by_role("heading", name="There is no page here")).to_be_visible()
    page.get_by_role("link", name="To the first page").last.click()
    visited.drawn()


def test_the_documentation_of_the_api_needs_nothing_from_elsewhere(visit: Open, base: str) -> None:
    visited = visit(base)
    page = visited.go("docs")
    expect(page.get_by_text("/api/v1/production")).to_be_visible()
    page.get_by_text("/api/v1/production").click()
    page.get_by_role("button", name="Try it out").click()
    page.get_by_role("button", name="Execute").click()
    expect(page.locator("tr.response .response-col_status").first).to_contain_text("200")
    assert visited.complaints == []
    assert visited.elsewhere == []
