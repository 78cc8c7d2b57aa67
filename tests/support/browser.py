"""A headless Chromium controlled through pipes (DevTools protocol), with its screenshots, requests and errors."""

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
    """The command of the browser, if one is installed."""
    return next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


class Browser:
    """One page, with the messages of its errors (`errors`) and the addresses that it requested (`requests`)."""

    def __init__(self, profile: Path, size: tuple[int, int] = (1600, 1000)) -> None:
        # The browser reads commands from descriptor 3 and writes to 4, so other descriptors are moved first.
        self._commands, self._replies = _high_pipe(), _high_pipe()

        def place() -> None:
            os.dup2(self._commands[0], 3)
            os.dup2(self._replies[1], 4)

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
        os.close(self._replies[1])
        self.errors: list[str] = []
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
        os.close(self._replies[0])

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Send a command and wait for its result; events that arrive before it are recorded."""
        self._number += 1
        number = self._number
        message = {"id": number, "method": method, "params": parameters} | self._session
        os.write(self._commands[1], json.dumps(message).encode() + b"\0")
        while (reply := self._read()).get("id") != number:
            self._record(reply)
        assert "error" not in reply, reply
        return reply["result"]

    def open(self, file: Path) -> None:
        """Open a file and wait until it is loaded."""
        self.call("Page.navigate", url=file.absolute().as_uri())
        self.wait_for("document.readyState == 'complete'")

    def run(self, script: str) -> Any:
        """The value of a JavaScript expression, or of the promise that it returns."""
        evaluation = self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in evaluation, evaluation
        return evaluation["result"].get("value")

    def wait_for(self, condition: str, seconds: float = 120) -> None:
        """Wait until a JavaScript expression is true."""
        end = time.monotonic() + seconds
        while not self.run(f"Boolean({condition})"):
            assert time.monotonic() < end, f"{condition} is not true after {seconds} s"
            time.sleep(0.1)

    def screenshot(self, file: Path) -> None:
        """Write the visible part of the page as PNG."""
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(base64.b64decode(self.call("Page.captureScreenshot")["data"]))

    def _read(self, seconds: float = 300) -> dict[str, Any]:
        while b"\0" not in self._buffer:
            assert select.select([self._replies[0]], [], [], seconds)[0], "the browser does not reply"
            part = os.read(self._replies[0], 1 << 20)
            assert part, "the browser has exited"
            self._buffer += part
        message, self._buffer = self._buffer.split(b"\0", 1)
        return json.loads(message)

    def _record(self, event: dict[str, Any]) -> None:
        method, parameters = event.get("method"), event.get("params", {})
        if method == "Network.requestWillBeSent":
            self.requests.append(parameters["request"]["url"])
        elif method == "Runtime.exceptionThrown":
            self.errors.append(str(parameters["exceptionDetails"].get("exception", parameters)))
        elif method == "Runtime.consoleAPICalled" and parameters["type"] in ("error", "assert"):
            self.errors.append(str([argument.get("value") for argument in parameters["args"]]))
        elif method == "Log.entryAdded" and parameters["entry"]["level"] == "error":
            self.errors.append(parameters["entry"]["text"])


def _high_pipe() -> tuple[int, int]:
    """A pipe with descriptors above 4."""
    low = os.pipe()
    high = tuple(fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 10) for end in low)
    for end in low:
        os.close(end)
    return high[0], high[1]
