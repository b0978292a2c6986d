"""The Chromium in which the coach's page is tried, and what its tests do over and over."""

import shutil

from playwright.sync_api import expect

CHROMIUM = shutil.which("chromium")
QUIET = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking")
QUIET += ("--disable-component-update", "--disable-sync")

PATIENCE_MS = 300_000  # only so that nothing hangs for ever
expect.set_options(timeout=PATIENCE_MS)


def new_page(browser, **options):
    """A page on which everything may take long."""
    page = browser.new_page(**options)
    page.set_default_timeout(PATIENCE_MS)
    return page


def once(page, value, *arguments):
    """What ``value``, a function in the page's language, returns at the first moment at which that is true; nothing is missed between."""
    wait = """([given, patience_ms]) => new Promise((done, failed) => {
        const of = VALUE, ends = performance.now() + patience_ms;
        const look = () => {
            const now = of(...given);
            if (now) done(now); else if (performance.now() > ends) failed(new Error("never came to that")); else setTimeout(look, 10);
        };
        look();
    })"""
    return page.evaluate(wait.replace("VALUE", value), [list(arguments), PATIENCE_MS])


def time_of(page):
    """Where the video is, s."""
    return page.evaluate("() => document.getElementById('annotated').currentTime")


def opened(page, server, clip_id):
    """Open a clip's page, and wait for its plots and its video."""
    page.goto(f"{server.address}/clips/{clip_id}")
    page.wait_for_selector("#chart .main-svg")
    page.locator("#annotated").evaluate("video => video.readyState >= 1 || new Promise(done => video.onloadedmetadata = () => done(true))")
