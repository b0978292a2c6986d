"""A real Chromium for the tests of the coach's page."""

import pytest
from browser import CHROMIUM, PATIENCE_MS, QUIET, new_page
from playwright.sync_api import sync_playwright


@pytest.fixture(scope="module")
def chromium():
    """Starts a Chromium with more options."""
    with sync_playwright() as playwright:

        def launch(*options):
            return playwright.chromium.launch(executable_path=CHROMIUM, args=[*QUIET, *options], timeout=PATIENCE_MS)

        yield launch


@pytest.fixture(scope="module")
def browser(chromium):
    made = chromium()
    yield made
    made.close()


@pytest.fixture
def page(browser):
    """A page that must stay free of errors, and of requests that its policy refuses."""
    made = new_page(browser, viewport={"width": 1400, "height": 900})
    wrong = []
    made.on("pageerror", lambda error: wrong.append(str(error)))
    made.on("console", lambda message: wrong.append(message.text) if message.type == "error" and "422" not in message.text else None)
    yield made
    made.close()
    assert not wrong
