"""The pages of a running stack's Airflow, used as a person does: by their labels, buttons, links and rows."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Literal
from urllib.parse import quote, unquote

from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webdriver import WebDriver

from include.settings import Settings
from stack.airflow_client import ADMIN
from stack.credentials import load_credentials
from tests.browser import WINDOW, Browser

# What the backfill form asks of a person, without scrolling.
TALL = (1300, 880)

DIALOG = "//*[@data-scope='dialog' and @data-part='content']"
CALENDAR = "//*[@data-scope='popover' and @data-part='content']"


class AirflowUi:
    """Airflow's UI, in a browser."""

    def __init__(self, browser: Browser, settings: Settings) -> None:
        self.browser = browser
        self.settings = settings

    def log_in(self) -> None:
        """As the administrator, to whom any page first shows the log-in."""
        password = load_credentials(self.settings.home / "secrets.json").airflow_admin_password
        self.open("/")
        self.browser.type("//input[@name='username']", ADMIN)
        self.browser.type("//input[@name='password']", password)
        self.browser.click("//button[@type='submit']")
        self.browser.see("//*[@data-testid='nav-dags-link']")

    def open(self, path: str) -> None:
        """Goes to a page of Airflow's."""
        self.browser.driver.get(f"{self.settings.airflow_url}{path}")

    def choose_zone(self, name: str) -> None:
        """Has times shown, and read, in a time zone, by the clock at the page's edge."""
        self.browser.click("//button[string-length(@aria-label) = 6 and substring(@aria-label, 4, 1) = ':']")
        self.browser.type(f"{DIALOG}//input[@role='combobox']", name)
        self.browser.click(f"{DIALOG}//*[@role='option' and contains(., '{name}')]")
        self.browser.click(f"{DIALOG}//button[@aria-label='Close']")
        self.browser.gone(DIALOG)

    def trigger(
        self, dag_id: str, *, choices: Mapping[str, str], section: str, numbers: Mapping[str, int]
    ) -> str:
        """Triggers a DAG with values for fields of its form, by their labels; gives the run's id.

        The `choices` are among the first fields, the `numbers` in a `section` that is closed at first.
        """
        self._open_form(dag_id, "single")
        for label, choice in choices.items():
            field = f"{DIALOG}{_field(label)}"
            self.browser.type(f"{field}//input[@role='combobox']", choice)
            self.browser.click(f"{field}//*[@role='option' and normalize-space()='{choice}']")
        self.browser.click(f"{DIALOG}//button[normalize-space()='{section}']")
        for label, number in numbers.items():
            self.browser.type(f"{DIALOG}{_field(label)}//input", str(number))
        self.browser.click(f"{DIALOG}//button[normalize-space()='Trigger']")
        self.browser.wait(lambda driver: "/runs/" in driver.current_url, "the triggered run is not shown")
        return unquote(self.browser.driver.current_url.split("/runs/")[1].split("/")[0])

    def backfill(self, dag_id: str, first: date, last: date, *, at_once: int) -> None:
        """Fills in the backfill form for these days, so many runs at once, and runs it; leaves a picture."""
        self.browser.driver.set_window_size(*TALL)
        self._open_form(dag_id, "backfill")
        self.browser.type(f"{DIALOG}//input[@name='max_active_runs']", str(at_once))
        for label, day in (("From", first), ("To", last)):
            self.browser.click(f"{DIALOG}{_field(label)}//*[@data-testid='datetime-input']")
            self.browser.type(f"{CALENDAR}//input[@placeholder='YYYY/MM/DD']", f"{day:%Y/%m/%d}", Keys.TAB)
            self.browser.type(f"{CALENDAR}//input[@placeholder='HH:mm']", "00:00", Keys.TAB)
            self.browser.see(f"{DIALOG}{_field(label)}//*[normalize-space()='{day:%b %d, %Y} 00:00']")
            self.browser.do(f"{CALENDAR}//input", lambda element: element.send_keys(Keys.ESCAPE))
            self.browser.gone(CALENDAR)
        runs = (last - first).days + 1
        self.browser.see(f"{DIALOG}//*[normalize-space()='{runs} runs will be triggered.']")
        self.browser.picture("backfill.png")
        self.browser.click(f"{DIALOG}//button[normalize-space()='Run Backfill']")
        self.browser.gone(DIALOG)
        self.browser.driver.set_window_size(*WINDOW)

    def wait_for_backfill(self, dag_id: str, first: date, seconds: float) -> None:
        """Looks at the DAG's backfill from this day on until it has been completed; leaves a picture."""
        row = f"//tbody/tr[td[1][starts-with(normalize-space(), '{first}')]]"
        column = "count(//th[normalize-space()='Completed at']/preceding-sibling::th) + 1"

        def completed(driver: WebDriver) -> bool:
            self.open(f"/dags/{dag_id}/backfills")
            return self.browser.see(f"{row}/td[{column}]").text != ""

        self.browser.wait(completed, "the backfill is not completed", seconds=seconds, every=3)
        self.browser.gone("//*[normalize-space()='Backfill in progress:']")
        self.browser.see("//a[starts-with(@data-testid, 'grid-')]")
        self.browser.picture("backfills.png")

    def follow_link(self, dag_id: str, run_id: str, task_id: str, name: str) -> str:
        """Opens a task instance's details and follows one of its links; gives the address it leads to."""
        self.open(f"/dags/{dag_id}/runs/{quote(run_id, safe='')}/tasks/{task_id}")
        self.browser.click("//a[normalize-space()='Details']")
        self.browser.click(f"//a[normalize-space()='{name}']")
        own = self.settings.airflow_url
        self.browser.wait(lambda driver: not driver.current_url.startswith(own), f"{name} leads nowhere")
        return self.browser.driver.current_url

    def see_text(self, text: str) -> str:
        """Waits until the page says this; gives all that it says."""
        return self.browser.see(f"//body[contains(., '{text}')]").text

    def picture_graph(self, dag_id: str, run_id: str, tasks: int) -> None:
        """Leaves a picture of the graph of a run all of whose tasks succeeded."""
        self.open(f"/dags/{dag_id}/runs/{quote(run_id, safe='')}")
        self.browser.click("//button[@value='graph']")
        green = "//*[contains(concat(@class, ' '), 'react-flow__node ')][.//*[normalize-space()='success']]"
        self.browser.wait(
            lambda driver: len(driver.find_elements(By.XPATH, green)) == tasks, f"not {tasks} green tasks"
        )
        self.browser.click("//button[@aria-label='Collapse Details Panel']")
        self.browser.still("//*[contains(@class, 'react-flow__renderer')]")
        self.browser.click("//button[@aria-label='Fit View']")
        self.browser.still("//*[contains(@class, 'react-flow__viewport')]")
        self.browser.picture("airflow-graph.png")

    def _open_form(self, dag_id: str, kind: Literal["single", "backfill"]) -> None:
        self.open(f"/dags/{dag_id}")
        self.browser.click("//button[@data-testid='trigger-dag-button']")
        self.browser.click(f"{DIALOG}//label[.//input[@type='radio' and @value='{kind}']]")


def _field(label: str) -> str:
    """The part of a form that has this label, whether or not a star says that it is required."""
    return f"//*[@role='group'][.//label[normalize-space(translate(., '*', ''))='{label}']]"
