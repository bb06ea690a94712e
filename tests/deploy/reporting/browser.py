"""Headless Chromium, spoken to by the DevTools protocol: what a page does, and what it asks for."""

import asyncio
import json
import shutil
import subprocess
import time
import urllib.request
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
PATIENCE_S = 60.0


@dataclass
class Tab:
    """One page; complaints and requests are kept."""

    socket: Any
    complaints: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    number: int = 0

    async def call(self, method: str, **params: Any) -> dict[str, Any]:
        self.number += 1
        asked = {"id": self.number, "method": method, "params": params}
        await self.socket.write_message(json.dumps(asked))
        while True:
            text = await asyncio.wait_for(self.socket.read_message(), PATIENCE_S)
            if text is None:
                raise RuntimeError("the browser hung up")
            said = json.loads(text)
            if said.get("id") == self.number:
                return said.get("result", {"error": said.get("error")})
            self._note(said)

    def _note(self, said: dict[str, Any]) -> None:
        what, params = said.get("method"), said.get("params", {})
        if what == "Runtime.exceptionThrown":
            self.complaints.append(json.dumps(params["exceptionDetails"]))
        if what == "Runtime.consoleAPICalled" and params["type"] in ("error", "warning", "assert"):
            self.complaints.append(json.dumps(params["args"]))
        if what == "Log.entryAdded" and params["entry"]["level"] in ("error", "warning"):
            self.complaints.append(json.dumps(params["entry"]))
        if what == "Network.requestWillBeSent":
            self.requests.append(params["request"]["url"])

    async def tell(self, script: str) -> Any:
        """The value of an expression on the page."""
        found = await self.call(
            "Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True
        )
        if "exceptionDetails" in found:
            raise RuntimeError(json.dumps(found["exceptionDetails"]))
        return found["result"].get("value")

    async def until(self, script: str) -> Any:
        """The value of an expression once it is true."""
        end = time.monotonic() + PATIENCE_S
        while not (value := await self.tell(script)):
            if time.monotonic() > end:
                raise TimeoutError(script)
            await asyncio.sleep(0.05)
        return value

    async def open(self, file: Path) -> None:
        for part in ("Page", "Runtime", "Log", "Network"):
            await self.call(f"{part}.enable")
        await self.call("Page.navigate", url=file.as_uri())
        await self.until("document.documentElement?.dataset.ready === '1'")
        await self.until("!window.Bokeh || Bokeh.documents[0].is_idle")

    async def click(self, selector: str) -> None:
        """With the mouse, as a person does: what covers it gets the click."""
        spot = await self.tell(
            f"""(() => {{ const e = document.querySelector({json.dumps(selector)});
            e.scrollIntoView({{block: "center", behavior: "instant"}});
            const r = e.getBoundingClientRect();
            return [r.x + r.width / 2, r.y + r.height / 2] }})()"""
        )
        await self.drag(spot, spot)

    async def drag(self, start: list[float], end: list[float]) -> None:
        steps = [
            ("mouseMoved", start),
            ("mousePressed", start),
            ("mouseMoved", [(a + b) / 2 for a, b in zip(start, end, strict=True)]),
            ("mouseMoved", end),
            ("mouseReleased", end),
        ]
        for kind, (x, y) in steps if start != end else (steps[0], steps[1], steps[4]):
            more = {} if kind == "mouseMoved" and start == end else {"button": "left"}
            await self.call(
                "Input.dispatchMouseEvent", type=kind, x=x, y=y, clickCount=1,
                buttons=int(kind != "mouseReleased"), **more,
            )  # fmt: skip


class Browser:
    """A process with a profile of its own."""

    def __init__(self, profile: Path):
        self.profile = profile
        self.process = subprocess.Popen(
            [
                str(CHROMIUM), "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run",
                "--remote-debugging-port=0", f"--user-data-dir={profile}",
                "--window-size=1280,1000", "about:blank",
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )  # fmt: skip

    def close(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    @property
    def port(self) -> int:
        file, end = self.profile / "DevToolsActivePort", time.monotonic() + PATIENCE_S
        while not (file.exists() and file.read_text().strip()):
            if time.monotonic() > end or self.process.poll() is not None:
                raise RuntimeError("Chromium did not start")
            time.sleep(0.05)
        return int(file.read_text().split()[0])

    def visit(self, file: Path, steps: Callable[[Tab], Awaitable[Any]]) -> Any:
        """Open a page in a new tab, do something there, close the tab."""
        return asyncio.run(self._visit(file, steps))

    async def _visit(self, file: Path, steps: Callable[[Tab], Awaitable[Any]]) -> Any:
        from tornado.websocket import websocket_connect

        base = f"http://127.0.0.1:{self.port}/json"
        asked = urllib.request.Request(f"{base}/new?about:blank", method="PUT")
        with urllib.request.urlopen(asked, timeout=PATIENCE_S) as answer:
            place = json.load(answer)
        socket = await websocket_connect(
            place["webSocketDebuggerUrl"], max_message_size=2**28, connect_timeout=PATIENCE_S
        )
        try:
            tab = Tab(socket)
            await tab.open(file)
            return await steps(tab)
        finally:
            socket.close()
            while await socket.read_message() is not None:  # until the other end agrees
                pass
            await asyncio.sleep(0)
            with urllib.request.urlopen(f"{base}/close/{place['id']}", timeout=PATIENCE_S) as done:
                done.read()
