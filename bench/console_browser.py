"""What a person waits for in Debian's Chromium: a page, the answer to a key, a colleague's
decision."""

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from app.console.pages.signed_in import COOKIE
from app.privacy.lead_keys import open_sealing
from bench.console_filling import LargeSite
from bench.console_records import moved_on

if TYPE_CHECKING:
    from playwright.sync_api import Page

PAGES = {"now": "/", "review": "/review", "leads": "/leads?place=nurtured"}
_TIMES, _KEYS, _DECISIONS = 7, 25, 5
#: From the start of the navigation until the page's script has run.
_USABLE = "performance.getEntriesByType('navigation')[0].loadEventEnd"
#: Presses a key, and tells in how many milliseconds another lead's form is drawn.
_PRESS = """async (key) => {
  const lead = () => document.getElementById("detail").dataset.lead;
  const before = lead(), began = performance.now();
  document.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
  while (lead() === before) {
    if (performance.now() - began > 5000) throw new Error("no other lead was shown");
    await new Promise(requestAnimationFrame);
  }
  await new Promise(requestAnimationFrame);
  return performance.now() - began;
}"""


def measure_browser(site: LargeSite, port: int, session: str) -> dict[str, str] | str:
    """Milliseconds, p50 and p95; what is missing here, if a browser is."""
    chromium = shutil.which("chromium")
    try:
        import playwright  # noqa: F401
    except ImportError:
        return "left out: Playwright is not installed"
    if chromium is None:
        return "left out: chromium is not on the PATH"
    with _page(chromium, f"http://127.0.0.1:{port}", session) as page:
        found = {f"{name} usable": _shown(_load(page, path)) for name, path in PAGES.items()}
        _open_queue(page)
        found["a key to its answer"] = _shown(_press(page))
        found["another's decision seen"] = _shown(_decide(page, site))
        return found


@contextmanager
def _page(chromium: str, address: str, session: str) -> "Iterator[Page]":
    from playwright.sync_api import sync_playwright

    with sync_playwright() as tools:
        browser = tools.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        context = browser.new_context(base_url=address, viewport={"width": 1440, "height": 900})
        secure = address.replace("http:", "https:")  # as the browser wants to be given it
        context.add_cookies([{"name": COOKIE, "value": session, "url": secure}])
        yield context.new_page()
        browser.close()


def _load(page: "Page", path: str) -> list[float]:
    times = []
    for _ in range(_TIMES):
        page.goto(path, wait_until="load")
        page.wait_for_function(f"{_USABLE} > 0")
        times.append(float(page.evaluate(_USABLE)))
    return times


def _open_queue(page: "Page") -> None:
    """With the list as it is once the page has heard that it is up to date."""
    page.goto("/review")
    page.locator("#live[data-state=live]").wait_for()
    page.wait_for_timeout(1_000)  # its first refresh


def _press(page: "Page") -> list[float]:
    return [float(page.evaluate(_PRESS, "j")) for _ in range(_KEYS)]


def _decide(page: "Page", site: LargeSite) -> list[float]:
    """The lead at the end of the list goes to nurture: it leaves the read model's queue for
    good."""
    by_lead = {site.story(number).lead_id: number for number in range(site.size.waiting)}
    sealing, times = open_sealing(site.settings), []
    _open_queue(page)
    for _ in range(_DECISIONS):
        lead = str(page.locator("[data-row]").last.get_attribute("data-row"))
        event = moved_on(site.story(by_lead[lead]))
        site.append([event], sealing)
        began = time.perf_counter()
        page.wait_for_selector(f"[data-row='{lead}']", state="detached")
        times.append((time.perf_counter() - began) * 1000)
    return times


def _shown(milliseconds: list[float]) -> str:
    ordered = sorted(milliseconds)
    return f"{ordered[len(ordered) // 2]:.0f} / {ordered[int(len(ordered) * 0.95)]:.0f}"
