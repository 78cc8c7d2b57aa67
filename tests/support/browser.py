"""A headless Chromium, spoken to through pipes in its DevTools protocol: what it shows, asks for and complains of."""

from __future__ import annotations

import base64
import fcntl
import json
import os
import select
import shutil
import subprocess
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

FLAGS = [
    "--headless=new",
    "--no-sandbox",  # tests may run as root
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
    "--host-resolver-rules=MAP * ~NOTFOUND",  # no network
    "--remote-debugging-pipe",
]


def chromium() -> str | None:
    """The command, if there is one."""
    return next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


class Browser:
    """One page. `complaints` are errors and warnings, `requests` the addresses that it asked for."""

    def __init__(self, profile: Path, size: tuple[int, int] = (1600, 1000)) -> None:
        # The browser reads commands from descriptor 3 and writes to 4; ours are moved out of the way first.
        self._commands, self._answers = _high_pipe(), _high_pipe()

        def place() -> None:
            os.dup2(self._commands[0], 3)
            os.dup2(self._answers[1], 4)

        window = f"--window-size={size[0]},{size[1]}"
        self._process = subprocess.Popen(
            [chromium() or "chromium", *FLAGS, window, f"--user-data-dir={profile}", "about:blank"],
            preexec_fn=place,
            pass_fds=(3, 4),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(self._commands[0])
        os.close(self._answers[1])
        self.complaints: list[str] = []
        self.requests: list[str] = []
        self._buffer, self._number, self._session = b"", 0, {}
        targets = self.call("Target.getTargets")["targetInfos"]
        page = next(target["targetId"] for target in targets if target["type"] == "page")
        self._session = {"sessionId": self.call("Target.attachToTarget", targetId=page, flatten=True)["sessionId"]}
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._commands[1])
        os.close(self._answers[0])

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Send a command and wait for its answer; notes what is told meanwhile."""
        self._number += 1
        number = self._number
        message = {"id": number, "method": method, "params": parameters} | self._session
        os.write(self._commands[1], json.dumps(message).encode() + b"\0")
        while (answer := self._read()).get("id") != number:
            self._note(answer)
        assert "error" not in answer, answer
        return answer["result"]

    def open(self, file: Path) -> None:
        """Show a file, and wait until it is loaded."""
        self.call("Page.navigate", url=file.absolute().as_uri())
        self.wait_for("document.readyState == 'complete'")

    def run(self, script: str) -> Any:
        """The value of a JavaScript expression; a promise is waited for."""
        made = self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in made, made
        return made["result"].get("value")

    def wait_for(self, condition: str, seconds: float = 120) -> None:
        """Until a JavaScript expression is true."""
        end = time.monotonic() + seconds
        while not self.run(f"Boolean({condition})"):
            assert time.monotonic() < end, f"{condition} did not come true within {seconds} s"
            time.sleep(0.1)

    def screenshot(self, file: Path) -> None:
        """Write what is shown as PNG."""
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(base64.b64decode(self.call("Page.captureScreenshot")["data"]))

    def _read(self, seconds: float = 300) -> dict[str, Any]:
        while b"\0" not in self._buffer:
            assert select.select([self._answers[0]], [], [], seconds)[0], "the browser does not answer"
            part = os.read(self._answers[0], 1 << 20)
            assert part, "the browser has ended"
            self._buffer += part
        message, self._buffer = self._buffer.split(b"\0", 1)
        return json.loads(message)

    def _note(self, event: dict[str, Any]) -> None:
        what, told = event.get("method"), event.get("params", {})
        if what == "Network.requestWillBeSent":
            self.requests.append(told["request"]["url"])
        elif what == "Runtime.exceptionThrown":
            self.complaints.append(str(told["exceptionDetails"].get("exception", told)))
        elif what == "Runtime.consoleAPICalled" and told["type"] in ("error", "assert"):
            self.complaints.append(str([argument.get("value") for argument in told["args"]]))
        elif what == "Log.entryAdded" and told["entry"]["level"] == "error":
            self.complaints.append(told["entry"]["text"])


def _high_pipe() -> tuple[int, int]:
    """A pipe on descriptors far above 3 and 4."""
    low = os.pipe()
    high = tuple(fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 10) for end in low)
    for end in low:
        os.close(end)
    return high[0], high[1]
