"""Somebody at a browser: logs in to the LMS, opens things, presses and types, in the LMS's frame or on a phone alone."""

from dataclasses import dataclass

from playwright.sync_api import Frame, Page

MINE = "#main h1"
"""Every page of the tool has it, no page of the LMS does."""
AUTOMATIC = "form[data-send] button, #answer button"
"""What scripts press by themselves."""
SELECTED = "form[target=_top] button"


@dataclass
class Visitor:
    page: Page
    lms: str
    scripts: bool
    framed: bool = True

    @property
    def tool(self) -> Frame:
        """Where the tool is: in the LMS's frame, or in the window where there is none."""
        if not self.framed:
            return self.page.main_frame
        frame = self.page.wait_for_selector("iframe.tool").content_frame()
        assert frame is not None
        return frame

    @property
    def heading(self) -> str:
        return self.tool.inner_text(MINE)

    @property
    def text(self) -> str:
        """What the tool's page says, with single spaces."""
        return " ".join(self.tool.inner_text("#main").split())

    def log_in(self, name: str) -> "Visitor":
        self.page.goto(f"{self.lms}/login/index.php")
        self.click(f"button:text-is('{name}')")
        return self

    def left(self) -> "Visitor":
        """The same browser, for somebody else: it knows nobody any more."""
        self.page.context.clear_cookies()
        return self

    def click(self, selector: str, where: Frame | None = None) -> None:
        """A press that opens a page."""
        frame = where or self.page.main_frame
        with frame.expect_navigation():
            frame.click(selector)

    def press(self, selector: str) -> None:
        """The same in the tool."""
        self.click(selector, self.tool)

    def press_out(self, selector: str) -> None:
        """A press in the tool that leads out of the frame."""
        with self.page.main_frame.expect_navigation():
            self.tool.click(selector)

    def course(self) -> "Visitor":
        """From anywhere in the LMS; a phone that is in the tool goes back to it first."""
        if not self.page.url.startswith(self.lms):
            self.click(".top a.back")
        self.click("header a[href='/my/']")
        self.click(".cards a")
        return self

    def open_activity(self, name: str) -> str:
        """From the LMS into the tool; returns the heading of its first page."""
        self.course()
        self.click(f".activities a:has-text('{name}')")
        return self.arrive()

    def arrive(self, at: str = MINE) -> str:
        """Goes where the forms lead that send themselves, until what is looked for is there; returns its words."""
        frame = self.tool
        while not self.scripts:
            frame.wait_for_selector(f"{at}, {AUTOMATIC}")
            if not frame.query_selector(AUTOMATIC):
                break
            self.click(AUTOMATIC, frame)
        return frame.wait_for_selector(at).inner_text()

    def fill(self, **fields: str) -> None:
        for name, value in fields.items():
            self.tool.fill(f"[name={name}]", value)

    def shown(self, selector: str) -> bool:
        return self.tool.query_selector(selector) is not None
