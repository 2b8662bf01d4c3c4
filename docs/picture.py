"""Takes the picture of the page that the README shows: a demo home, served for real, seen by a real browser.

`make picture` runs it. It needs Chromium, and leaves nothing behind but `docs/images/page.png`.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

PICTURE = Path(__file__).parent / "images" / "page.png"
FILIERA = Path(sys.executable).parent / "filiera"
QUIET = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-sync", "--hide-scrollbars"]


def main() -> None:
    """Make a home, serve it, take the picture."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        sys.exit("Chromium is not installed; on Debian: apt-get install chromium")
    with tempfile.TemporaryDirectory() as folder:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("FILIERA_")}
        environment = kept | {"FILIERA_HOME": f"{folder}/filiera-home"}
        subprocess.run([FILIERA, "demo", "--no-serve"], env=environment, check=True, stdout=subprocess.DEVNULL)
        serving = [str(FILIERA), "serve", "--port", "0"]
        with subprocess.Popen(serving, env=environment, stdout=subprocess.PIPE, text=True) as server:
            said = server.stdout.readline() if server.stdout else ""
            address = next(word for word in said.split() if word.startswith("http://"))
            try:
                take(chromium, address)
            finally:
                server.terminate()
    print(f"· {PICTURE.relative_to(Path.cwd())}, {PICTURE.stat().st_size:,} bytes")


def take(chromium: str, address: str) -> None:
    """Open the page and wait until everything on it is drawn."""
    PICTURE.parent.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=QUIET)
        page = browser.new_page(viewport={"width": 1280, "height": 850}, color_scheme="light", reduced_motion="reduce")
        page.goto(address)
        page.wait_for_load_state("networkidle")
        page.locator(".recharts-wrapper").first.wait_for()
        page.wait_for_timeout(1500)
        page.screenshot(path=PICTURE, animations="disabled")
        browser.close()


if __name__ == "__main__":
    main()
