"""Headless Chromium, driven by what a person sees: elements count once they are shown and can be used."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple, TypeVar

from selenium.common.exceptions import (
    ElementClickInterceptedException,
    ElementNotInteractableException,
    StaleElementReferenceException,
    WebDriverException,
)
from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webdriver import WebDriver
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import WebDriverWait

Found = TypeVar("Found")

# Seconds in which a page shows what it is to show, however busy the machine is.
PATIENCE = 120.0
WINDOW = (1500, 720)
FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
# A page that redraws itself takes an element away, or moves another over it, for a moment.
PASSING = (
    StaleElementReferenceException,
    ElementClickInterceptedException,
    ElementNotInteractableException,
)


class Chromium(NamedTuple):
    """The programs: the browser and what drives it."""

    browser: str
    driver: str


def chromium() -> Chromium | None:
    """Chromium and its driver, if the machine has both."""
    names = ("chromium", "chromium-browser", "google-chrome")
    browser = next((path for name in names if (path := shutil.which(name))), None)
    driver = shutil.which("chromedriver")
    return Chromium(browser, driver) if browser and driver else None


@contextmanager
def browsing(programs: Chromium, folder: Path) -> Iterator[Browser]:
    """A new browser that knows nothing. If anything fails, `folder` has a picture of what it showed."""
    options = ChromeOptions()
    options.binary_location = programs.browser
    for flag in (*FLAGS, f"--user-data-dir={folder / 'profile'}", f"--window-size={WINDOW[0]},{WINDOW[1]}"):
        options.add_argument(flag)
    # Selenium would fetch a driver from the network if it were not told of one.
    driver = Chrome(options=options, service=Service(programs.driver))
    try:
        yield Browser(driver, folder)
    except BaseException as error:
        with suppress(WebDriverException):
            driver.save_screenshot(str(folder / "failed.png"))
            error.add_note(
                f"The browser was at {driver.current_url}; what it showed: {folder / 'failed.png'}"
            )
        raise
    finally:
        driver.quit()


class Browser:
    """What any page can be asked. Elements are named by XPath, and the first that is shown is meant."""

    def __init__(self, driver: WebDriver, folder: Path) -> None:
        self.driver = driver
        self.folder = folder

    def wait(
        self,
        condition: Callable[[WebDriver], Found | None],
        otherwise: str,
        *,
        seconds: float = PATIENCE,
        every: float = 0.2,
    ) -> Found:
        """What the condition gives, once it gives something. Raises TimeoutException, saying `otherwise`."""
        waiting = WebDriverWait(self.driver, seconds, every, PASSING)
        found = waiting.until(condition, otherwise)
        assert found is not None, "until() ends with something or raises"
        return found

    def click(self, xpath: str) -> None:
        self.do(xpath, lambda element: element.click())

    def type(self, xpath: str, text: str, *then: str) -> None:
        """Puts the text into a field in place of what is there."""
        self.do(xpath, lambda element: element.send_keys(Keys.CONTROL, "a", Keys.NULL, text, *then))

    def see(self, xpath: str) -> WebElement:
        return self.do(xpath, lambda element: None)

    def do(self, xpath: str, deed: Callable[[WebElement], None]) -> WebElement:
        """Does it to the first such element that is shown, as soon as it can be done."""

        def attempt(driver: WebDriver) -> WebElement | None:
            for element in driver.find_elements(By.XPATH, xpath):
                if element.is_displayed():
                    deed(element)
                    return element
            return None

        return self.wait(attempt, f"the page does not show {xpath}")

    def gone(self, xpath: str) -> None:
        """Waits until no such element is shown, be it that it fades slowly."""

        def nowhere(driver: WebDriver) -> bool:
            return not any(element.is_displayed() for element in driver.find_elements(By.XPATH, xpath))

        self.wait(nowhere, f"{xpath} stays")

    def still(self, xpath: str) -> None:
        """Waits until an element has stopped moving: three looks in a row find it at one place."""
        looks: list[dict[str, float]] = []

        def same(driver: WebDriver) -> bool:
            looks.append(driver.find_element(By.XPATH, xpath).rect)
            return looks[-3:] == [looks[-1]] * 3

        self.wait(same, f"{xpath} does not stop moving")

    def picture(self, name: str) -> None:
        """Leaves a picture of the page."""
        self.driver.save_screenshot(str(self.folder / name))
